"""Linear models: against enumeration, against shap, and against conditional means worked out by hand."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shap
import xgboost as xgb
from sklearn.compose import make_column_transformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import (
    GammaRegressor,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mxt.errors import ModelError
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.explainers.linear import LinearExplainer
from mxt.models import Model
from mxt.predictors.sklearn import SklearnPredictor
from mxt.predictors.xgboost import XgboostPredictor


def correlated(rows: int = 300) -> pd.DataFrame:
    drawn = np.random.default_rng(4).normal(size=(rows, 4)) @ np.array(
        [[1, 0.8, 0, 0.3], [0, 1, 0.5, 0], [0, 0, 1, -0.7], [0, 0, 0, 2.0]]
    )
    return pd.DataFrame(drawn + np.arange(1, 5), columns=list("abcd"))


def mixed(rows: int = 200) -> pd.DataFrame:
    inputs = correlated(rows)
    return inputs.assign(k=np.where(inputs["a"] > 1.5, "high", np.where(inputs["b"] > 2, "mid", "low")))


def piped(core: Any) -> Any:
    encoding = make_column_transformer((StandardScaler(), list("abcd")), (OneHotEncoder(), ["k"]))
    return make_pipeline(encoding, core)


def test_independent_values_are_enumerations() -> None:
    inputs = mixed()
    native = piped(Ridge()).fit(inputs, inputs["a"] + (inputs["k"] == "low"))
    predictor = SklearnPredictor(native, [])
    exact = EnumerationExplainer().explain(predictor, inputs[:5], inputs[50:100])
    found = LinearExplainer().explain(predictor, inputs[:5], inputs[50:100])
    np.testing.assert_allclose(found.values, exact.values, atol=1e-10)
    np.testing.assert_allclose(found.base, exact.base)


def test_independent_values_are_shaps() -> None:
    inputs = correlated()
    native = LogisticRegression().fit(inputs, (inputs["a"] > 1).astype(int) + (inputs["c"] > 3))
    found = LinearExplainer().explain(SklearnPredictor(native, []), inputs[:5], inputs[200:])
    masker = shap.maskers.Independent(inputs[200:], max_samples=100)
    theirs = shap.LinearExplainer(native, masker).shap_values(inputs[:5])
    np.testing.assert_allclose(found.values, theirs, atol=1e-9)


def test_gaussian_values_are_the_mean_gain_over_orders_in_conditional_means() -> None:
    known, shown = correlated(), correlated(305)[300:]
    native = LinearRegression().fit(known, known @ np.array([1.0, -2.0, 0.5, 3.0]))
    mean, spread = known.mean().to_numpy(), np.cov(known.T)
    found = LinearExplainer(correlation="gaussian").explain(SklearnPredictor(native, []), shown, known)

    def worth(row: np.ndarray, held: tuple[int, ...]) -> float:
        inside, expected = list(held), mean.copy()
        if inside:
            gap = np.linalg.solve(spread[np.ix_(inside, inside)], row[inside] - mean[inside])
            expected = mean + spread[:, inside] @ gap
        return float(native.predict(pd.DataFrame([expected], columns=known.columns))[0])

    for place, row in enumerate(shown.to_numpy()):
        by_hand = np.zeros(4)
        for order in permutations(range(4)):
            for step, column in enumerate(order):
                by_hand[column] += (worth(row, order[: step + 1]) - worth(row, order[:step])) / 24
        np.testing.assert_allclose(found.values[place, :, 0], by_hand, atol=1e-9)


def test_gaussian_copies_of_a_column_share_equally_and_independent_ones_do_not() -> None:
    inputs = correlated()[["a"]].assign(copy=lambda table: 1000 * table["a"])
    native = LinearRegression().fit(inputs[["a"]].assign(copy=np.arange(300.0) % 7), 3 * inputs["a"])
    native.coef_ = np.array([3.0, 0.0])
    model = Model(SklearnPredictor(native, []), inputs)
    shared = model.explain(inputs[:5], LinearExplainer(correlation="gaussian")).values[:, :, 0]
    alone = model.explain(inputs[:5], LinearExplainer()).values[:, :, 0]
    np.testing.assert_allclose(shared[:, 0], shared[:, 1], atol=1e-9)
    np.testing.assert_allclose(shared.sum(axis=1), alone[:, 0], atol=1e-9)
    assert (alone[:, 1] == 0).all()


def test_gaussian_values_without_correlation_are_the_independent_ones() -> None:
    signs = np.array([[one, two, three] for one in (-1, 1) for two in (-1, 1) for three in (-1, 1)], float)
    inputs = pd.DataFrame(signs, columns=list("abc"))
    predictor = SklearnPredictor(LinearRegression().fit(inputs, inputs @ np.array([1.0, 2.0, 3.0])), [])
    joint = LinearExplainer(correlation="gaussian").explain(predictor, inputs, inputs)
    alone = LinearExplainer(correlation="independent").explain(predictor, inputs, inputs)
    np.testing.assert_allclose(joint.values, alone.values, atol=1e-12)


def test_gaussian_values_fold_encoded_columns_and_add_up() -> None:
    inputs = mixed()
    native = piped(LogisticRegression()).fit(inputs, inputs["a"] + inputs["b"] > 3)
    model = Model(SklearnPredictor(native, []), inputs)
    found = model.explain(inputs[:20], LinearExplainer(correlation="gaussian"))
    assert found.columns == [*"abcd", "k"]
    assert np.abs(found.residual).max() < 1e-9
    assert "gaussian" in found.method


def test_gaussian_values_of_many_columns_are_refused() -> None:
    inputs = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 13))).rename(columns=str)
    predictor = SklearnPredictor(LinearRegression().fit(inputs, inputs["0"]), [])
    with pytest.raises(ModelError, match="exact for at most 12 columns, and the model has 13"):
        LinearExplainer(correlation="gaussian").explain(predictor, inputs[:1], inputs)


@pytest.mark.parametrize("core", [PoissonRegressor(), GammaRegressor(), TweedieRegressor(power=1.5)])
def test_models_with_a_log_link_are_explained_in_logarithms(core: Any) -> None:
    inputs = correlated()
    native = core.fit(inputs, np.random.default_rng(0).poisson(np.exp(inputs["a"] / 2)) + 1)
    found = Model(SklearnPredictor(native, []), inputs).explain(inputs[:9], LinearExplainer())
    assert found.unit == "margin"
    np.testing.assert_allclose(np.exp(found.prediction[:, 0]), native.predict(inputs[:9]))
    by_hand = (inputs[:9] - inputs.mean()) * native.coef_
    np.testing.assert_allclose(found.values[:, :, 0], by_hand, atol=1e-12)


def test_linear_discriminants_of_three_classes_add_up() -> None:
    inputs = correlated()
    native = LinearDiscriminantAnalysis().fit(inputs, (inputs["a"] > 1).astype(int) + (inputs["c"] > 3))
    found = Model(SklearnPredictor(native, []), inputs).explain(inputs[:9], LinearExplainer())
    np.testing.assert_allclose(found.prediction, native.decision_function(inputs[:9]))
    assert np.abs(found.residual).max() < 1e-9


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_xgboosts_linear_booster_is_explained_by_its_coefficients(classes: int) -> None:
    inputs = correlated().assign(d=lambda table: table["d"].mask(table["d"] > 6))
    if classes:
        targets = (inputs["a"] > 1).astype(int) + ((inputs["c"] > 3) if classes == 3 else 0)
        native: Any = xgb.XGBClassifier(booster="gblinear", n_estimators=20).fit(inputs, targets)
    else:
        native = xgb.XGBRegressor(booster="gblinear", n_estimators=20).fit(inputs, inputs["a"] + 3)
    predictor = XgboostPredictor(native, inputs.columns.tolist(), [*range(classes)])
    assert LinearExplainer().serves(predictor)
    found = Model(predictor, inputs).explain(inputs[:9], LinearExplainer())
    filled = inputs.fillna(0.0)
    weights = np.asarray(native.coef_).reshape(4, -1)
    by_hand = (filled[:9] - filled.mean()).to_numpy()[:, :, np.newaxis] * weights
    np.testing.assert_allclose(found.values, by_hand, atol=1e-5)
    behind = Model(SklearnPredictor(native, inputs.columns.tolist()), inputs).explain(
        inputs[:9], LinearExplainer()
    )
    np.testing.assert_allclose(behind.values, found.values, atol=1e-5)


def test_trees_and_cells_without_a_number_are_refused() -> None:
    inputs = correlated()
    trees = xgb.XGBRegressor(n_estimators=2).fit(inputs, inputs["a"])
    assert not LinearExplainer().serves(XgboostPredictor(trees, inputs.columns.tolist(), []))
    linear = xgb.XGBRegressor(booster="gblinear", n_estimators=2).fit(inputs, inputs["a"])
    with pytest.raises(ModelError, match="takes finite numbers"):
        LinearExplainer().explain(
            XgboostPredictor(linear, inputs.columns.tolist(), []), inputs[:2].assign(a=np.inf), inputs
        )
