"""Whether two columns have exchanged their roles between two versions of a model."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from mxt.stats.binning import quantile_edges
from mxt.stats.explanation_diff import role_changes, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from mxt.stats.explanation_diff import Pair

ALIKE = 0.9
"""Correlation over rows from which a column's contributions are those of another before."""
UNLIKE = 0.5
"""Correlation up to which they are no longer its own; from its negative on they are reversed."""
EXPLAINED = 0.2
"""Least part of all changes of shares that an exchange of weight must explain; all of them twice that."""

APART = 1.5
"""Least ratio of two old shares that are clearly apart."""
NEARLY_ALL = 0.8
"""Part of all changes of shares that an exchange must explain if the old shares are not."""
BINS = 30
"""Bins of numbers in which old contributions are averaged."""
WEIGHTY = 0.05
"""Least share, in both versions, of columns whose direction counts."""


class Swap(NamedTuple):
    """Two columns that exchanged roles, by their places."""

    first: int
    second: int
    by: str
    """What they exchanged: ``rows``, ``values``, ``weight`` or ``direction``."""


def swaps(pair: Pair, least: float, cells: Sequence[np.ndarray] = ()) -> list[Swap]:
    """The columns that exchanged roles, each in one pair at most, the clearest first.

    Columns A and B exchanged

    - *rows* if A's new contributions are B's old ones row by row, and the other way round: both correlate by
      `ALIKE` at least, and with their own by `UNLIKE` at most;
    - *values* if a value of A now contributes what it contributed as one of B, and the other way round: the
      new contributions of A differ from what B's old ones were at A's values, on average over rows near
      them, by half as much as from A's own old ones at most, and those of B likewise;
    - *weight* if the share of one grew and that of the other fell, each by at least `least` and beyond its
      95 % interval, so that each is now near the other's old share: what is left is at most half of what
      changed;
    - *direction* if they are the only two columns of a share of `WEIGHTY` whose contributions were reversed:
      they correlate with their own by the negative of `UNLIKE` at most.

    An exchange of values or of weight must explain `EXPLAINED` of the changes of all columns, and all such
    exchanges together twice that, lest one is seen in a model that has changed altogether. One of weight must
    explain `NEARLY_ALL` if the old shares are not `APART`, lest small changes of columns that weigh alike are
    one.

    A model beside itself has none: no share changes, and what varies correlates with its own. Two columns of
    one weight and direction can exchange their roles without a trace in contributions.

    Args:
        pair: Two versions; rows are at least one.
        least: Smallest change of a share that can be an exchange of values or of weight, above 0.
        cells: Values of each column, shape (rows,): doubles, NaN where missing, or texts; without them no
            exchange of values is seen.
    """
    by_values = _by_values(pair, least, cells) if cells else []
    candidates = [*_by_rows(pair), *by_values, *_by_weight(pair, least), *_by_direction(pair)]
    taken: set[int] = set()
    chosen = []
    for swap in candidates:
        if not {swap.first, swap.second} & taken:
            taken |= {swap.first, swap.second}
            chosen.append(swap)
    return chosen


def _by_rows(pair: Pair) -> list[Swap]:
    import numpy as np

    alike = _correlations(pair)
    own, mutual = np.diag(alike) <= UNLIKE, np.minimum(alike, alike.T)
    return _best(np.triu(own[:, np.newaxis] & own & (mutual >= ALIKE), 1), 1 - mutual, "rows")


def _by_weight(pair: Pair, least: float) -> list[Swap]:
    import numpy as np

    before, after = (shares(part).mean(axis=0) for part in (pair.before, pair.after))
    change = role_changes(pair)
    grown = (change.estimate >= least) & (change.low > 0)
    fallen = (change.estimate <= -least) & (change.high < 0)
    moved = np.abs(change.estimate)
    left = np.abs(after[:, np.newaxis] - before)
    left, both = left + left.T, moved[:, np.newaxis] + moved
    explained = (both - left) / (moved.sum() or 1)
    apart = before[:, np.newaxis] * APART <= before  # what has grown was the smaller
    enough = explained >= np.where(apart, EXPLAINED, NEARLY_ALL)
    near = grown[:, np.newaxis] & fallen & (left <= both / 2) & enough
    return _explaining(near, explained, "weight")


