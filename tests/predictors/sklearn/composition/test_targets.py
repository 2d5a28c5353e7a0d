"""Regressors of a transformed target are their inner regressor through the inverse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from predictors.sklearn.composition.whole import NUMBERS, ROWS, composed, sums

POSITIVE = np.exp(NUMBERS / 4)


@pytest.mark.parametrize(
    "options",
    [
        {"transformer": StandardScaler()},
        {"func": np.log, "inverse_func": np.exp},
        {"func": np.log1p, "inverse_func": np.expm1},
        {"transformer": QuantileTransformer(n_quantiles=20)},
    ],
    ids=["affine", "exponential", "exponential less one", "any other"],
)
def test_the_part_through_its_link_is_the_models_prediction(options: dict[str, Any]) -> None:
    model = TransformedTargetRegressor(LinearRegression(), **options).fit(ROWS, POSITIVE)
    _, composition = composed(model)
    np.testing.assert_allclose(sums(composition)[:, 0], model.predict(ROWS), rtol=1e-9)


def test_an_affine_transformer_becomes_an_intercept_and_a_weight() -> None:
    model = TransformedTargetRegressor(LinearRegression(), transformer=StandardScaler()).fit(ROWS, NUMBERS)
    _, composition = composed(model)
    assert composition.intercept == pytest.approx([NUMBERS.mean()])
    assert composition.parts[0].weights.item() == pytest.approx(NUMBERS.std())
