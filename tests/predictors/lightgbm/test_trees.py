"""Trees of LightGBM: a walk through them gives LightGBM's own raw scores."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from clocks import cpu_seconds, takes_at_most
from mxt.errors import ModelError
from mxt.predictors.lightgbm.header import read_header
from mxt.predictors.lightgbm.trees import read_trees, require_whole
from predictors.games import shapley
from predictors.walk import walk

QUIET = {"verbose": -1, "num_leaves": 15, "min_data_in_leaf": 5, "num_threads": 1}
CATEGORIES = {"max_cat_to_onehot": 1, "cat_smooth": 1, "min_data_per_group": 5}


def rows(count: int = 500, seed: int = 0) -> np.ndarray:
    """Two numbers with gaps, forty categories, and a number that is often zero."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(count, 4))
    matrix[:, 2] = rng.integers(0, 40, count)
    matrix[rng.random(count) < 0.5, 3] = 0
    matrix[rng.random(count) < 0.2, 0] = np.nan
    return matrix


def target(matrix: np.ndarray) -> np.ndarray:
    return np.nan_to_num(matrix[:, 0], nan=1) + np.sin(matrix[:, 2]) + matrix[:, 3] * matrix[:, 1]


def trained(rounds: int = 20, **options: Any) -> lgb.Booster:
    matrix = rows()
    goal = target(matrix)
    if options.get("objective") == "binary":
        goal = goal > 0
    if str(options.get("objective")).startswith("multiclass"):
        goal = np.digitize(goal, [-0.5, 0.5])
    if options.get("objective") in {"poisson", "gamma", "tweedie"}:
        goal = np.exp(goal)
    categorical = [2] if "cat_smooth" in options else []
    return lgb.train({**QUIET, **options}, lgb.Dataset(matrix, goal, categorical_feature=categorical), rounds)


def odd_rows() -> np.ndarray:
    """Rows with gaps where training had none, unseen and broken categories, infinities, near zeros."""
    matrix = rows(300, seed=1)
    matrix[:20, 1] = np.nan
    matrix[20:40, 2] = np.repeat([np.nan, 77, -1, 31], 5)
    matrix[40:60, 3] = np.repeat([np.inf, -np.inf, 1e-36, -1e-36, np.nan], 4)
    return matrix


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "regression"},
        {"objective": "binary", **CATEGORIES},
        {"objective": "binary", "zero_as_missing": True, **CATEGORIES},
        {"objective": "binary", "use_missing": False, **CATEGORIES},
        {"objective": "multiclass", "num_class": 3, **CATEGORIES},
        {"objective": "regression", "boosting": "dart", "drop_rate": 0.5},
        {"objective": "gamma"},
    ],
    ids=lambda options: "-".join(str(value) for value in options.values()),
)
def test_a_walk_gives_the_librarys_raw_scores(options: dict[str, Any]) -> None:
    booster = trained(**options)
    trees = read_trees(booster.model_to_string())
    assert trees is not None
    own = np.asarray(booster.predict(odd_rows(), raw_score=True)).reshape(300, -1)
    np.testing.assert_allclose(walk(trees, odd_rows()), own, atol=1e-13)


def test_a_random_forest_is_averaged_as_its_predictions_are() -> None:
    booster = trained(boosting="rf", bagging_freq=1, bagging_fraction=0.5, objective="regression")
    trees = read_trees(booster.model_to_string())
    assert trees is not None
    np.testing.assert_allclose(walk(trees, odd_rows())[:, 0], booster.predict(odd_rows()), atol=1e-13)


def test_doubles_beside_a_threshold_take_the_librarys_branch() -> None:
    booster = trained(objective="regression")
    trees = read_trees(booster.model_to_string())
    assert trees is not None
    rng = np.random.default_rng(2)
    matrix = odd_rows()
    for column in (0, 1, 3):
        near = rng.choice(trees.threshold[trees.feature == column], 300)
        matrix[:, column] = np.nextafter(near, rng.choice([-np.inf, np.inf, 0], 300))
    matrix[::3, 1] = rng.choice(trees.threshold[trees.feature == 1], 100)
    own = booster.predict(matrix, raw_score=True)
    np.testing.assert_allclose(walk(trees, matrix)[:, 0], own, atol=1e-13)


def test_covers_are_those_of_the_librarys_own_contributions() -> None:
    booster = trained(rounds=3, objective="binary", **CATEGORIES)
    trees = read_trees(booster.model_to_string())
    assert trees is not None
    for place in (50, 25, 100):
        own = np.asarray(booster.predict(odd_rows()[[place]], pred_contrib=True))[0]
        values, base = shapley(trees, odd_rows()[place])
        np.testing.assert_allclose([*values[:, 0], *base], own, atol=1e-12)


def test_every_inner_node_has_the_cover_of_its_children() -> None:
    trees = read_trees(trained(objective="binary", **CATEGORIES).model_to_string())
    assert trees is not None
    inner = trees.left >= 0
    assert (trees.cover[inner] == trees.cover[trees.left[inner]] + trees.cover[trees.right[inner]]).all()


def test_a_constant_model_is_a_leaf() -> None:
    booster = lgb.train({**QUIET, "objective": "regression"}, lgb.Dataset(rows(), np.full(500, 3.0)), 2)
    trees = read_trees(booster.model_to_string())
    assert trees is not None
    np.testing.assert_allclose(walk(trees, rows(5))[:, 0], 3)


def test_linear_leaves_are_left_to_others() -> None:
    matrix = rows()
    booster = lgb.train({**QUIET, "linear_tree": True}, lgb.Dataset(matrix, target(matrix)), 3)
    assert read_trees(booster.model_to_string()) is None


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.7, 0.8, 0.9, 0.99])
def test_a_cut_model_is_refused_before_the_library_sees_it(share: float) -> None:
    text = trained(objective="binary").model_to_string()
    require_whole(text)
    with pytest.raises(ModelError, match=r"was cut|header is broken"):
        require_whole(text[: int(len(text) * share)])


def test_a_text_that_is_no_model_is_refused() -> None:
    with pytest.raises(ModelError, match="not the text of a LightGBM model"):
        read_header("hello")


@pytest.mark.slow  # its verdict is a ratio of CPU times
def test_three_hundred_trees_are_read_about_as_fast_as_their_text_is_split_into_words() -> None:
    matrix = np.random.default_rng(0).normal(size=(5000, 10))
    options = {**QUIET, "num_leaves": 64, "max_depth": 6}
    text = lgb.train(options, lgb.Dataset(matrix, matrix[:, 0] * matrix[:, 1]), 300).model_to_string()
    takes_at_most(
        6,
        lambda: cpu_seconds(lambda: read_trees(text)),
        lambda: cpu_seconds(lambda: [line.split() for line in text.splitlines()]),
    )
