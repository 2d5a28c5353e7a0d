"""LIME against the package `lime`, scikit-learn's ridge, and laws of a surrogate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from lime.lime_base import LimeBase
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from churn import churn
from clocks import cpu_seconds, takes_at_most
from mxt.errors import ModelError
from mxt.explainers.base import join
from mxt.explainers.lime import LimeExplainer, proximity
from mxt.models import Model
from mxt.models.random_forest import RandomForestRecipe
from mxt.predictors.sklearn import SklearnPredictor
from mxt.stats.intervals import interval
from mxt.stats.surrogates import fit_few, fit_surrogate, stability


@pytest.fixture(scope="module")
def classified() -> tuple[Any, pd.DataFrame]:
    inputs, targets = make_classification(1500, 20, n_informative=10, random_state=0)
    frame = pd.DataFrame(inputs, columns=[f"c{place}" for place in range(20)])
    return RandomForestClassifier(30, max_depth=8, random_state=0).fit(frame, targets), frame


def test_the_surrogate_is_scikit_learns_weighted_ridge() -> None:
    chance = np.random.default_rng(0)
    data, weights = chance.integers(0, 2, (500, 7)).astype(float), chance.uniform(0.1, 1, 500)
    targets = np.column_stack([data @ np.arange(7) + chance.normal(size=500), data[:, 0] * data[:, 1]])
    fit = fit_surrogate(data, weights, targets)
    for output in range(2):
        ridge = Ridge(alpha=1).fit(data, targets[:, output], sample_weight=weights)
        np.testing.assert_allclose(fit.coefficients[:, output], ridge.coef_, atol=1e-12)
        np.testing.assert_allclose(fit.intercept[output], ridge.intercept_, atol=1e-12)
        score = ridge.score(data, targets[:, output], sample_weight=weights)
        np.testing.assert_allclose(fit.fidelity[output], score, atol=1e-12)


@pytest.mark.parametrize("count", [20, 10])
def test_limes_own_perturbations_give_limes_own_answer(classified: Any, count: int) -> None:
    native, frame = classified
    explainer = LimeTabularExplainer(frame.to_numpy(), random_state=1)
    drawn: dict[str, np.ndarray] = {}

    class Spy(LimeBase):  # type: ignore[misc] # lime is untyped
        def explain_instance_with_data(self, data: Any, labels: Any, *others: Any, **options: Any) -> Any:
            drawn.update(data=data, labels=labels)
            return super().explain_instance_with_data(data, labels, *others, **options)

    explainer.base = Spy(explainer.base.kernel_fn, random_state=explainer.random_state)
    answer = explainer.explain_instance(
        frame.to_numpy()[3],
        lambda rows: native.predict_proba(pd.DataFrame(rows, columns=frame.columns)),
        num_features=count,
        num_samples=1000,
    )
    same = (drawn["data"] == drawn["data"][0]).astype(float)
    weights, targets = proximity(same), drawn["labels"][:, [1]]
    fit = fit_surrogate(same, weights, targets) if count == 20 else fit_few(same, weights, targets, count)
    own = np.zeros(20)
    for place, weight in answer.local_exp[1]:
        own[place] = weight
    np.testing.assert_allclose(fit.coefficients[:, 0], own, atol=1e-10)
    np.testing.assert_allclose(fit.intercept[0], answer.intercept[1], atol=1e-10)
    np.testing.assert_allclose(fit.fidelity[0], answer.score, atol=1e-10)


def test_weights_agree_with_limes_over_many_samples(classified: Any) -> None:
    native, frame = classified
    explainer = LimeTabularExplainer(frame.to_numpy(), random_state=0)
    shown = frame[:4]
    found = LimeExplainer(samples=15000).explain(SklearnPredictor(native, []), shown, frame)
    for place in range(4):
        answer = explainer.explain_instance(
            shown.to_numpy()[place],
            lambda rows: native.predict_proba(pd.DataFrame(rows, columns=frame.columns)),
            num_features=20,
            num_samples=15000,
        )
        theirs = np.array([weight for _, weight in sorted(answer.local_exp[1])])
        assert np.corrcoef(found.values[place, :, 0], theirs)[0, 1] > 0.97
        assert abs(found.fit["fidelity"][place, 0] - answer.score) < 0.05  # type: ignore[index] # LIME has a fit


def test_a_model_of_bins_is_told_whole() -> None:
    inputs = pd.DataFrame(np.random.default_rng(0).normal(size=(800, 3)), columns=["a", "b", "c"])
    middle = float(inputs["a"].median())
    step = FunctionTransformer(lambda x: (x[["a"]] <= middle).astype(float))
    native = make_pipeline(step, LinearRegression()).fit(inputs, inputs["a"] <= middle)
    found = LimeExplainer().explain(SklearnPredictor(native, inputs.columns.tolist()), inputs[:20], inputs)
    others = np.abs(found.values[:, 1:, 0])
    assert (np.abs(found.values[:, 0, 0]) > 0.5).all()  # one quartile of the two that give the same answer
    assert others.max() < 0.05
    np.testing.assert_array_equal(np.sign(found.values[:, 0, 0]), np.where(inputs["a"][:20] <= middle, 1, -1))


def test_standard_errors_tell_the_spread_over_seeds(classified: Any) -> None:
    native, frame = classified
    predictor = SklearnPredictor(native, [])
    runs = [LimeExplainer(samples=1000, seed=seed).explain(predictor, frame[:3], frame) for seed in range(25)]
    spread = np.std([run.values for run in runs], axis=0, ddof=1)
    told = np.mean([np.asarray(run.standard_error) for run in runs], axis=0)
    assert 0.85 < spread.mean() / told.mean() < 1.15


@pytest.mark.parametrize("samples", [60, 100, 200])
def test_intervals_hold_where_samples_are_few(samples: int) -> None:
    """The truth is the mean over draws, since a ridge is drawn towards 0 where samples are few."""
    chance = np.random.default_rng(samples)
    line, pairs = chance.normal(size=20), chance.normal(size=(20, 20)) / 20**0.5
    values, errors = [], []
    for _ in range(300):
        same = (chance.random((samples, 20)) < 0.3).astype(float)
        targets = 1 / (1 + np.exp(-(same @ line + ((same @ pairs) * same).sum(axis=1))))
        fit = fit_surrogate(same, proximity(same), targets[:, np.newaxis])
        values.append(fit.coefficients)
        errors.append(fit.standard_error)
    found = interval(np.array(values), np.array(errors), samples - 21)
    truth = np.mean(values, axis=0)
    assert 0.93 <= np.mean((found.low <= truth) & (truth <= found.high)) <= 0.99


def test_columns_that_a_surrogate_uses_cost_degrees_of_freedom(classified: Any) -> None:
    native, frame = classified
    predictor = SklearnPredictor(native, [])
    found = [
        LimeExplainer(samples=60, columns=used).explain(predictor, frame[:1], frame) for used in (None, 7)
    ]
    assert [explanation.freedom for explanation in found] == [39, 52]


def test_samples_as_few_as_columns_say_nothing_of_the_error() -> None:
    data, targets = np.eye(4)[[0, 1, 2, 3, 0]], np.arange(5.0)[:, np.newaxis]
    assert np.isnan(fit_surrogate(data, np.ones(5), targets).standard_error).all()
    fit = fit_surrogate(data[:, :3], np.ones(5), targets)
    assert np.isfinite(fit.standard_error).all()


def test_standard_errors_are_those_of_leaving_each_sample_out() -> None:
    """Each sample's misfit to the surrogate of all others, in the sandwich of White."""
    chance = np.random.default_rng(0)
    data, weights = chance.integers(0, 2, (40, 6)).astype(float), chance.uniform(0.2, 1, 40)
    targets = data @ np.arange(6.0)[:, np.newaxis] + chance.normal(size=(40, 1))
    centred = data - np.average(data, axis=0, weights=weights)
    inverse = np.linalg.inv(centred.T @ (weights[:, np.newaxis] * centred) + np.eye(6))
    moves = []
    for place in range(40):
        others = np.arange(40) != place
        fit = fit_surrogate(data[others], weights[others], targets[others])
        misfit = targets[place] - fit.intercept - data[place] @ fit.coefficients
        moves.append(inverse @ centred[place] * weights[place] * misfit)
    by_hand = np.sqrt((np.array(moves) ** 2).sum(axis=0))
    found = fit_surrogate(data, weights, targets)
    np.testing.assert_allclose(found.standard_error[:, 0], by_hand, rtol=1e-10)


