"""Histogram gradient boosting of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.models.base import Recipe
from mxt.models.base.pipelines import fit_pipeline

if TYPE_CHECKING:
    import pandas as pd

    from mxt.models.base.model import Model


class HistGradientBoostingRecipe(Recipe):
    """Histogram gradient boosting; missing numbers stay missing, categories are one-hot encoded.

    Example:
        {KIND: HistGradientBoostingRecipe, trees: 100, learning_rate: 0.1}
    """

    KIND: Literal["HistGradientBoostingRecipe"] = "HistGradientBoostingRecipe"

    trees: Annotated[int, Field(ge=1)] = 100
    """Boosting rounds (max_iter)."""

    leaves: Annotated[int, Field(ge=2)] = 31
    """Most leaves of a tree (max_leaf_nodes)."""

    learning_rate: Annotated[float, Field(gt=0)] = 0.1
    """Factor by which each tree's values are multiplied before they are added."""

    def fit(self, inputs: pd.DataFrame, targets: pd.Series) -> Model:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = (
            HistGradientBoostingClassifier if self.task == "classification" else HistGradientBoostingRegressor
        )
        estimator = kind(
            max_iter=self.trees,
            max_leaf_nodes=self.leaves,
            learning_rate=self.learning_rate,
            random_state=self.seed,
        )
        return fit_pipeline(self, estimator, inputs, targets, "passthrough")
