"""Effects of one column: differences accumulated along its levels, and what a shuffled column costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mxt.stats.intervals import Interval, interval

if TYPE_CHECKING:
    import numpy as np


class Moves(NamedTuple):
    """Rows moved from the lower to the upper end of a step: a row may be moved along two steps."""

    rows: np.ndarray
    """Which row was moved, shape (moves,)."""
    steps: np.ndarray
    """Along which step; step l leads from level l to level l + 1. Each has moves. Shape (moves,)."""
    differences: np.ndarray
    """Prediction at the upper end minus prediction at the lower end, shape (moves, outputs)."""


class Walks(NamedTuple):
    """How each row is reached from a level: along whole steps up or down, and the rest by itself."""

    starts: np.ndarray
    """The level where the walk begins, shape (rows,)."""
    ends: np.ndarray
    """The level where it ends, shape (rows,)."""
    rests: np.ndarray
    """Prediction of the row as it is minus its prediction at `ends`, shape (rows, outputs)."""


class Places(NamedTuple):
    """Where each row lies on a curve; the mean over the rows is the curve's centre."""

    levels: np.ndarray
    """The level from which the row's height is counted, shape (rows,)."""
    rises: np.ndarray
    """How much higher than the level, shape (rows, outputs): 0, or what `walked` gives."""


def accumulated(moves: Moves, places: Places) -> Interval:
    """The accumulated local effect at each level, centred to a mean of zero over the rows.

    The mean difference of each step is summed up to the level (Apley and Zhu 2020, doi:10.1111/rssb.12377,
    equation 15); the centre is the mean height of the rows, instead of the trapezoid of equation 16, which is
    off where steps are wide. The interval is over rows, with the levels taken as fixed: a row acts on the
    means of its steps and on the centre. It is Student's, with the degrees of freedom of Satterthwaite 1946
    (doi:10.2307/3002019), since a step may have few moves. A step with one move says nothing about its error,
    so the ends are NaN at the levels for which it counts.

    Args:
        moves: Each of the steps between levels has at least one; their rows are those of `places`.
        places: At least one row.

    Returns:
        Arrays of shape (levels, outputs).
    """
    import numpy as np

    rows, outputs = places.rises.shape
    counts = np.bincount(moves.steps)
    steps = len(counts)
    above = rows - np.bincount(places.levels, minlength=steps + 1).cumsum()[:-1]
    weights = np.tri(steps + 1, steps, -1) - above / rows
    unknown = weights[:, counts == 1].any(axis=1)
    effects, errors, freedom = np.zeros((3, steps + 1, outputs))
    for output, differences in enumerate(moves.differences.T):
        means = _step_means(moves.steps, differences)
        own = np.append(0, means.cumsum())[places.levels] + places.rises[:, output]
        effects[:, output] = np.append(0, means.cumsum()) - own.mean()
        parts = _pulls(moves, differences - means[moves.steps], counts, rows)
        centre = (own - own.mean()) / np.sqrt(rows * max(rows - 1, 1))
        errors[:, output] = np.sqrt(((parts @ weights.T - centre[:, np.newaxis]) ** 2).sum(axis=0))
        variances = np.column_stack(
            [weights**2 * (parts**2).sum(axis=0), np.tile((centre**2).sum(), steps + 1)]
        )
        freedom[:, output] = _freedom(variances, np.append(counts, rows) - 1)
    errors[unknown] = np.nan
    return interval(effects, errors, freedom)


def walked(moves: Moves, walks: Walks) -> np.ndarray:
    """How much higher each row lies than the start of its walk, shape (rows, outputs).

    Each row's number holds, besides its own rise, what its moves add to the steps that other rows walk. This
    is zero in the mean, and makes the spread over rows that of the mean's error (infinitesimal jackknife;
    Efron 1982, doi:10.1137/1.9781611970319, chapter 6).

    Args:
        moves: Each step has at least one; their rows are those of `walks`.
        walks: At least one row.
    """
    import numpy as np

    counts = np.bincount(moves.steps)
    begun, ended = (np.bincount(ends, minlength=len(counts) + 1) for ends in (walks.starts, walks.ends))
    share = (begun - ended).cumsum()[:-1] / counts
    rises = walks.rests.copy()
    for output, differences in enumerate(moves.differences.T):
        means = _step_means(moves.steps, differences)
        heights = np.append(0, means.cumsum())
        rises[:, output] += heights[walks.ends] - heights[walks.starts]
        np.add.at(rises[:, output], moves.rows, share[moves.steps] * (differences - means[moves.steps]))
    return rises


def _step_means(steps: np.ndarray, differences: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.bincount(steps, differences) / np.bincount(steps)


def _pulls(moves: Moves, deviations: np.ndarray, counts: np.ndarray, rows: int) -> np.ndarray:
    """How much each row pulls the mean of each step, scaled so that squares sum to the mean's variance."""
    import numpy as np

    pulls = np.zeros((rows, len(counts)))
    pulls[moves.rows, moves.steps] = deviations / np.sqrt(counts * np.maximum(counts - 1, 1))[moves.steps]
    return pulls


def _freedom(variances: np.ndarray, freedoms: np.ndarray) -> np.ndarray:
    """Satterthwaite's degrees of freedom of sums of variances; infinite where there is no variance.

    Args:
        variances: Shape (sums, parts).
        freedoms: Shape (parts,); a part of none has no variance.
    """
    import numpy as np

    squares = (variances**2 / np.maximum(freedoms, 1)).sum(axis=1)
    known = squares > 0
    return np.where(known, variances.sum(axis=1) ** 2 / np.where(known, squares, 1), np.inf)


def spread(effects: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Standard deviation of an effect over the rows, shape (outputs,).

    After Greenwell et al. 2018 (arXiv:1805.04755): a flat curve is that of a column without importance.
    Levels weigh as many rows as they stand for.

    Args:
        effects: Shape (levels, outputs).
        shares: Shape (levels,), of sum 1.
    """
    import numpy as np

    return np.sqrt(shares @ (effects - shares @ effects) ** 2)


def shuffled_loss(losses: np.ndarray, shuffled: np.ndarray, donors: np.ndarray) -> Interval:
    """How much the mean loss grows when a column's cells come from other rows.

    The mean shuffled loss estimates the U-statistic of Fisher, Rudin and Dominici 2019 (arXiv:1801.01489,
    section 3.2). Its normal interval is over rows, each of which acts in two roles, as receiver and as donor
    (Hájek projection; van der Vaart 1998, section 12.1). Both are measured by growths, so that the loss of a
    row as it is adds nothing to the interval. Few repeats make the interval somewhat too wide.

    Args:
        losses: Loss of each row as it is, shape (rows, parts), rows >= 2.
        shuffled: Loss of each row with the cell of another, shape (repeats, rows, parts).
        donors: Which row gave the cell, a permutation in each repeat, shape (repeats, rows).

    Returns:
        Arrays of shape (parts,).
    """
    import numpy as np

    grown = shuffled - losses
    pulls = grown.mean(axis=0)
    growth = pulls.mean(axis=0)
    for growths, givers in zip(grown, donors, strict=True):
        pulls[givers] += growths / len(grown)
    error = pulls.std(axis=0, ddof=1) / np.sqrt(len(losses))
    return interval(growth, error, float("inf"))
