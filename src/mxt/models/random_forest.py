"""Random forests of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.models.base import Recipe
from mxt.models.base.pipelines import fit_pipeline

if TYPE_CHECKING:
    import pandas as pd

    from mxt.models.base.model import Model


class RandomForestRecipe(Recipe):
    """A random forest; missing numbers become the column's median, categories are one-hot encoded.

    Example:
        {KIND: RandomForestRecipe, trees: 200, leaf_rows: 5}
    """

    KIND: Literal["RandomForestRecipe"] = "RandomForestRecipe"

    trees: Annotated[int, Field(ge=1)] = 200
    """Trees in the forest (n_estimators)."""

    depth: Annotated[int, Field(ge=1)] | None = None
    """Greatest depth of a tree; unlimited if left out."""

    leaf_rows: Annotated[int, Field(ge=1)] = 5
    """Fewest rows in a leaf (min_samples_leaf)."""

    def fit(self, inputs: pd.DataFrame, targets: pd.Series) -> Model:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
        from sklearn.impute import SimpleImputer

        kind = RandomForestClassifier if self.task == "classification" else RandomForestRegressor
        estimator = kind(
            self.trees, max_depth=self.depth, min_samples_leaf=self.leaf_rows, random_state=self.seed
        )
        return fit_pipeline(self, estimator, inputs, targets, SimpleImputer(strategy="median"))
