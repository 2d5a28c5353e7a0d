"""How alike two explanations rank the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def rank_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of the contributions of each row, shape (rows,).

    Contributions are ranked with their signs; equal ones share the mean rank. Where one explanation gives
    all columns the same, the correlation is 1 if the other does too, and 0 if not.

    Args:
        first: Contributions, shape (rows, columns), of two columns at least.
        second: Of the same shape.
    """
    import numpy as np
    from scipy.stats import rankdata

    ranks = [rankdata(part, axis=1) - (part.shape[1] + 1) / 2 for part in (first, second)]
    squares = [(part**2).sum(axis=1) for part in ranks]
    scale = np.sqrt(squares[0] * squares[1])
    both = (squares[0] == 0) & (squares[1] == 0)
    correlations = (ranks[0] * ranks[1]).sum(axis=1) / np.where(scale == 0, 1, scale)
    return np.where(both, 1.0, correlations)


def leading(values: np.ndarray, top: int) -> np.ndarray:
    """The columns of each row's `top` largest contributions by size, the largest first; shape (rows, top).

    A contribution of 0 leads nowhere: its place holds -1. Equal ones come in the order of the columns.

    Args:
        values: Shape (rows, columns).
        top: At least 1; more than there are columns means all.
    """
    import numpy as np

    sizes = np.abs(values)
    order = np.argsort(-sizes, axis=1, kind="stable")[:, :top]
    return np.where(np.take_along_axis(sizes, order, axis=1) > 0, order, -1)


def shared_leaders(first: np.ndarray, second: np.ndarray, top: int) -> np.ndarray:
    """The share of the columns leading in either explanation of a row that lead in both, shape (rows,).

    It is 1 where neither has any.
    """
    import numpy as np

    chosen = [leads(part, top) for part in (first, second)]
    either = (chosen[0] | chosen[1]).sum(axis=1)
    return np.where(either == 0, 1.0, (chosen[0] & chosen[1]).sum(axis=1) / np.maximum(either, 1))


def leads(values: np.ndarray, top: int) -> np.ndarray:
    """Whether each column is among the `leading` ones of each row: booleans, shape (rows, columns)."""
    import numpy as np

    order = leading(values, top)
    led = np.zeros((len(values), values.shape[1] + 1), dtype=bool)
    np.put_along_axis(led, np.where(order < 0, values.shape[1], order), values=True, axis=1)
    return led[:, :-1]
