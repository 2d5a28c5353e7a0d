"""Orders of categories whose right order is known."""

from __future__ import annotations

import numpy as np

from mxt.stats.similarity import similarity_order


def test_groups_that_lie_on_a_line_come_in_its_order() -> None:
    chance = np.random.default_rng(0)
    groups = chance.integers(0, 6, 3000)
    line = np.array([3, 0, 5, 1, 4, 2])[groups]  # group 1 lies first, then 3, 5, 0, 4, 2
    other = np.clip(line + chance.integers(-1, 2, 3000), 0, 7)
    found = similarity_order(groups, 6, [(other, True)]).tolist()
    assert found in ([1, 3, 5, 0, 4, 2], [2, 4, 0, 5, 3, 1])
    assert found.index(0) < found.index(5)


def test_unordered_columns_tell_alike_groups_by_their_frequencies() -> None:
    chance = np.random.default_rng(1)
    groups = np.repeat([0, 1, 2, 3], 500)
    kinds = np.where(np.isin(groups, [0, 2]), chance.integers(0, 2, 2000), chance.integers(2, 4, 2000))
    found = similarity_order(groups, 4, [(kinds, False)]).tolist()
    assert {*found[:2]} in ({0, 2}, {1, 3})


def test_rows_of_no_group_do_not_count() -> None:
    groups, other = np.array([0, 1, 2, -1, -1]), np.array([0, 2, 1, 9, 9])
    alone = similarity_order(groups[:3], 3, [(other[:3], True)])
    assert similarity_order(groups, 3, [(other, True)]).tolist() == alone.tolist()


def test_two_groups_keep_their_order() -> None:
    assert similarity_order(np.array([1, 0]), 2, [(np.array([0, 1]), True)]).tolist() == [0, 1]
