"""A recipe as an estimator of scikit-learn, for its cross-validation and its searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from mxt.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sklearn.utils import Tags

    from mxt.models.base import Recipe
    from mxt.models.base.model import Model


class RecipeEstimator:
    """An estimator that fits a recipe; the recipe's fields are its parameters.

    It does not inherit from `BaseEstimator`, since scikit-learn is imported late. It has what scikit-learn
    requires of an estimator instead: parameters, tags, and a way to clone it.
    """

    def __init__(self, recipe: Recipe) -> None:
        """Wrap `recipe`."""
        self.recipe = recipe
        self.model_: Model | None = None

    def get_params(self, deep: bool = True) -> dict[str, object]:  # noqa: ARG002, FBT001, FBT002 - scikit-learn's signature
        """The recipe's fields by name."""
        return {name: getattr(self.recipe, name) for name in type(self.recipe).model_fields if name != "KIND"}

    def set_params(self, **values: object) -> Self:
        """Change fields of the recipe.

        Raises:
            ConfigError: The recipe has no such field, or the value is wrong for it.
        """
        self.recipe = self.recipe.varied(values)
        return self

    def fit(self, inputs: pd.DataFrame, targets: pd.Series | np.ndarray) -> Self:
        """Fit the recipe; targets are matched with inputs by position, whatever their index."""
        import pandas as pd

        name = getattr(targets, "name", None) or "target"
        self.model_ = self.recipe.fit(inputs, pd.Series(targets, name=name).set_axis(inputs.index))
        return self

    @property
    def model(self) -> Model:
        """The fitted model.

        Raises:
            ModelError: `fit` was not called yet.
        """
        if self.model_ is None:
            msg = f"{type(self.recipe).__name__} was not fitted yet; call fit() first."
            raise ModelError(msg)
        return self.model_

    @property
    def classes_(self) -> np.ndarray:
        """The classes, in the order of the columns of `predict_proba`."""
        import numpy as np

        return np.asarray(self.model.predictor.classes)

    def predict(self, inputs: pd.DataFrame) -> np.ndarray:
        """The predicted class or number of each row."""
        return self.model.predict(inputs)["prediction"].to_numpy()

    def predict_proba(self, inputs: pd.DataFrame) -> np.ndarray:
        """The probability of each class, shape (rows, classes).

        Raises:
            ModelError: The model gives no probabilities.
        """
        chances = self.model.predict_proba(inputs)
        if chances is None:
            msg = f"{type(self.recipe).__name__} for a {self.recipe.task} gives no probabilities."
            raise ModelError(msg)
        return chances.to_numpy()

    def __sklearn_clone__(self) -> Self:
        return type(self)(self.recipe)

    def __sklearn_is_fitted__(self) -> bool:
        return self.model_ is not None

    def __sklearn_tags__(self) -> Tags:
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        classifies = self.recipe.task == "classification"
        return Tags(
            estimator_type="classifier" if classifies else "regressor",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if classifies else None,
            regressor_tags=None if classifies else RegressorTags(),
            input_tags=InputTags(allow_nan=True, categorical=True, string=True),
        )
