"""Kernel SHAP against enumeration, against shap, and against its own standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression

from mxt.errors import ModelError
from mxt.explainers.base import join
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.explainers.kernel import KernelExplainer
from mxt.predictors.sklearn import SklearnPredictor


def numbers(rows: int, columns: int) -> pd.DataFrame:
    drawn = np.random.default_rng(2).normal(size=(rows, columns))
    return pd.DataFrame(drawn, columns=[f"c{place}" for place in range(columns)])


def forest(inputs: pd.DataFrame) -> SklearnPredictor:
    target = inputs["c0"] * inputs["c1"] * inputs["c2"] + inputs["c3"]
    return SklearnPredictor(RandomForestRegressor(10, max_depth=6, random_state=0).fit(inputs, target), [])


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 7])
def test_with_all_coalitions_it_is_enumeration(columns: int) -> None:
    inputs = numbers(120, columns)
    target = (inputs.sum(axis=1) > 0).astype(int) + (inputs["c0"] > 1)
    native = RandomForestClassifier(5, max_depth=4, random_state=0).fit(inputs, target)
    predictor = SklearnPredictor(native, [])
    exact = EnumerationExplainer(background_rows=10).explain(predictor, inputs[:3], inputs)
    found = KernelExplainer(background_rows=10).explain(predictor, inputs[:3], inputs)
    np.testing.assert_allclose(found.values, exact.values, atol=1e-9)
    assert found.standard_error is None


def test_with_all_coalitions_it_is_shaps() -> None:
    inputs = numbers(120, 8)
    predictor = forest(inputs)
    found = KernelExplainer(background_rows=15).explain(predictor, inputs[:3], inputs[40:55])
    theirs = shap.KernelExplainer(predictor.native.predict, inputs[40:55])  # type: ignore[attr-defined] # a forest
    values = theirs.shap_values(inputs[:3], nsamples=254, l1_reg=0, silent=True)
    np.testing.assert_allclose(found.values[:, :, 0], values, atol=1e-9)
    np.testing.assert_allclose(found.base[0], theirs.expected_value)


def test_values_of_a_linear_model_are_exact_with_the_fewest_coalitions() -> None:
    inputs = numbers(60, 9)
    native = LinearRegression().fit(inputs, inputs @ np.arange(9.0))
    found = KernelExplainer(coalitions=22).explain(SklearnPredictor(native, []), inputs[:4], inputs[10:60])
    by_hand = (inputs[:4] - inputs[10:60].mean()) * native.coef_
    np.testing.assert_allclose(found.values[:, :, 0], by_hand, atol=1e-10)


@pytest.mark.parametrize("coalitions", [60, 200])
def test_values_come_as_near_to_the_exact_ones_as_their_standard_error_says(coalitions: int) -> None:
    inputs = numbers(200, 9)
    predictor = forest(inputs)
    exact = EnumerationExplainer(background_rows=8).explain(predictor, inputs[:30], inputs)
    found = KernelExplainer(coalitions=coalitions, background_rows=8).explain(predictor, inputs[:30], inputs)
    assert found.standard_error is not None
    assert np.abs(found.residual).max() < 1e-12
    scores = ((found.values - exact.values) / found.standard_error).ravel()
    assert 0.7 < np.sqrt((scores**2).mean()) < 1.4


def test_more_coalitions_come_nearer() -> None:
    inputs = numbers(200, 10)
    predictor = forest(inputs)
    exact = EnumerationExplainer(background_rows=5).explain(predictor, inputs[:10], inputs)
    few, many = (
        KernelExplainer(coalitions=count, background_rows=5).explain(predictor, inputs[:10], inputs)
        for count in (50, 800)
    )
    assert np.abs(many.values - exact.values).mean() < 0.5 * np.abs(few.values - exact.values).mean()


def test_a_row_gets_the_same_bytes_in_any_order_and_any_part() -> None:
    inputs = numbers(140, 8)
    native = LinearRegression().fit(inputs, inputs["c0"] ** 2)
    explainer, shown = KernelExplainer(coalitions=60), inputs[120:].set_axis([f"r{at}" for at in range(20)])
    predictor: Any = SklearnPredictor(native, [])
    whole = explainer.explain(predictor, shown, inputs[:100])
    backwards = explainer.explain(predictor, shown[::-1], inputs[:100])
    parts = join([explainer.explain(predictor, shown[at : at + 3], inputs[:100]) for at in range(0, 20, 3)])
    assert whole.values.tobytes() == backwards.values[::-1].tobytes() == parts.values.tobytes()
    assert np.asarray(whole.standard_error).tobytes() == np.asarray(parts.standard_error).tobytes()


def test_too_few_coalitions_are_refused_with_the_number_needed() -> None:
    inputs = numbers(60, 9)
    with pytest.raises(ModelError, match="needs 22 coalitions for 9 columns, not 21"):
        KernelExplainer(coalitions=21).explain(forest(inputs), inputs[:1], inputs)
