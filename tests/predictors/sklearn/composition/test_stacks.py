"""A stack with a linear last model is a weighted sum of its estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mxt.predictors.sklearn import SklearnPredictor
from predictors.sklearn.composition.whole import NAMES, NUMBERS, ROWS, composed, labels, sums

ONES: list[Any] = [("one", LinearRegression()), ("two", Ridge(50.0))]


@pytest.mark.parametrize("passthrough", [False, True], ids=["estimators alone", "and the columns"])
@pytest.mark.parametrize(
    "last", [LinearRegression(), make_pipeline(StandardScaler(), Ridge(0.1))], ids=["linear", "scaled first"]
)
def test_the_sum_is_the_stacks_prediction(last: Any, passthrough: bool) -> None:  # noqa: FBT001 - scikit-learn's flag
    model = StackingRegressor(ONES, last, cv=2, passthrough=passthrough).fit(ROWS, NUMBERS)
    _, composition = composed(model)
    np.testing.assert_allclose(sums(composition)[:, 0], model.predict(ROWS), atol=1e-9)


def test_a_stack_of_classifiers_sums_up_to_its_decision() -> None:
    estimators: list[Any] = [("one", LogisticRegression()), ("two", LogisticRegression(C=0.01))]
    model = StackingClassifier(estimators, LogisticRegression(), cv=2).fit(ROWS, labels(2))
    _, composition = composed(model)
    np.testing.assert_allclose(sums(composition)[:, 0], model.decision_function(ROWS), atol=1e-9)


@pytest.mark.parametrize("last", [KNeighborsRegressor(), PoissonRegressor()], ids=["no", "a logarithm"])
def test_a_last_model_that_is_not_linear_has_no_parts(last: Any) -> None:
    model = StackingRegressor(ONES, last, cv=2).fit(ROWS, np.exp(NUMBERS / 4))
    assert SklearnPredictor(model, NAMES).parts is None
