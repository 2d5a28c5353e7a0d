"""Cutting numbers into bins that a reference sample fixes once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def quantile_edges(values: np.ndarray, bins: int) -> np.ndarray:
    """Inner edges that cut `values` into at most `bins` bins of nearly equal count.

    Args:
        values: Finite numbers, shape (n,), n >= 1.
        bins: Number of bins to aim for; repeated values make fewer.

    Returns:
        Increasing edges, shape (at most bins - 1,). A value x lies in bin i when edges[i-1] < x <= edges[i].
    """
    import numpy as np

    # The i-th edge is the value of rank ceil(i n / bins), in whole numbers lest rounding moves a rank.
    ranks = -(-len(values) * np.arange(1, bins) // bins)
    edges = np.unique(np.sort(values)[ranks - 1])
    return edges[edges < values.max()]