def test_more_samples_are_more_stable_and_halves_that_agree_are_fully_so(classified: Any) -> None:
    native, frame = classified
    predictor = SklearnPredictor(native, [])
    few, many = (LimeExplainer(samples=n).explain(predictor, frame[:20], frame).fit for n in (100, 8000))
    assert few is not None
    assert many is not None
    assert few["stability"].mean() + 0.2 < many["stability"].mean()
    coefficients = np.arange(12.0).reshape(12, 1)
    assert stability(coefficients, coefficients) == 1
    assert stability(coefficients, coefficients[::-1]) == 0
    # 7 to 11 lead in one, 9 to 11 and two others in the other: 3 of 7.
    other = coefficients.copy()
    other[[7, 8, 0, 1]] = np.array([[0], [0], [7.5], [8.5]])
    assert stability(coefficients, other) == pytest.approx(3 / 7)


def test_a_row_gets_the_same_bytes_in_two_runs_in_any_order_and_any_part() -> None:
    chance = np.random.default_rng(0)
    inputs = pd.DataFrame(chance.normal(size=(300, 6)), columns=list("abcdef"))
    native = LogisticRegression().fit(inputs, inputs["a"] * inputs["b"] > 0)
    predictor, explainer, shown = SklearnPredictor(native, []), LimeExplainer(samples=500), inputs[250:]
    whole = explainer.explain(predictor, shown, inputs[:250])
    backwards = explainer.explain(predictor, shown[::-1], inputs[:250])
    parts = join([explainer.explain(predictor, shown[at : at + 7], inputs[:250]) for at in range(0, 50, 7)])
    assert whole.values.tobytes() == backwards.values[::-1].tobytes() == parts.values.tobytes()
    assert whole.base.tobytes() == parts.base.tobytes()
    assert whole.fit is not None
    assert parts.fit is not None
    assert whole.fit["stability"].tobytes() == parts.fit["stability"].tobytes()
    assert whole.prediction.tobytes() == parts.prediction.tobytes()