def _by_values(pair: Pair, least: float, cells: Sequence[np.ndarray]) -> list[Swap]:
    import numpy as np

    moved = np.abs(pair.after - pair.before).mean(axis=0)
    total = np.abs(pair.before).sum(axis=1).mean() + np.abs(pair.after).sum(axis=1).mean()
    count = len(moved)
    left = np.full((count, count), np.inf)
    for one, other in permutations(np.flatnonzero(moved >= least * total / 2).tolist(), 2):
        if cells[one].dtype.kind == cells[other].dtype.kind:
            left[one, other] = _left(cells[one], pair.after[:, one], cells[other], pair.before[:, other])
    near = (left <= moved[:, np.newaxis] / 2) & (left <= moved[:, np.newaxis] / 2).T
    both = moved[:, np.newaxis] + moved
    explained = np.where(near, both - np.where(near, left + left.T, 0), 0) / (moved.sum() or 1)
    return _explaining(np.triu(near & (explained >= EXPLAINED), 1), explained, "values")


def _left(cells: np.ndarray, after: np.ndarray, others: np.ndarray, before: np.ndarray) -> float:
    """How far contributions lie from another column's old ones at the same values; infinite if unknown."""
    import numpy as np

    if cells.dtype.kind == "f":
        known = ~np.isnan(others)
        if not known.any():
            return float("inf")
        edges = quantile_edges(others[known], BINS)
        own, their = (
            np.where(np.isnan(part), len(edges) + 1, np.searchsorted(edges, part)) for part in (cells, others)
        )
    else:
        places = np.unique(np.concatenate([cells, others]).astype(str), return_inverse=True)[1]
        own, their = places[: len(cells)], places[len(cells) :]
    size = int(max(own.max(), their.max())) + 1
    counts = np.bincount(their, minlength=size)
    means = np.bincount(their, before, size) / np.maximum(counts, 1)
    seen = counts[own] > 0
    if seen.mean() <= 1 / 2:
        return float("inf")
    return float(np.abs(after[seen] - means[own[seen]]).mean())


def _explaining(possible: np.ndarray, explained: np.ndarray, by: str) -> list[Swap]:
    """The best of the possible pairs, if together they explain enough of all changes."""
    best = _best(possible, -explained, by)
    together = sum(explained[swap.first, swap.second] for swap in best)
    return best if together >= 2 * EXPLAINED else []


def _by_direction(pair: Pair) -> list[Swap]:
    import numpy as np

    weighty = np.min([shares(part).mean(axis=0) for part in (pair.before, pair.after)], axis=0) >= WEIGHTY
    turned = np.flatnonzero(weighty & (np.diag(_correlations(pair)) <= -UNLIKE)).tolist()
    match turned:
        case [first, second]:
            return [Swap(first, second, "direction")]
    return []


def _best(possible: np.ndarray, costs: np.ndarray, by: str) -> list[Swap]:
    """The possible pairs of least cost, chosen greedily so that no column is in two pairs."""
    import numpy as np

    pairs = np.argwhere(possible)
    ranked = pairs[np.argsort(costs[possible], kind="stable")].tolist()
    taken: set[int] = set()
    chosen = []
    for one, other in ranked:
        if not {one, other} & taken:
            taken |= {one, other}
            chosen.append(Swap(min(one, other), max(one, other), by))
    return chosen


def _correlations(pair: Pair) -> np.ndarray:
    """Correlation of each column's new contributions with each one's old ones, shape (columns, columns)."""
    new, old = (_standard(part) for part in (pair.after, pair.before))
    return new.T @ old / len(new)


def _standard(values: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1; a constant one is 0."""
    import numpy as np

    centred, deviation = values - values.mean(axis=0), values.std(axis=0)
    constant = deviation <= 1e-12 * np.abs(values).max(axis=0)
    return np.where(constant, 0, centred / np.where(constant, 1, deviation))
