"""Curves of a prediction while columns are taken away or put back."""

from __future__ import annotations

import numpy as np

from mxt.stats.removals import areas, nested_sets


def test_the_sets_of_one_order_by_hand() -> None:
    sets = nested_sets(np.array([[2, 0, 1]]))
    assert sets.astype(int).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]]


def test_each_step_of_each_order_has_a_column_less_or_more() -> None:
    orders = np.array([np.random.default_rng(seed).permutation(6) for seed in range(4)])
    counts = nested_sets(orders).sum(axis=1).reshape(4, 2, 5)
    assert (counts[:, 0] == [5, 4, 3, 2, 1]).all()
    assert (counts[:, 1] == [1, 2, 3, 4, 5]).all()


def test_the_areas_of_a_sum_by_hand() -> None:
    """Of 3 a + 2 b + c at 1, in the order a, b, c: 6 falls to 3 and 1, and 0 rises to 3 and 5."""
    moved = areas(np.array([[[3.0, 1.0], [3.0, 5.0]]]), none=0.0, every=6.0)
    assert moved.tolist() == [[4.0, 4.0]]
