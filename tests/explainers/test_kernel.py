"""Kernel SHAP against enumeration, against shap, and against its own standard errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression

from games import counted, largest, products
from mxt.errors import ModelError
from mxt.explainers.base import join
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.explainers.kernel import KernelExplainer
from mxt.models import Model
from mxt.predictors.sklearn import SklearnPredictor
from sweeps import trials

if TYPE_CHECKING:
    from collections.abc import Callable

    from games import Known


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
    theirs = shap.KernelExplainer(predictor.native.predict, inputs[40:55])
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


@pytest.mark.parametrize(
    "game", [products, *(pytest.param(game, marks=pytest.mark.slow) for game in (largest, counted))]
)
def test_the_mean_of_many_estimates_is_the_exact_value(game: Callable[[int], Known]) -> None:
    known = game(10)
    found = KernelExplainer(coalitions=60).explain(known.predictor, known.rows(800), known.background)
    errors = found.values[:, :, 0] - known.values
    scores = errors.mean(axis=0) / errors.std(axis=0, ddof=1) * len(errors) ** 0.5
    assert np.sqrt((scores**2).mean()) < 1.7  # the plain regression: 4.7, 4.2 and 1.2


def coverage(known: Known, coalitions: int, rows: int) -> tuple[float, float]:
    """How often an interval of the table, and one of 1.96 standard errors, holds the exact value."""
    found = KernelExplainer(coalitions=coalitions).explain(
        known.predictor, known.rows(rows), known.background
    )
    assert found.intervals is not None
    assert found.standard_error is not None
    low, high = found.intervals.low[:, :, 0], found.intervals.high[:, :, 0]
    normal = np.abs(found.values[:, :, 0] - known.values) <= 1.96 * found.standard_error[:, :, 0]
    return float(((low <= known.values) & (known.values <= high)).mean()), float(normal.mean())


@pytest.mark.parametrize("game", [products, largest])
@pytest.mark.parametrize(("columns", "coalitions", "rows"), [(10, 50, 200), (10, 60, 200), (300, 2048, 2)])
def test_intervals_hold_the_exact_value_where_coalitions_are_few(
    columns: int, coalitions: int, rows: int, game: Callable[[int], Known]
) -> None:
    held, normal = coverage(game(columns), coalitions, rows)
    assert 0.92 <= held <= 0.99
    assert 0.91 <= normal <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("game", [products, largest, counted])
@pytest.mark.parametrize(
    ("columns", "coalitions", "usual", "full"),
    [
        (10, 50, 1000, 4000),
        (10, 60, 1000, 4000),
        (10, 200, 500, 2000),
        (20, 100, 500, 2000),
        (100, 420, 60, 200),
        (100, 2048, 60, 200),
        (300, 2048, 20, 100),
        (500, 2048, 12, 60),
    ],
)
def test_intervals_hold_93_to_99_percent(
    columns: int, coalitions: int, usual: int, full: int, game: Callable[[int], Known]
) -> None:
    held, _ = coverage(game(columns), coalitions, trials(usual, full))
    assert 0.93 <= held <= 0.99


@pytest.mark.parametrize(("columns", "coalitions"), [(10, 24), (10, 40), (30, 118), (6, 30)])
def test_too_few_drawn_pairs_say_nothing_of_the_error(columns: int, coalitions: int) -> None:
    known = products(columns)
    model = Model(known.predictor, known.background)
    found = model.explain(known.row, KernelExplainer(coalitions=coalitions))
    assert np.isnan(np.asarray(found.standard_error)).all()
    assert np.abs(found.residual).max() < 1e-12
    assert "drawn (too few for a standard error)" in found.method
    table = model.explain_samples(known.row, KernelExplainer(coalitions=coalitions))
    assert table.filter(like="standard_error_").isna().all(axis=None)


def test_each_of_several_classes_has_the_interval_of_its_own() -> None:
    inputs = numbers(200, 9)
    target = (inputs["c0"] * inputs["c1"] * inputs["c2"] > 0).astype(int) + (inputs["c3"] > 0.5)
    native = RandomForestClassifier(10, max_depth=6, random_state=0).fit(inputs, target)
    predictor = SklearnPredictor(native, [])
    exact = EnumerationExplainer(background_rows=5).explain(predictor, inputs[:30], inputs)
    found = KernelExplainer(coalitions=80, background_rows=5).explain(predictor, inputs[:30], inputs)
    assert found.intervals is not None
    assert found.values.shape == (30, 9, 3)
    np.testing.assert_allclose(found.values.sum(axis=2), 0, atol=1e-12)
    held = (found.intervals.low <= exact.values) & (exact.values <= found.intervals.high)
    assert (held.mean(axis=(0, 1)) > 0.9).all()


def test_too_few_coalitions_are_refused_with_the_number_needed() -> None:
    inputs = numbers(60, 9)
    with pytest.raises(ModelError, match="needs 22 coalitions for 9 columns, not 21"):
        KernelExplainer(coalitions=21).explain(forest(inputs), inputs[:1], inputs)
