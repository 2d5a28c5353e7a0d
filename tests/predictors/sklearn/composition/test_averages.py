"""Votes and bags are weighted means of their estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import BaggingRegressor, VotingClassifier, VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from predictors.sklearn.composition.whole import NUMBERS, ROWS, composed, labels, sums


def test_a_vote_weighs_its_voters_as_declared_and_leaves_out_the_dropped() -> None:
    voters = [("one", LinearRegression()), ("none", "drop"), ("two", Ridge(9.0))]
    model = VotingRegressor(voters, weights=[1.0, 5.0, 3.0]).fit(ROWS, NUMBERS)
    _, composition = composed(model)
    assert [part.weights.item() for part in composition.parts] == [0.25, 0.75]
    np.testing.assert_allclose(sums(composition)[:, 0], model.predict(ROWS), atol=1e-12)


def test_each_bag_has_columns_of_its_own() -> None:
    model = BaggingRegressor(LinearRegression(), 4, max_features=2, random_state=0).fit(ROWS, NUMBERS)
    _, composition = composed(model)
    assert [part.places for part in composition.parts] == [
        [*map(int, one)] for one in model.estimators_features_
    ]
    np.testing.assert_allclose(sums(composition)[:, 0], model.predict(ROWS), atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_soft_vote_is_the_mean_of_probabilities(classes: int) -> None:
    voters: list[Any] = [("one", LogisticRegression()), ("two", LogisticRegression(C=0.01))]
    model = VotingClassifier(voters, voting="soft").fit(ROWS, labels(classes))
    _, composition = composed(model)
    own = model.predict_proba(ROWS)
    np.testing.assert_allclose(sums(composition), own[:, 1:] if classes == 2 else own, atol=1e-12)
