"""The unit of an estimator's scores, and the link from there: checked by the estimator's own predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.linear_model import (
    GammaRegressor,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    RidgeClassifier,
    SGDClassifier,
    TweedieRegressor,
)
from sklearn.svm import LinearSVC

from mxt.predictors.sklearn.scales import scale_of

ROWS = np.random.default_rng(0).normal(size=(90, 2))
TARGET = np.exp(ROWS[:, 0] / 2)


def labels(classes: int) -> np.ndarray:
    return np.digitize(ROWS[:, 0] + ROWS[:, 1] ** 2, [0.5, 1.5][: classes - 1])


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        LinearDiscriminantAnalysis(),
        SGDClassifier(loss="log_loss", random_state=0),
        GradientBoostingClassifier(n_estimators=3),
    ],
    ids=lambda model: type(model).__name__,
)
def test_the_link_makes_probabilities_of_decisions(model: Any, classes: int) -> None:
    fitted = model.fit(ROWS, labels(classes))
    unit, link = scale_of(fitted, [*range(classes)])
    assert unit == ("log-odds" if classes == 2 else "margin")
    assert link is not None
    chances = link.apply(fitted.decision_function(ROWS).reshape(len(ROWS), -1))
    np.testing.assert_allclose(chances, fitted.predict_proba(ROWS)[:, -chances.shape[1] :], atol=1e-12)


@pytest.mark.parametrize(
    "model", [PoissonRegressor(), GammaRegressor(), TweedieRegressor(power=1.5)], ids=str
)
def test_the_link_makes_predictions_of_the_logarithm(model: Any) -> None:
    fitted = model.fit(ROWS, TARGET)
    unit, link = scale_of(fitted, [])
    assert unit == "margin"
    assert link is not None
    linear = (ROWS @ fitted.coef_ + fitted.intercept_).reshape(-1, 1)
    np.testing.assert_allclose(link.apply(linear)[:, 0], fitted.predict(ROWS), rtol=1e-12)


@pytest.mark.parametrize(
    ("model", "unit"),
    [
        (LinearRegression(), "target"),
        (TweedieRegressor(power=0), "target"),
        (IsolationForest(n_estimators=2), "path length"),
    ],
    ids=["linear", "tweedie without a logarithm", "isolation"],
)
def test_other_numbers_are_their_own_scores_or_have_no_link(model: Any, unit: str) -> None:
    assert scale_of(model.fit(ROWS, TARGET), [])[0] == unit


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(2),
        BaggingClassifier(LogisticRegression(), 2),
        StackingClassifier([("one", LogisticRegression())], RandomForestClassifier(2), cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_probabilities_are_scores_where_there_are_no_better_ones(model: Any) -> None:
    unit, link = scale_of(model.fit(ROWS, labels(2)), [0, 1])
    assert unit == "probability"
    assert link is not None
    np.testing.assert_array_equal(link.apply(ROWS), ROWS)


@pytest.mark.parametrize("model", [RidgeClassifier(), LinearSVC()], ids=lambda model: type(model).__name__)
def test_decisions_that_are_no_odds_have_no_link(model: Any) -> None:
    assert scale_of(model.fit(ROWS, labels(2)), [0, 1]) == ("margin", None)


def test_a_stack_has_the_scale_of_its_last_model() -> None:
    stack = StackingClassifier([("one", LogisticRegression())], LogisticRegression(), cv=2)
    assert scale_of(stack.fit(ROWS, labels(2)), [0, 1])[0] == "log-odds"
