"""Trees stored as inner nodes and leaves become the nodes of one ensemble."""

from __future__ import annotations

import numpy as np

from mxt.predictors.lightgbm.layout import Layout


def test_each_trees_inner_nodes_come_before_its_leaves() -> None:
    layout = Layout([2, 0, 1], [3, 1, 2])
    assert layout.roots.tolist() == [0, 5, 6]
    assert layout.inner.tolist() == [True] * 2 + [False] * 3 + [False] + [True] + [False] * 2
    parts = [np.array([7, 8]), np.array([], int), np.array([9])]
    assert layout.over_nodes(parts, -1).tolist() == [7, 8, -1, -1, -1, -1, 9, -1, -1]


def test_children_are_nodes_of_the_same_tree_and_complements_are_its_leaves() -> None:
    layout = Layout([2, 0, 1], [3, 1, 2])
    left = [np.array([1, ~0]), np.array([], int), np.array([~0])]
    right = [np.array([~2, ~1]), np.array([], int), np.array([~1])]
    assert layout.children(left).tolist() == [1, 2, -1, -1, -1, -1, 7, -1, -1]
    assert layout.children(right).tolist() == [4, 3, -1, -1, -1, -1, 8, -1, -1]
