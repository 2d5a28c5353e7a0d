"""Trees of CatBoost: a walk gives CatBoost's own raw scores, and covers its own contributions."""

from __future__ import annotations

from typing import Any

import catboost
import numpy as np
import pandas as pd
import pytest

from mxt.predictors.catboost import CatboostPredictor
from predictors.games import shapley
from predictors.walk import walk

QUIET = {"iterations": 15, "depth": 4, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
CLASSIFIER, REGRESSOR = catboost.CatBoostClassifier, catboost.CatBoostRegressor
KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "binary": (CLASSIFIER, {}),
    "missing_go_right": (CLASSIFIER, {"nan_mode": "Max"}),
    "classes": (CLASSIFIER, {"loss_function": "MultiClass"}),
    "classes_one_by_one": (CLASSIFIER, {"loss_function": "MultiClassOneVsAll"}),
    "numbers": (REGRESSOR, {}),
    "counts": (REGRESSOR, {"loss_function": "Poisson"}),
    "depthwise": (REGRESSOR, {"grow_policy": "Depthwise"}),
    "lossguide": (CLASSIFIER, {"grow_policy": "Lossguide", "max_leaves": 9, "loss_function": "MultiClass"}),
}
OBLIVIOUS = [name for name in KINDS if name not in {"depthwise", "lossguide"}]


def table(count: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    inputs = pd.DataFrame(rng.normal(size=(count, 3)), columns=["first", "second", "third"])
    inputs["whole"] = rng.integers(0, 4, count)
    return inputs.mask(
        pd.DataFrame({"first": rng.random(count) < 0.2}).reindex(columns=inputs.columns, fill_value=False)
    )


def predictor(name: str) -> CatboostPredictor:
    kind, options = KINDS[name]
    inputs = table()
    goal: Any = inputs["first"].fillna(0.3) + inputs["second"] * inputs["whole"]
    if kind is CLASSIFIER:
        goal = np.digitize(goal, [-0.5, 0.5] if "Multi" in str(options.get("loss_function")) else [0.0])
    elif options.get("loss_function") == "Poisson":
        goal = np.exp(goal.clip(-2, 2))
    return CatboostPredictor(kind(**QUIET, **options).fit(inputs, goal), [], [])


def odd_table() -> pd.DataFrame:
    """Rows with gaps where training had none, and infinities."""
    inputs = table(300, seed=1)
    inputs.loc[:9, "second"] = np.nan
    inputs.loc[10:19, "third"] = np.repeat([np.inf, -np.inf], 5)
    return inputs


@pytest.mark.parametrize("name", KINDS)
def test_a_walk_gives_the_librarys_raw_scores(name: str) -> None:
    made, inputs = predictor(name), odd_table()
    assert made.trees is not None
    np.testing.assert_allclose(walk(made.trees, made.encode(inputs)), made.scores(inputs).values, atol=1e-12)


def test_scale_and_bias_are_kept() -> None:
    made, inputs = predictor("numbers"), odd_table()
    made.core.set_scale_and_bias(2.5, -1.0)
    again = CatboostPredictor(made.core, [], [])
    assert again.trees is not None
    scores = again.scores(inputs).values
    np.testing.assert_allclose(walk(again.trees, again.encode(inputs)), scores, atol=1e-12)
    assert again.trees.base == pytest.approx(-1)


def test_doubles_beside_a_border_take_the_librarys_branch() -> None:
    made = predictor("numbers")
    trees, rng = made.trees, np.random.default_rng(2)
    assert trees is not None
    inputs = odd_table().astype(float)
    for place, name in enumerate(inputs.columns):
        near = rng.choice(trees.threshold[trees.feature == place], 300)
        beside = np.nextafter(
            near.astype(np.float32), rng.choice(np.array([-9, 9], dtype=np.float32), 300)
        ).astype(float)
        inputs[name] = np.where(rng.random(300) < 0.5, near + rng.choice([-1e-9, 0, 1e-9], 300), beside)
    own = made.core.predict(inputs.to_numpy())
    np.testing.assert_allclose(walk(trees, made.encode(inputs))[:, 0], own, atol=1e-12)


@pytest.mark.parametrize("name", OBLIVIOUS)
def test_covers_and_order_of_splits_are_those_of_the_librarys_own_contributions(name: str) -> None:
    made, inputs = predictor(name), odd_table().iloc[[30]]
    assert made.trees is not None
    own, base, _ = made.contributions(inputs)
    values, expected = shapley(made.trees, made.encode(inputs)[0])
    np.testing.assert_allclose(values, own[0], atol=1e-12)
    np.testing.assert_allclose(expected, base, atol=1e-12)


def test_tests_that_no_training_row_reached_are_left_out() -> None:
    inputs = table()[["first", "second"]]
    model = REGRESSOR(**{**QUIET, "depth": 8}).fit(inputs, inputs["first"].fillna(0) ** 2)
    made = CatboostPredictor(model, [], [])
    assert made.trees is not None
    assert len(made.trees.left) < 0.5 * 15 * (2**9 - 1)
    np.testing.assert_allclose(walk(made.trees, made.encode(inputs))[:, 0], model.predict(inputs), atol=1e-12)


def test_categories_leave_the_explaining_to_catboost() -> None:
    inputs = table().assign(text=lambda found: np.where(found["whole"] > 1, "much", "little"))
    model = CLASSIFIER(**QUIET, cat_features=["text"]).fit(inputs, inputs["whole"] > 1)
    made = CatboostPredictor(model, [], [])
    assert made.trees is None
    values, base, _ = made.contributions(inputs)
    np.testing.assert_allclose(values.sum(axis=1) + base, made.scores(inputs).values, atol=1e-10)
    assert np.abs(values[:, 4]).mean() > 0.1
