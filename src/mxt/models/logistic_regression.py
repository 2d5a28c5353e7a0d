"""Logistic regression of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.models.base import Recipe
from mxt.models.base.pipelines import fit_pipeline

if TYPE_CHECKING:
    import pandas as pd

    from mxt.models.base.model import Model


class LogisticRegressionRecipe(Recipe):
    """Logistic regression on standardised numbers and one-hot categories.

    Example:
        {KIND: LogisticRegressionRecipe, inverse_penalty: 1.0}
    """

    KIND: Literal["LogisticRegressionRecipe"] = "LogisticRegressionRecipe"

    task: Literal["classification"] = "classification"
    """Always classification."""

    inverse_penalty: Annotated[float, Field(gt=0)] = 1.0
    """Inverse strength of the L2 penalty (C)."""

    def fit(self, inputs: pd.DataFrame, targets: pd.Series) -> Model:
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        estimator = LogisticRegression(C=self.inverse_penalty, max_iter=1000, random_state=self.seed)
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        return fit_pipeline(self, estimator, inputs, targets, numbers)
