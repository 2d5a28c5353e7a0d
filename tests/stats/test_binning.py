"""Laws of bins that a reference sample fixes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxt.stats.binning import quantile_edges

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60).map(np.array)


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How many values lie in each bin: edges[i-1] < x <= edges[i]."""
    borders = pairwise([-np.inf, *edges, np.inf])
    return np.array([((low < values) & (values <= high)).sum() for low, high in borders])


@settings(deadline=None)
@given(values=numbers, bins=st.integers(2, 12))
def test_edges_grow_and_no_bin_of_the_reference_is_empty(values: np.ndarray, bins: int) -> None:
    edges = quantile_edges(values, bins)
    assert len(edges) < bins
    assert (np.diff(edges) > 0).all()
    assert (bin_counts(values, edges) > 0).all()


@settings(deadline=None)
@given(rows=st.integers(20, 500), bins=st.integers(2, 20))
def test_distinct_values_fill_the_bins_evenly(rows: int, bins: int) -> None:
    values = np.random.default_rng(rows).permutation(rows).astype(float)
    counts = bin_counts(values, quantile_edges(values, bins))
    assert len(counts) == bins
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize(
    ("values", "bins", "edges"),
    [
        ([1, 2, 3, 4], 2, [2]),
        ([1, 2, 3, 4], 4, [1, 2, 3]),
        ([5, 5, 5], 10, []),
        ([0, 0, 0, 0, 1], 10, [0]),
        ([7], 3, []),
    ],
)
def test_edges_by_hand(values: list[float], bins: int, edges: list[float]) -> None:
    assert quantile_edges(np.array(values, dtype=float), bins).tolist() == edges
