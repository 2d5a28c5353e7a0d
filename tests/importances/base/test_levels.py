"""The values of a column at which its effect is measured."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mxt.importances.base.levels import finer_levels, known_levels, levels_of


def test_a_number_has_quantiles_that_it_has_taken() -> None:
    column = pd.Series(np.random.default_rng(3).exponential(size=500))
    levels = levels_of(column, 5, 5)
    np.testing.assert_allclose(levels.numbers, np.quantile(column, np.linspace(0, 1, 5), method="nearest"))
    assert set(levels.numbers) <= {*column}
    assert levels.counts.sum() == 500


def test_only_the_most_frequent_categories_are_told() -> None:
    column = pd.Series(["a"] * 3 + ["b"] * 5 + ["c"] + ["d"] * 4)
    levels = levels_of(column, 5, 2)
    assert levels.labels == ["b", "d"]
    assert levels.of_rows.tolist() == [-1] * 3 + [0] * 5 + [-1] + [1] * 4


def test_a_missing_value_is_the_last_level_and_can_be_left_out() -> None:
    levels = levels_of(pd.Series([3.0, None, 1.0, 3.0]), 5, 5)
    assert levels.labels == ["1", "3", None]
    assert levels.of_rows.tolist() == [1, 2, 0, 1]
    assert levels.counts.tolist() == [1, 2, 1]
    known = known_levels(levels)
    assert known.labels == ["1", "3"]
    assert known.of_rows.tolist() == [1, -1, 0, 1]


def test_ordered_categories_keep_their_order_and_booleans_are_numbers() -> None:
    sizes = pd.Series(pd.Categorical(["L", "S", "L"], ["S", "M", "L"], ordered=True))
    assert levels_of(sizes, 5, 5).labels == ["S", "L"]
    flags = levels_of(pd.Series([True, False, True]), 5, 5)
    assert (flags.labels, flags.numbers.tolist()) == (["False", "True"], [0, 1])


def test_finer_levels_hold_the_levels_and_lie_no_further_apart_than_some_rows() -> None:
    column = pd.Series(np.random.default_rng(1).normal(size=400))
    levels = levels_of(column, 5, 5)
    finer = finer_levels(column, levels, 10)
    assert {*levels.numbers} <= {*finer.numbers}
    assert finer.counts.max() <= 10
    assert finer.counts.sum() == 400
