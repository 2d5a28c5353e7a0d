"""The recipe of random forests: sizes of trees, and missing numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.models.random_forest import RandomForestRecipe

CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame(CHANCE.normal(size=(80, 2)), columns=["a", "b"])
TARGETS = pd.Series(np.where(INPUTS["a"] * INPUTS["b"] > 0, "y", "n"), name="t")


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_trees_are_as_many_and_as_small_as_the_fields_say(task: Any) -> None:
    targets = TARGETS if task == "classification" else INPUTS["a"]
    recipe = RandomForestRecipe(task=task, trees=7, depth=3, leaf_rows=9)
    forest = recipe.fit(INPUTS, targets).predictor.core
    assert len(forest.estimators_) == 7
    assert max(tree.get_depth() for tree in forest.estimators_) <= 3
    leaves = [tree.tree_.n_node_samples[tree.tree_.children_left < 0].min() for tree in forest.estimators_]
    assert min(leaves) >= 5  # rows drawn twice count twice as samples, and once as rows


def test_a_missing_number_is_the_columns_median() -> None:
    model = RandomForestRecipe(trees=5).fit(INPUTS, TARGETS)
    gap, median = (INPUTS[:5].assign(b=cell) for cell in (np.nan, INPUTS["b"].median()))
    pd.testing.assert_frame_equal(model.predict(gap), model.predict(median))