def test_every_type_of_column_is_explained_and_told_in_a_table() -> None:
    inputs, targets = churn(300)
    inputs = inputs.drop(columns="TotalCharges")
    model = RandomForestRecipe(trees=10, depth=4).fit(inputs, targets)
    model = Model(model.predictor, inputs[100:].assign(tenure=inputs["tenure"].where(inputs["tenure"] > 3)))
    table = model.explain_samples(inputs[:5], LimeExplainer(samples=300, columns=4))
    assert ((table[inputs.columns.tolist()] != 0).sum(axis=1) <= 4).all()
    assert table["fidelity"].between(0, 1).all()
    assert table["stability"].between(0, 1).all()
    surrogate = table["base_value"] + table[inputs.columns.tolist()].sum(axis=1)
    np.testing.assert_allclose(table["residual"], surrogate - table["prediction"], atol=1e-12)
    explanation = model.explain(inputs[:5], LimeExplainer(samples=300))
    assert explanation.to_shap(inputs[:5]).base_values.shape == (5,)


@pytest.mark.slow
def test_it_is_faster_than_lime_at_equal_samples(classified: Any) -> None:
    native, frame = classified
    explainer, predictor = (
        LimeTabularExplainer(frame.to_numpy(), random_state=0),
        SklearnPredictor(native, []),
    )
    shown = frame[:10]

    def theirs(rows: int) -> None:
        for place in range(rows):
            explainer.explain_instance(
                shown.to_numpy()[place],
                lambda rows: native.predict_proba(pd.DataFrame(rows, columns=frame.columns)),
                num_features=20,
                num_samples=5000,
            )

    theirs(1)
    takes_at_most(
        0.5,
        lambda: cpu_seconds(lambda: LimeExplainer().explain(predictor, shown, frame)),
        lambda: cpu_seconds(lambda: theirs(10)),
    )


def test_a_surrogate_without_a_number_or_a_background_is_refused(classified: Any) -> None:
    native, frame = classified
    with pytest.raises(ModelError, match="keeps none"):
        LimeExplainer().explain(SklearnPredictor(native, []), frame[:2], None)
    found = LimeExplainer(samples=50).explain(SklearnPredictor(native, []), frame[:2], frame)
    with pytest.raises(ModelError, match="2 of 2 rows are not finite"):
        type(found)(**{**vars(found), "values": found.values * np.nan}).checked()
