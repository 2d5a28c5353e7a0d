"""Permutation SHAP against enumeration, against shap, and against its own standard errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from churn import churn
from clocks import cpu_seconds, takes_at_most
from mxt.errors import DataError, ModelError
from mxt.explainers.base import join
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.explainers.permutation import PermutationExplainer
from mxt.models import Model
from mxt.predictors.sklearn import SklearnPredictor
from mxt.schemas import SHAPValuesSchema
from sweeps import trials

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.explainers.base import Explanation


def numbers(rows: int, columns: int) -> pd.DataFrame:
    drawn = np.random.default_rng(1).normal(size=(rows, columns))
    return pd.DataFrame(drawn, columns=[f"c{place}" for place in range(columns)])


@pytest.fixture(scope="module")
def curved() -> tuple[SklearnPredictor, pd.DataFrame]:
    inputs = numbers(200, 6)
    target = inputs["c0"] * inputs["c1"] + np.sin(3 * inputs["c2"]) * inputs["c3"] + inputs["c4"]
    return SklearnPredictor(
        RandomForestRegressor(10, max_depth=6, random_state=0).fit(inputs, target), []
    ), inputs


def test_values_of_a_linear_model_are_exact_with_one_order_already() -> None:
    inputs = numbers(60, 5)
    native = LinearRegression().fit(inputs, inputs @ np.array([1.0, -2.0, 3.0, 0.0, 5.0]))
    found = PermutationExplainer(orders=1).explain(SklearnPredictor(native, []), inputs[:4], inputs[10:])
    by_hand = (inputs[:4] - inputs[10:].mean()) * native.coef_
    np.testing.assert_allclose(found.values[:, :, 0], by_hand, atol=1e-12)
    assert found.standard_error is None


def test_values_of_pairwise_interactions_are_exact_with_one_order_already() -> None:
    inputs = numbers(40, 4)
    products = FunctionTransformer(lambda x: np.column_stack([x, x["c0"] * x["c1"], x["c2"] * x["c3"]]))
    native = make_pipeline(products, LinearRegression())
    native.fit(inputs, inputs["c0"] * inputs["c1"] - inputs["c2"] * inputs["c3"])
    predictor = SklearnPredictor(native, inputs.columns.tolist())
    sampled = PermutationExplainer(orders=3).explain(predictor, inputs[:3], inputs)
    exact = EnumerationExplainer().explain(predictor, inputs[:3], inputs)
    np.testing.assert_allclose(sampled.values, exact.values, atol=1e-12)
    assert sampled.standard_error is not None
    assert sampled.standard_error.max() < 1e-12


def test_values_come_as_near_to_the_exact_ones_as_their_standard_error_says(curved: Any) -> None:
    predictor, inputs = curved
    exact = EnumerationExplainer(background_rows=20).explain(predictor, inputs[:30], inputs)
    sampled = PermutationExplainer(orders=12, background_rows=20).explain(predictor, inputs[:30], inputs)
    assert sampled.standard_error is not None
    scores = ((sampled.values - exact.values) / sampled.standard_error).ravel()
    assert 0.85 < np.sqrt((scores**2).mean()) < 1.35  # Student's t of 11 degrees has 1.11
    assert 0.90 < (np.abs(scores) < 2.2).mean() < 0.99


def test_an_interval_is_students_with_one_order_less(curved: Any) -> None:
    predictor, inputs = curved
    model = Model(predictor, inputs)
    found = model.explain(inputs[:5], PermutationExplainer(orders=10, background_rows=5))
    table = model.samples_table(found, inputs[:5])
    assert (table["degrees_of_freedom"] == 9).all()
    assert found.intervals is not None
    reach = (
        2.262157 * table["standard_error_c3"]
    )  # the 97.5 % quantile of 9 degrees in any table of Student's t
    np.testing.assert_allclose(found.intervals.low[:, 3, 0], table["c3"] - reach, rtol=1e-5)
    np.testing.assert_allclose(found.intervals.high[:, 3, 0], table["c3"] + reach, rtol=1e-5)


def test_two_orders_say_nothing_of_the_error(curved: Any) -> None:
    predictor, inputs = curved
    model = Model(predictor, inputs)
    found = model.explain(inputs[:5], PermutationExplainer(orders=2, background_rows=5))
    assert np.isnan(np.asarray(found.standard_error)).all()
    assert found.method.startswith("Permutation SHAP, 2 orders and their reverses (too few for a standard")
    table = model.samples_table(found, inputs[:5])
    assert table.filter(like="standard_error_").isna().all(axis=None)
    assert table[predictor.columns].notna().all(axis=None)


def test_a_table_without_degrees_of_freedom_can_be_read(curved: Any) -> None:
    predictor, inputs = curved
    table = Model(predictor, inputs).explain_samples(inputs[:5], PermutationExplainer(orders=3))
    older = table.drop(columns="degrees_of_freedom")
    assert SHAPValuesSchema.check(older) is older


def sigmoid() -> tuple[SklearnPredictor, pd.DataFrame]:
    inputs = numbers(400, 10)
    native = LogisticRegression(C=100).fit(inputs, inputs.sum(axis=1) + inputs["c0"] > 0)
    return SklearnPredictor(native, []), inputs


def grown() -> tuple[SklearnPredictor, pd.DataFrame]:
    inputs = numbers(400, 10)
    target = inputs["c0"] * inputs["c1"] * inputs["c2"] + np.sin(3 * inputs["c3"]) * inputs["c4"]
    target += np.tanh(inputs @ np.linspace(-1, 1, 10))
    return SklearnPredictor(
        RandomForestRegressor(10, max_depth=8, random_state=0).fit(inputs, target), []
    ), inputs


def coverage(predictor: SklearnPredictor, inputs: pd.DataFrame, orders: int, rows: int) -> float:
    """How often an interval holds the exact value, over rows under several ids each."""
    held = []
    for place in range(4):
        row = inputs.iloc[[place]]
        exact = EnumerationExplainer(background_rows=10).explain(predictor, row, inputs[100:])
        found = PermutationExplainer(orders=orders, background_rows=10).explain(
            predictor, pd.concat([row] * rows, ignore_index=True), inputs[100:]
        )
        assert found.intervals is not None
        held.append((found.intervals.low <= exact.values) & (exact.values <= found.intervals.high))
    return float(np.mean(held))


@pytest.mark.parametrize("orders", [5, 10])
def test_intervals_hold_the_exact_value_where_orders_are_few(orders: int) -> None:
    predictor, inputs = sigmoid()
    assert 0.93 <= coverage(predictor, inputs, orders, 50) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("orders", [5, 10, 40])
@pytest.mark.parametrize("model", [sigmoid, grown])
def test_intervals_hold_93_to_97_percent(
    model: Callable[[], tuple[SklearnPredictor, pd.DataFrame]], orders: int
) -> None:
    predictor, inputs = model()
    assert 0.93 <= coverage(predictor, inputs, orders, trials(300, 2000)) <= 0.97


def test_the_sum_is_the_librarys_own_prediction_for_every_type_of_column() -> None:
    inputs, targets = churn(300)
    inputs = inputs.assign(
        tenure=inputs["tenure"].astype("Int64").mask(inputs["tenure"] > 60),
        Contract=inputs["Contract"].astype("category"),
        paperless=inputs["paperless"].astype("boolean").mask(inputs["tenure"] < 5),
    )[["tenure", "TotalCharges", "Contract", "gender", "paperless"]]
    plain = FunctionTransformer(lambda x: x.astype("float64"), feature_names_out="one-to-one")
    encoding = make_column_transformer(
        (make_pipeline(plain, SimpleImputer()), ["tenure", "TotalCharges", "paperless"]),
        (OneHotEncoder(sparse_output=False), ["Contract", "gender"]),
    )
    native = make_pipeline(encoding, RandomForestClassifier(10, max_depth=5)).fit(inputs, targets)
    background = inputs.iloc[100:].assign(
        Contract=inputs["Contract"]
        .iloc[100:]
        .cat.reorder_categories(["Two year", "One year", "Month-to-month"])
    )
    model = Model(SklearnPredictor(native, []), background)
    found = model.explain(inputs[:8], PermutationExplainer(orders=2, background_rows=10))
    assert np.abs(found.residual).max() < 1e-12
    assert found.unit == "probability"
    np.testing.assert_array_equal(found.prediction[:, 0], native.predict_proba(inputs[:8])[:, 1])
    assert "standard_error_tenure" in model.explain_samples(
        inputs[:2], PermutationExplainer(orders=2, background_rows=10)
    )


def same_bytes(first: Explanation, second: Explanation) -> bool:
    return (
        first.values.tobytes() == second.values.tobytes()
        and first.prediction.tobytes() == second.prediction.tobytes()
        and np.asarray(first.standard_error).tobytes() == np.asarray(second.standard_error).tobytes()
    )


@pytest.mark.parametrize("ids", [range(100, 130), [f"id-{place}" for place in range(30)]])
def test_a_row_gets_the_same_bytes_in_any_order_and_any_part(ids: Any) -> None:
    inputs = numbers(230, 6)
    native = LogisticRegression().fit(inputs, inputs["c0"] * inputs["c1"] > 0)
    predictor, explainer = SklearnPredictor(native, []), PermutationExplainer(orders=3, seed=5)
    shown = inputs[200:].set_axis(pd.Index(ids))
    whole = explainer.explain(predictor, shown, inputs[:200])
    order = np.random.default_rng(0).permutation(30)
    turned = explainer.explain(predictor, shown.iloc[order], inputs[:200])
    back = np.argsort(order)
    assert whole.values.tobytes() == turned.values[back].tobytes()
    parts = [explainer.explain(predictor, shown.iloc[at : at + 7], inputs[:200]) for at in range(0, 30, 7)]
    assert same_bytes(whole, join(parts))


def test_the_chance_of_a_row_is_its_ids_and_the_seeds(curved: Any) -> None:
    predictor, inputs = curved
    twice = inputs.iloc[[0, 0]].set_axis(pd.Index([7, 8]))
    first = PermutationExplainer(orders=2, seed=1).explain(predictor, twice, inputs[:50])
    second = PermutationExplainer(orders=2, seed=2).explain(predictor, twice, inputs[:50])
    as_text = PermutationExplainer(orders=2, seed=1).explain(
        predictor, twice.set_axis(pd.Index(["7", "8"])), inputs[:50]
    )
    assert not np.array_equal(first.values[0], first.values[1])
    assert not np.array_equal(first.values, second.values)
    assert first.values.tobytes() == as_text.values.tobytes()


@pytest.mark.slow  # numba compiles shap's masks for ten seconds
def test_it_agrees_with_shap_within_both_their_errors_and_costs_no_more() -> None:
    inputs = numbers(300, 12)
    target = inputs["c0"] * inputs["c1"] * inputs["c2"] + inputs["c3"]
    native = RandomForestRegressor(10, max_depth=6, random_state=0).fit(inputs, target)
    predictor, shown, known = SklearnPredictor(native, []), inputs[:4], inputs[100:140]
    masker = shap.maskers.Independent(known, max_samples=40)
    theirs = shap.PermutationExplainer(native.predict, masker, seed=0)
    theirs(shown[:1], max_evals=25, silent=True)
    ours = PermutationExplainer(orders=30, background_rows=40)
    reference = theirs(shown, max_evals=30 * 25, silent=True)
    found = ours.explain(predictor, shown, known)
    assert found.standard_error is not None
    gaps = np.abs(found.values[:, :, 0] - reference.values)
    assert (gaps <= 6 * found.standard_error[:, :, 0] + 1e-9).all()
    np.testing.assert_allclose(found.base, reference.base_values[0])
    takes_at_most(
        1.0,
        lambda: cpu_seconds(lambda: ours.explain(predictor, shown, known)),
        lambda: cpu_seconds(lambda: theirs(shown, max_evals=30 * 25, silent=True)),
    )


def test_what_cannot_be_explained_is_told_in_a_sentence(curved: Any) -> None:
    predictor, inputs = curved
    explainer = PermutationExplainer()
    with pytest.raises(ModelError, match="the model keeps none"):
        explainer.explain(predictor, inputs[:2], None)
    with pytest.raises(ModelError, match="the model keeps none"):
        explainer.explain(predictor, inputs[:2], inputs[:0])
    with pytest.raises(ModelError, match=r"\['c2'\] hold infinite numbers"):
        explainer.explain(predictor, inputs[:2].assign(c2=np.inf), inputs)
    with pytest.raises(ModelError, match=r"\['c3'\] hold infinite numbers"):
        explainer.explain(predictor, inputs[:2], inputs.assign(c3=-np.inf))
    with pytest.raises(DataError, match=r"needs the columns \['c5'\]"):
        explainer.explain(predictor, inputs[:2].drop(columns="c5"), inputs)


def test_a_model_that_predicts_no_number_is_refused() -> None:
    inputs = numbers(20, 2)
    blind = FunctionTransformer(lambda x: x * 0)
    native = make_pipeline(blind, LinearRegression()).fit(inputs, inputs["c0"])
    native[-1].intercept_ = np.nan
    with pytest.raises(ModelError, match="not finite"):
        PermutationExplainer().explain(SklearnPredictor(native, inputs.columns.tolist()), inputs[:2], inputs)


def test_no_rows_give_an_empty_explanation(curved: Any) -> None:
    predictor, inputs = curved
    assert PermutationExplainer().explain(predictor, inputs[:0], inputs).values.shape == (0, 6, 1)


def test_a_source_column_named_as_anothers_standard_errors_has_a_longer_name() -> None:
    inputs = numbers(30, 2).set_axis(["a", "standard_error_a"], axis=1)
    model = Model(SklearnPredictor(LinearRegression().fit(inputs, inputs["a"]), []), inputs)
    assert list(model.explain_samples(inputs[:1], PermutationExplainer(orders=1)).columns).count("a") == 1
    sampled = model.explain_samples(inputs[:1], PermutationExplainer(orders=2))
    assert [*sampled.columns][-2:] == ["standard_error_a", "standard_error_standard_error_a"]


def test_categories_of_the_rows_and_of_the_background_may_differ() -> None:
    known = pd.DataFrame({"k": pd.Categorical(list("uvuvw")), "n": range(5)})
    shown = pd.DataFrame({"k": pd.Categorical(list("wv")), "n": [7, 8]})
    native = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["k"]), remainder="passthrough"), LinearRegression()
    ).fit(known, [1.0, 2.0, 1.5, 2.5, 9.0])
    found = PermutationExplainer(orders=1).explain(SklearnPredictor(native, []), shown, known)
    np.testing.assert_array_equal(found.prediction[:, 0], native.predict(shown))
    exact = EnumerationExplainer().explain(SklearnPredictor(native, []), shown, known)
    np.testing.assert_allclose(found.values, exact.values, atol=1e-12)
