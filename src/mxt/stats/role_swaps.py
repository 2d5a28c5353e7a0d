"""Whether two columns have exchanged their roles between two versions of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mxt.stats.explanation_diff import role_changes, shares

if TYPE_CHECKING:
    import numpy as np

    from mxt.stats.explanation_diff import Pair

ALIKE = 0.9
"""Correlation over rows from which a column's contributions are those of another before."""
UNLIKE = 0.5
"""Correlation up to which they are no longer its own."""


class Swap(NamedTuple):
    """Two columns that exchanged roles, by their places."""

    first: int
    second: int
    by: str
    """``weight`` if their shares were exchanged, ``rows`` if their contributions were, row by row."""


def swaps(pair: Pair, least: float) -> list[Swap]:
    """The columns that exchanged roles, each in one pair at most, the clearest first.

    Two columns A and B exchanged their *weight* if the share of one grew and that of the other fell, each by
    at least `least` and beyond its 95 % interval, and the new share of each is nearer to the other's old one
    than to its own: the gap that is left is at most half of that which the exchange explains. They exchanged
    *rows* if A's new contributions correlate with B's old ones, and B's with A's, by `ALIKE` at least, and
    those of A and of B with their own by `UNLIKE` at most, whatever their shares.

    A model that is compared with itself has none, since nothing grows and all columns correlate with their
    own.

    Args:
        pair: Two versions; rows are at least two.
        least: Smallest change of a share, above 0.
    """
    found = [*_by_rows(pair), *_by_weight(pair, least)]
    taken: set[int] = set()
    chosen = []
    for _, swap in sorted(found, key=lambda entry: entry[0]):
        if not {swap.first, swap.second} & taken:
            taken |= {swap.first, swap.second}
            chosen.append(swap)
    return chosen


def _by_weight(pair: Pair, least: float) -> list[tuple[float, Swap]]:
    """Pairs that exchanged shares, with what is left unexplained, 0 to 1/2."""
    import numpy as np

    before, after = (shares(part).mean(axis=0) for part in (pair.before, pair.after))
    changes = role_changes(pair)
    grown = np.flatnonzero((changes.estimate >= least) & (changes.low > 0))
    fallen = np.flatnonzero((changes.estimate <= -least) & (changes.high < 0))
    left = np.abs(after[grown, np.newaxis] - before[fallen]) + np.abs(
        after[fallen] - before[grown, np.newaxis]
    )
    explained = changes.estimate[grown, np.newaxis] - changes.estimate[fallen]
    rest = left / explained
    return [
        (float(rest[row, place]), _swap(grown[row], fallen[place], "weight"))
        for row, place in np.argwhere(rest <= 1 / 2)
    ]


def _by_rows(pair: Pair) -> list[tuple[float, Swap]]:
    """Pairs whose contributions are each other's, with 1 less their correlation."""
    import numpy as np

    new, old = (_standard(part) for part in (pair.after, pair.before))
    alike = new.T @ old / len(new)
    own = np.diag(alike)
    mutual = np.minimum(alike, alike.T)
    lost = (own <= UNLIKE)[:, np.newaxis] & (own <= UNLIKE)
    places = np.argwhere(np.triu((mutual >= ALIKE) & lost, 1))
    return [(1 - float(mutual[row, place]), _swap(row, place, "rows")) for row, place in places]


def _standard(values: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1; a constant one is 0."""
    import numpy as np

    centred = values - values.mean(axis=0)
    deviation = values.std(axis=0)
    constant = deviation <= 1e-12 * np.abs(values).max(axis=0)
    return np.where(constant, 0, centred / np.where(constant, 1, deviation))


def _swap(one: int, other: int, by: str) -> Swap:
    return Swap(int(min(one, other)), int(max(one, other)), by)
