"""Curves of a prediction while the cells of a row are taken away, or put back, in an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def nested_sets(orders: np.ndarray) -> np.ndarray:
    """The columns that are there at each step between none and all.

    Args:
        orders: Places of the columns in their order, shape (orders, columns).

    Returns:
        Booleans, shape (orders * 2 * (columns - 1), columns): for each order the steps of taking away, and
        then those of putting back, a column more at each.
    """
    import numpy as np

    columns = orders.shape[1]
    place = orders.argsort(axis=1)[:, np.newaxis]
    there = place < np.arange(1, columns)[:, np.newaxis]
    return np.stack([~there, there], axis=1).reshape(-1, columns)


def areas(worths: np.ndarray, none: float, every: float) -> np.ndarray:
    """How far a prediction has moved from where it started, on average over the steps.

    It starts at `every` when columns are taken away, and at `none` when they are put back; a step is worth
    what the prediction has fallen, or risen, by then. The last step, at which all orders meet, is left out.

    Args:
        worths: Predictions at the steps of `nested_sets`, shape (orders, 2, columns - 1).
        none: The prediction without any column.
        every: That with all.

    Returns:
        Shape (orders, 2).
    """
    import numpy as np

    return np.stack([every - worths[:, 0].mean(axis=1), worths[:, 1].mean(axis=1) - none], axis=1)
