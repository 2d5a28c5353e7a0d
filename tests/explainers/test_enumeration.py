"""Enumeration against Shapley's formula written out, and against shap."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from mxt.errors import ModelError
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.predictors.sklearn import SklearnPredictor


def numbers(rows: int, columns: int) -> pd.DataFrame:
    drawn = np.random.default_rng(3).normal(size=(rows, columns))
    return pd.DataFrame(drawn, columns=[f"c{place}" for place in range(columns)])


@pytest.mark.parametrize("classes", [0, 3])
def test_values_are_the_mean_over_all_orders_of_what_a_column_adds(classes: int) -> None:
    inputs = numbers(90, 4)
    number = inputs["c0"] * inputs["c1"] + inputs["c2"]
    native = (
        KNeighborsClassifier(5).fit(inputs, pd.qcut(number, 3, labels=False))
        if classes
        else KNeighborsRegressor(3).fit(inputs, number)
    )
    predict = native.predict_proba if classes else native.predict
    found = EnumerationExplainer().explain(SklearnPredictor(native, []), inputs[:2], inputs[50:60])
    assert found.outputs == (["0", "1", "2"] if classes else [""])
    assert np.abs(found.residual).max() < 1e-12
    for place in range(2):
        by_hand = np.zeros((4, classes or 1))
        for order in permutations(range(4)):
            mixed = inputs[50:60].copy()
            before = predict(mixed).mean(axis=0)
            for column in order:
                mixed.isetitem(column, np.full(10, inputs.iloc[place, column]))
                after = predict(mixed).mean(axis=0)
                by_hand[column] += (after - before) / 24
                before = after
        np.testing.assert_allclose(found.values[place], by_hand, atol=1e-12)


@pytest.mark.slow  # numba compiles shap's masks for ten seconds
def test_several_classes_equal_shaps_own_exact_values() -> None:
    inputs = numbers(150, 6)
    native = RandomForestClassifier(8, max_depth=4, random_state=0)
    native.fit(inputs, (inputs["c0"] > 0).astype(int) + (inputs["c1"] > 0))
    found = EnumerationExplainer(background_rows=12).explain(
        SklearnPredictor(native, []), inputs[:4], inputs[60:72]
    )
    theirs = shap.ExactExplainer(native.predict_proba, shap.maskers.Independent(inputs[60:72]))(inputs[:4])
    np.testing.assert_allclose(found.values, theirs.values, atol=1e-10)
    assert found.outputs == ["0", "1", "2"]
    assert np.abs(found.residual).max() < 1e-12


def test_one_column_takes_it_all() -> None:
    inputs = numbers(30, 1)
    native = LinearRegression().fit(inputs, inputs["c0"])
    found = EnumerationExplainer().explain(SklearnPredictor(native, []), inputs[:5], inputs)
    np.testing.assert_allclose(found.values[:, 0], found.prediction - found.base)


def test_more_than_twelve_columns_are_refused() -> None:
    inputs = numbers(30, 13)
    predictor = SklearnPredictor(LinearRegression().fit(inputs, inputs["c0"]), [])
    assert not EnumerationExplainer().serves(predictor)
    with pytest.raises(ModelError, match="at most 12 columns, and the model has 13"):
        EnumerationExplainer().explain(predictor, inputs[:1], inputs)
