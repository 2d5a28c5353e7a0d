"""The recipe of logistic regression: standardised numbers, and a penalty."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mxt.models.logistic_regression import LogisticRegressionRecipe

CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame(CHANCE.normal(size=(120, 2)), columns=["a", "b"])
TARGETS = pd.Series(np.where(INPUTS["a"] + CHANCE.normal(size=120) > 0, "y", "n"), name="t")


def test_the_scale_of_a_column_does_not_matter() -> None:
    one, other = (
        LogisticRegressionRecipe().fit(table, TARGETS).predict_proba(table)
        for table in (INPUTS, INPUTS * [1000, 1] + [7, 0])
    )
    assert one is not None
    assert other is not None
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("inverse_penalty", [0.01, 1.0])
def test_it_is_scikit_learns_on_standardised_numbers(inverse_penalty: float) -> None:
    model = LogisticRegressionRecipe(inverse_penalty=inverse_penalty).fit(INPUTS, TARGETS)
    standardised = (INPUTS - INPUTS.mean()) / INPUTS.std(ddof=0)
    own = LogisticRegression(C=inverse_penalty).fit(standardised, TARGETS)
    np.testing.assert_allclose(model.predictor.core.coef_, own.coef_, atol=1e-3)
