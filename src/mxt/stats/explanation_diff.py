"""How two versions of a model explain the same rows differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.stats.intervals import Interval, mean_interval
from mxt.stats.proportions import wilson
from mxt.stats.ranks import leading, leads, rank_correlations

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Pair:
    """Contributions of the same columns to the same output of two versions, for the same rows."""

    before: np.ndarray
    """Of the baseline, shape (rows, columns); 0 in columns that it does not have."""
    after: np.ndarray
    """Of the other version, of the same shape."""
    changed_decisions: np.ndarray
    """Whether each row is decided otherwise, shape (rows,)."""
    shared: np.ndarray
    """Whether both versions have each column, shape (columns,)."""

    def at(self, rows: np.ndarray) -> Pair:
        """Some of the rows: booleans, shape (rows,)."""
        return Pair(self.before[rows], self.after[rows], self.changed_decisions[rows], self.shared)


def measure(pair: Pair, top: int, negligible: float, *, ordered: bool = False) -> dict[str, Interval]:
    """What has changed, each with its interval.

    - ``changed_decisions``: the share of rows that are decided otherwise.
    - ``changed_reasons``: the share of rows whose leading columns are others.
    - ``sign_flips``: of the cells (a row, a column) that are not negligible in either version, the share that
      changed their sign.
    - ``rank_correlation``: the mean rank correlation of the contributions to a row, over shared columns; NaN
      if they are fewer than two.

    Intervals of shares are Wilson's. That of the flips counts a row once, however many cells it has (Kish's
    effective number of rows); a share within 0..1 varies no more than a yes or no, so it is not too narrow.

    Args:
        pair: Rows, at least one.
        top: How many columns lead.
        negligible: A cell is negligible below this share of the row's sum of absolute contributions.
        ordered: Whether leading columns in another order are a change.
    """
    import numpy as np

    flips, cells = sign_flips(pair, negligible)
    reasons = changed_reasons(pair, top, ordered=ordered)
    weight, effective = cells.sum(), cells.sum() ** 2 / max((cells**2).sum(), 1)
    correlation = Interval(*(np.array(np.nan),) * 3)
    if pair.shared.sum() > 1:
        correlation = mean_interval(
            rank_correlations(pair.before[:, pair.shared], pair.after[:, pair.shared])
        )
    return {
        "changed_decisions": wilson(pair.changed_decisions.sum(), len(pair.before)),
        "changed_reasons": wilson(reasons.sum(), len(pair.before)),
        "sign_flips": wilson(flips.sum() / max(weight, 1) * effective, effective),
        "rank_correlation": correlation,
    }


def changed_reasons(pair: Pair, top: int, *, ordered: bool = False) -> np.ndarray:
    """Whether the columns that lead each row are others, shape (rows,)."""
    if ordered:
        return (leading(pair.before, top) != leading(pair.after, top)).any(axis=1)
    return (leads(pair.before, top) != leads(pair.after, top)).any(axis=1)


def sign_flips(pair: Pair, negligible: float) -> tuple[np.ndarray, np.ndarray]:
    """How many cells of each row flipped, and how many could have, each of shape (rows,)."""
    import numpy as np

    sizes = [np.abs(part) for part in (pair.before, pair.after)]
    weighty = [(size > 0) & (size >= negligible * size.sum(axis=1, keepdims=True)) for size in sizes]
    counted = weighty[0] & weighty[1]
    flipped = counted & (np.sign(pair.before) != np.sign(pair.after))
    return flipped.sum(axis=1), counted.sum(axis=1)


def shares(values: np.ndarray) -> np.ndarray:
    """Each contribution's share of its row's sum of absolute contributions, 0 in a row of zeros.

    Args:
        values: Shape (rows, columns).
    """
    import numpy as np

    sizes = np.abs(values)
    totals = sizes.sum(axis=1, keepdims=True)
    return sizes / np.where(totals == 0, 1, totals)


def role_changes(pair: Pair) -> Interval:
    """How much each column's mean share of the contributions grew, with Student's interval over rows."""
    return mean_interval(shares(pair.after) - shares(pair.before))
