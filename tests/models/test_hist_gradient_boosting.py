"""The recipe of histogram boosting: missing numbers are learned from, and fields reach the library."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mxt.models.hist_gradient_boosting import HistGradientBoostingRecipe

CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame({"a": CHANCE.normal(size=200), "b": CHANCE.normal(size=200)})
INPUTS["a"] = INPUTS["a"].mask(CHANCE.random(200) < 0.3)
TARGETS = pd.Series(np.where(INPUTS["a"].isna(), "gone", "here"), name="t")


def test_missing_numbers_stay_missing() -> None:
    model = HistGradientBoostingRecipe(trees=5, learning_rate=0.5).fit(INPUTS, TARGETS)
    assert (model.predict(INPUTS)["prediction"] == TARGETS).all()


def test_fields_reach_the_library() -> None:
    recipe = HistGradientBoostingRecipe(trees=3, leaves=4, learning_rate=0.25, seed=2)
    core = recipe.fit(INPUTS, TARGETS).predictor.core
    assert core.n_iter_ == 3
    assert max(tree[0].get_n_leaf_nodes() for tree in core._predictors) <= 4
    assert (core.learning_rate, core.random_state) == (0.25, 2)
