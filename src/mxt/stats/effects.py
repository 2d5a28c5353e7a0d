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


def accumulated(moves: Moves, shares: np.ndarray) -> Interval:
    """The accumulated local effect at each level, centred to a mean of zero.

    The mean difference of each step is summed up to the level (Apley and Zhu 2020, doi:10.1111/rssb.12377,
    equations 15 and 16). The normal interval is over rows, with the levels taken as fixed; a step that only
    one row tells of adds nothing to it.

    Args:
        moves: Each of the steps between levels has at least one.
        shares: What share of the rows each level stands for in the mean, shape (levels,), of sum 1.

    Returns:
        Arrays of shape (levels, outputs).
    """
    import numpy as np

    levels, outputs = len(shares), moves.differences.shape[1]
    counts = np.bincount(moves.steps, minlength=levels - 1)
    summed = np.tri(levels, levels - 1, -1)
    centred = summed - shares @ summed
    effects, errors = np.zeros((levels, outputs)), np.zeros((levels, outputs))
    for output, found in enumerate(moves.differences.T):
        means = np.bincount(moves.steps, found, levels - 1) / counts
        weight = np.sqrt(counts * np.maximum(counts - 1, 1))
        pulls = np.zeros((moves.rows.max(initial=-1) + 1, levels - 1))
        pulls[moves.rows, moves.steps] = (found - means[moves.steps]) / weight[moves.steps]
        effects[:, output] = centred @ means
        errors[:, output] = np.sqrt(((pulls @ centred.T) ** 2).sum(axis=0))
    return interval(effects, errors, float("inf"))


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
    (Hájek projection; van der Vaart 1998, section 12.1). Both are told by growths, so that what a row loses
    anyway adds nothing to the interval. Few repeats make it somewhat too wide.

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
    for found, givers in zip(grown, donors, strict=True):
        pulls[givers] += found / len(grown)
    error = pulls.std(axis=0, ddof=1) / np.sqrt(len(losses))
    return interval(growth, error, float("inf"))
