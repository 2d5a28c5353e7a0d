"""Exact values of trees: encoded columns as one player, and either treatment of absent columns."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mxt.errors import ModelError
from mxt.explainers.base.kernels.engine import available
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.explainers.tree import TreeExplainer
from mxt.predictors.sklearn import SklearnPredictor
from uncompiled import uncompile

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")

CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame({"x": CHANCE.normal(size=120), "kind": CHANCE.choice(["u", "v", "w"], 120)})
INPUTS["y"] = INPUTS["x"] + CHANCE.normal(size=120)
TARGET = INPUTS["x"] * INPUTS["y"] + INPUTS["kind"].map({"u": 0.0, "v": 3.0, "w": -1.0})


@pytest.fixture(scope="module")
def predictor() -> SklearnPredictor:
    encoding = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    forest = RandomForestRegressor(8, max_depth=5, random_state=0)
    return SklearnPredictor(make_pipeline(encoding, forest).fit(INPUTS, TARGET), [])


def test_joint_values_against_a_background_are_enumerations(predictor: SklearnPredictor) -> None:
    joint = TreeExplainer(feature_perturbation="interventional", encoded="joint")
    found = joint.explain(predictor, INPUTS[:6], INPUTS[50:70])
    exact = EnumerationExplainer().explain(predictor, INPUTS[:6], INPUTS[50:70])
    np.testing.assert_allclose(found.values, exact.values, atol=1e-10)
    np.testing.assert_allclose(found.base, exact.base, atol=1e-10)
    assert found.method == "exact, against 20 background rows"


def test_either_treatment_of_encoded_columns_adds_up_and_they_differ(predictor: SklearnPredictor) -> None:
    summed, joint = (
        TreeExplainer(encoded=how).explain(predictor, INPUTS[:9], None).checked() for how in ("sum", "joint")
    )
    np.testing.assert_allclose(summed.totals, joint.totals, atol=1e-10)
    assert summed.columns == joint.columns == ["x", "kind", "y"]
    assert np.abs(summed.values - joint.values).max() > 1e-3


def test_without_kernels_the_library_explains_and_the_installations_reason_is_given(
    predictor: SklearnPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = TreeExplainer().explain(predictor, INPUTS[:9], None)
    uncompile(monkeypatch, "the C++ compiler g++ was not found")
    theirs = TreeExplainer().explain(predictor, INPUTS[:9], None)
    np.testing.assert_allclose(theirs.values, own.values, atol=1e-6)
    reason = "he compiled kernels are absent (the C++ compiler g++ was not found)"
    assert reason in theirs.reason
    with pytest.raises(ModelError, match=re.escape(reason)):
        TreeExplainer(encoded="joint").explain(predictor, INPUTS[:9], None)


def test_another_background_is_used_at_once(predictor: SklearnPredictor) -> None:
    explainer = TreeExplainer(feature_perturbation="interventional")
    bases = [float(explainer.explain(predictor, INPUTS[:1], INPUTS[at:]).base[0]) for at in (0, 60, 0)]
    by_hand = [predictor.native.predict(INPUTS[at:]).mean() for at in (0, 60, 0)]
    assert bases == pytest.approx(by_hand)


def test_a_background_is_required_to_compare_with_one_and_trees_are_required(
    predictor: SklearnPredictor,
) -> None:
    with pytest.raises(ModelError, match="compares with a background"):
        TreeExplainer(feature_perturbation="interventional").explain(predictor, INPUTS[:1], None)
    line = SklearnPredictor(LinearRegression().fit(INPUTS[["x"]], TARGET), [])
    assert not TreeExplainer().serves(line)
