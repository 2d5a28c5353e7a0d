"""Ordering categories so that alike ones are neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def similarity_order(groups: np.ndarray, count: int, others: list[tuple[np.ndarray, bool]]) -> np.ndarray:
    """An order of groups along the line that keeps their distances best.

    The distance of two groups is summed over the other columns: the largest gap of the distribution functions
    of an ordered column, half the summed gaps of the frequencies of any other. The line is the first
    coordinate of classical scaling (Apley and Zhu 2020, doi:10.1111/rssb.12377, appendix E).

    Args:
        groups: Group of each row, 0 to count - 1, or -1 for rows of none; shape (rows,).
        count: Number of groups, each with a row.
        others: For each other column a code of each row, shape (rows,), at least 0, and whether the codes
            have an order.

    Returns:
        The groups in their order, shape (count,). The first group comes before the last.
    """
    import numpy as np

    if count < 3 or not others:  # noqa: PLR2004 - two have one order
        return np.arange(count)
    kept = groups >= 0
    distances = np.zeros((count, count))
    for codes, ordered in others:
        table = np.zeros((count, int(codes.max()) + 1))
        np.add.at(table, (groups[kept], codes[kept]), 1)
        distances += _gaps(table / table.sum(axis=1, keepdims=True), ordered=ordered)
    line = _first_coordinate(distances)
    return np.argsort(line if line[0] <= line[-1] else -line, kind="stable")


def _gaps(shares: np.ndarray, *, ordered: bool) -> np.ndarray:
    """Distance of every two rows of frequencies, shape (rows, rows)."""
    import numpy as np

    table = shares.cumsum(axis=1) if ordered else shares
    each = (np.abs(table - row) for row in table)
    return np.stack([gaps.max(axis=1) if ordered else gaps.sum(axis=1) / 2 for gaps in each])


def _first_coordinate(distances: np.ndarray) -> np.ndarray:
    import numpy as np

    squares = distances**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, np.newaxis] + squares.mean()
    return np.round(np.linalg.eigh(-centred / 2)[1][:, -1], 9)
