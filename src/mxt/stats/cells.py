"""Statistics that depend only on how many rows of each sort there are: rows are counted in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    from mxt.stats.bootstrap import Statistic

FEW = 200
"""Up to so many distinct values make cells; beyond that, drawing rows is quicker."""


class Cells(NamedTuple):
    """A statistic of how many rows each cell holds, and the cell of each row."""

    statistic: Statistic
    """Takes counts of cells, shape (resamples, cells)."""
    cell: np.ndarray
    """Shape (rows,), from 0 on, no number left out."""

    @property
    def sizes(self) -> np.ndarray:
        """How many rows each cell holds, shape (cells,)."""
        import numpy as np

        return np.bincount(self.cell)


def of_rows(statistic: Statistic, rows: int) -> Cells:
    """A statistic of rows that are all different."""
    import numpy as np

    return Cells(statistic, np.arange(rows))


def mean_of(values: np.ndarray) -> Cells:
    """The mean of values, shape (rows,)."""
    import numpy as np

    distinct, cell = np.unique(values, return_inverse=True)
    if len(distinct) > FEW:
        distinct, cell = values, np.arange(len(values))
    return Cells(lambda counts: counts @ distinct / counts.sum(axis=1), cell)


def difference(first: Cells, second: Cells) -> Cells:
    """The first statistic less the second, of the same rows."""
    import numpy as np

    both, cell = np.unique(np.column_stack([first.cell, second.cell]), axis=0, return_inverse=True)

    def statistic(counts: np.ndarray) -> np.ndarray:
        return first.statistic(_gathered(counts, both[:, 0])) - second.statistic(
            _gathered(counts, both[:, 1])
        )

    return Cells(statistic, cell.ravel())


def _gathered(counts: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Counts of coarser cells; `cell` is that of each column, and none is left out."""
    import numpy as np

    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    return np.add.reduceat(counts[:, order], starts, axis=1)
