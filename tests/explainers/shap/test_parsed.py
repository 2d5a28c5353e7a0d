"""Trees that shap has parsed, walked by hand, give the model's own predictions."""

from __future__ import annotations

import numpy as np
import pytest
from shap.explainers._tree import TreeEnsemble as Parsed
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

from mxt.explainers.shap.parsed import read_trees
from predictors.walk import walk

ROWS = np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32)
TARGET = ROWS[:, 0] + ROWS[:, 1] ** 2


@pytest.mark.parametrize(
    "model",
    [RandomForestRegressor(3, max_depth=4, random_state=0), GradientBoostingRegressor(n_estimators=4)],
    ids=["trees of unlike sizes", "boosted"],
)
def test_a_walk_gives_the_predictions(model: RandomForestRegressor | GradientBoostingRegressor) -> None:
    fitted = model.fit(ROWS, TARGET)
    trees = read_trees(Parsed(fitted), 3)
    assert trees is not None
    np.testing.assert_allclose(walk(trees, ROWS)[:, 0], fitted.predict(ROWS), atol=1e-6)
    inner = trees.left >= 0
    children = trees.cover[trees.left[inner]] + trees.cover[trees.right[inner]]
    np.testing.assert_allclose(trees.cover[inner], children)


def test_a_model_that_shap_could_not_parse_has_no_trees() -> None:
    parsed = Parsed(RandomForestRegressor(1, max_depth=1).fit(ROWS, TARGET))
    parsed.trees = None
    assert read_trees(parsed, 3) is None
