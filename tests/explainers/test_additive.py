"""Explainable boosting machines: their own terms, and Shapley values of the game that the terms define."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor
from sklearn.ensemble import RandomForestClassifier

from mxt.explainers.additive import AdditiveExplainer
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.models import Model
from mxt.predictors.sklearn import SklearnPredictor

SMALL: dict[str, Any] = {"max_rounds": 30, "outer_bags": 1, "n_jobs": 1}

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # missing values and pairs are not drawn


def table(rows: int = 400) -> pd.DataFrame:
    chance = np.random.default_rng(5)
    inputs = pd.DataFrame({"a": chance.normal(size=rows), "b": chance.choice(["u", "v", "w"], rows)})
    inputs = inputs.assign(c=chance.normal(size=rows), d=chance.integers(0, 5, rows))
    return inputs.assign(a=inputs["a"].mask(inputs.index < 10))


def scores(inputs: pd.DataFrame) -> pd.Series[float]:
    return inputs["a"].fillna(0) * inputs["c"] + (inputs["b"] == "u") * inputs["d"]


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("interactions", [0, 3])
def test_texts_and_missing_values_are_explained_and_add_up(classes: int, interactions: int) -> None:
    inputs, core = table(), ExplainableBoostingClassifier
    if classes:
        targets: Any = pd.qcut(scores(inputs), classes, labels=["x", "y", "z"][:classes]).astype(str)
        native = core(interactions=interactions, **SMALL).fit(inputs, targets)
        expected = native.decision_function(inputs[:30]).reshape(30, -1)
    else:
        native = ExplainableBoostingRegressor(interactions=interactions, **SMALL).fit(inputs, scores(inputs))
        expected = native.predict(inputs[:30]).reshape(30, -1)
    predictor = SklearnPredictor(native, [])
    assert AdditiveExplainer().serves(predictor)
    found = Model(predictor).explain(inputs[:30], AdditiveExplainer())
    np.testing.assert_allclose(found.prediction, expected, atol=1e-12)
    assert np.abs(found.residual).max() < 1e-10
    np.testing.assert_allclose(found.base, native.intercept_)


@pytest.mark.parametrize("classes", [2, 3])
def test_their_link_leads_to_the_librarys_own_probabilities(classes: int) -> None:
    inputs = table()
    targets = pd.qcut(scores(inputs), classes, labels=["x", "y", "z"][:classes]).astype(str)
    native = ExplainableBoostingClassifier(interactions=0, **SMALL).fit(inputs, targets)
    predictor = SklearnPredictor(native, [])
    found = AdditiveExplainer().explain(predictor, inputs[:20], None)
    assert found.unit == ("log-odds" if classes == 2 else "margin")
    assert predictor.link is not None
    chances = predictor.link.apply(found.prediction)
    np.testing.assert_allclose(chances, native.predict_proba(inputs[:20])[:, -chances.shape[1] :], atol=1e-9)


def test_a_log_link_is_explained_in_logarithms() -> None:
    inputs = table()
    counts = np.random.default_rng(0).poisson(np.exp(scores(inputs).clip(-2, 2)))
    native = ExplainableBoostingRegressor(interactions=2, objective="poisson_deviance", **SMALL)
    found = Model(SklearnPredictor(native.fit(inputs, counts), [])).explain(inputs[:20], AdditiveExplainer())
    assert found.unit == "margin"
    np.testing.assert_allclose(np.exp(found.prediction[:, 0]), native.predict(inputs[:20]))


def test_interactions_are_split_as_the_shapley_values_of_the_terms_game() -> None:
    inputs = table()
    native = ExplainableBoostingRegressor(interactions=4, **SMALL).fit(inputs, scores(inputs))
    assert any(len(columns) == 2 for columns in native.term_features_)
    terms = native.eval_terms(inputs[:3])
    found = AdditiveExplainer().explain(SklearnPredictor(native, []), inputs[:3], None)

    def worth(row: int, held: set[int]) -> float:
        return sum(terms[row, at] for at, own in enumerate(native.term_features_) if {*own} <= held)

    for row in range(3):
        for column in range(4):
            others = [other for other in range(4) if other != column]
            by_hand = 0.0
            for size in range(4):
                share = factorial(size) * factorial(3 - size) / factorial(4)
                for chosen in combinations(others, size):
                    by_hand += share * (worth(row, {*chosen, column}) - worth(row, {*chosen}))
            np.testing.assert_allclose(found.values[row, column, 0], by_hand, atol=1e-12)


def test_without_interactions_they_are_the_shap_values_against_the_training_rows() -> None:
    inputs = table(150)
    native = ExplainableBoostingRegressor(interactions=0, **SMALL).fit(inputs, scores(inputs))
    predictor = SklearnPredictor(native, [])
    found = AdditiveExplainer().explain(predictor, inputs[:4], None)
    exact = EnumerationExplainer(background_rows=150).explain(predictor, inputs[:4], inputs)
    np.testing.assert_allclose(found.values, exact.values, atol=1e-9)
    np.testing.assert_allclose(found.base, exact.base, atol=1e-9)


def test_other_models_are_not_served() -> None:
    inputs = table()[["c", "d"]]
    forest = RandomForestClassifier(2).fit(inputs, inputs["c"] > 0)
    assert not AdditiveExplainer().serves(SklearnPredictor(forest, []))
