"""Isolation forests are explained by the lengths of their paths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    IsolationForest,
)
from sklearn.ensemble._iforest import _average_path_length

from mxt.predictors.sklearn.isolation import expected_length
from predictors.sklearn.estimators import close, numbers, predictor_of


@pytest.mark.parametrize("options", [{}, {"max_features": 2}, {"max_samples": 1}, {"bootstrap": True}])
def test_an_isolation_forest_is_explained_by_the_length_of_its_paths(options: Any) -> None:
    inputs = numbers()
    predictor = predictor_of(IsolationForest(n_estimators=20, **options), inputs, None)
    assert predictor.scores(inputs).unit == "path length"
    assert predictor.outputs == [""]
    assert predictor.link is None
    close(predictor, numbers(seed=1), 1e-10)


def test_an_isolated_row_has_short_paths() -> None:
    inputs = numbers()
    predictor = predictor_of(IsolationForest(n_estimators=50), inputs, None)
    rows = pd.DataFrame([[0.0] * 4, [9.0] * 4], columns=list("abcd"))
    usual, odd = predictor.scores(rows).values[:, 0]
    assert odd < usual


def test_expected_path_lengths_are_those_of_the_paper() -> None:
    counts = np.array([1, 2, 3, 10, 256, 100_000])
    np.testing.assert_allclose(expected_length(counts)[:2], [0, 1])
    np.testing.assert_allclose(expected_length(counts), _average_path_length(counts))
