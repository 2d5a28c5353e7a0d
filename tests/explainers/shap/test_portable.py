"""Explainers that outlive their models: pickled and copied without what no pickle can hold."""

from __future__ import annotations

import copy
import pickle
import threading
import warnings
from typing import TYPE_CHECKING, Any

import catboost
import lightgbm
import numpy as np
import pandas as pd
import pytest
import shap
import xgboost
from sklearn.ensemble import RandomForestRegressor

from executors import sparks
from explainers.shap.test_models import FRAME, MODELS, ROWS, needs_kernels
from mxt.explainers import TreeExplainer
from mxt.explainers.shap.portable import portable

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def no_warning_of_shaps() -> Iterator[None]:
    with warnings.catch_warnings(action="ignore", category=PendingDeprecationWarning):
        yield


def live(model: str) -> dict[str, Any]:
    """The model with a handle beside its trees that no pickle can hold, as a session of Spark is."""
    found = {**MODELS[model], "session": threading.Lock()}
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(found)
    return found


def again(explainer: TreeExplainer, how: str) -> TreeExplainer:
    """A copy, without what was live."""
    return copy.deepcopy(explainer) if how == "copied" else pickle.loads(pickle.dumps(explainer))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("how", ["pickled", "copied"])
@pytest.mark.parametrize("background", [None, FRAME[:3]])
@pytest.mark.parametrize("model", ["one output", "two outputs", "a stump and a tree"])
def test_an_explainer_of_a_live_model_outlives_it(model: str, background: Any, how: str) -> None:
    explainer = TreeExplainer(live(model), background)
    other = again(again(explainer, how), how)
    np.testing.assert_array_equal(other.expected_value, explainer.expected_value)
    np.testing.assert_array_equal(other.shap_values(FRAME), explainer.shap_values(FRAME))
    np.testing.assert_array_equal(other(FRAME).values, explainer(FRAME).values)
    if background is None:
        np.testing.assert_array_equal(
            other.shap_interaction_values(FRAME), explainer.shap_interaction_values(FRAME)
        )
    assert [*other.model.values.ravel()] == [*explainer.model.values.ravel()]


@pytest.mark.parametrize("model", ["one output", "two outputs"])
def test_what_shap_does_for_a_live_model_it_still_does_after_a_pickle(model: str) -> None:
    explainer = TreeExplainer(live(model))
    before = again(explainer, "pickled")
    with pytest.warns(UserWarning, match="shap itself does"):
        own = explainer.shap_values(ROWS, approximate=True)
    after = again(explainer, "pickled")
    for other in (before, after):
        with pytest.warns(UserWarning, match="shap itself does"):
            np.testing.assert_array_equal(other.shap_values(ROWS, approximate=True), own)


def test_an_explainer_that_a_library_serves_is_pickled_as_it_stands() -> None:
    inputs = pd.DataFrame({"number": ROWS[:, 0], "text": list("xyxyxy")})
    model = catboost.CatBoostRegressor(
        iterations=3, depth=2, verbose=0, allow_writing_files=False, cat_features=["text"]
    ).fit(inputs, ROWS[:, 1])
    with pytest.warns(UserWarning, match="CatBoost itself does"):
        explainer = TreeExplainer(model)
    other = again(explainer, "pickled")
    np.testing.assert_array_equal(other.shap_values(inputs), explainer.shap_values(inputs))
    np.testing.assert_array_equal(other.expected_value, explainer.expected_value)


def fitted_live(library: str) -> Any:
    """A model fitted with a function that no pickle can hold, or with a lock beside its trees."""
    if library == "scikit-learn":
        forest = RandomForestRegressor(3, random_state=0).fit(FRAME, ROWS[:, 0])
        forest.lock = threading.Lock()
        return forest

    def squares(truth: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return found - truth, np.ones(len(truth))

    asked: dict[str, Any] = {"n_estimators": 3, "objective": squares}
    if library == "xgboost":
        return xgboost.XGBRegressor(**asked, missing=-1.0).fit(FRAME, ROWS[:, 0])
    return lightgbm.LGBMRegressor(**asked, min_child_samples=1, verbose=-1).fit(FRAME, ROWS[:, 0])


@needs_kernels
@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "scikit-learn"])
def test_what_a_model_was_fitted_with_does_not_keep_its_explainer_from_a_pickle(library: str) -> None:
    model = fitted_live(library)
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(model)
    explainer, rows = TreeExplainer(model), FRAME.where(FRAME > 0, -1.0)
    other = again(explainer, "pickled")
    values = explainer.shap_values(rows)
    assert values.any()
    np.testing.assert_array_equal(other.shap_values(rows), values)
    np.testing.assert_array_equal(other.expected_value, explainer.expected_value)


def test_a_model_that_can_be_pickled_is_kept_as_it_is() -> None:
    model = RandomForestRegressor(3, random_state=0).fit(FRAME, ROWS[:, 0])
    assert portable(model) is model


@needs_kernels
def test_an_explainer_of_a_spark_model_is_pickled_without_its_session() -> None:
    sparks.needed()
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import RandomForestRegressor as SparkForest
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        rows = session.createDataFrame(FRAME.assign(target=ROWS[:, 0]))
        inputs = VectorAssembler(inputCols=list("abc"), outputCol="features").transform(rows)
        model = SparkForest(numTrees=3, maxDepth=2, labelCol="target").fit(inputs)
        explainer, theirs = TreeExplainer(model), shap.TreeExplainer(model)
        raw, wanted = pickle.dumps(explainer), theirs.shap_values(ROWS, check_additivity=False)
    finally:
        session.stop()
    other = pickle.loads(raw)  # noqa: S301 - our own bytes
    np.testing.assert_allclose(other.shap_values(FRAME), wanted, atol=1e-12)
    np.testing.assert_allclose(other.expected_value, theirs.expected_value, atol=1e-12)
