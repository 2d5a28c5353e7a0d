"""The pipeline of scikit-learn recipes, which takes source columns as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.models.base import text_names

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import BaseEstimator

    from mxt.models.base import Recipe
    from mxt.models.base.model import Model


def fit_pipeline(
    recipe: Recipe,
    estimator: BaseEstimator,
    inputs: pd.DataFrame,
    targets: pd.Series,
    numbers: BaseEstimator | Literal["passthrough"],
) -> Model:
    """Fit `estimator` to one-hot encoded categories and to numbers prepared by the transformer `numbers`."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    from mxt.models.base.preparing import prepare
    from mxt.predictors.sklearn import SklearnPredictor

    prepared = prepare(recipe, inputs, targets)
    inputs = prepared.inputs
    categories = [*text_names(inputs), *inputs.select_dtypes("bool").columns]
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = [("numbers", numbers, [name for name in inputs.columns if name not in categories])]
    encoding = ColumnTransformer([*columns, ("categories", encoder, categories)])
    pipeline = Pipeline([("encoding", encoding), ("model", estimator)])
    if recipe.calibration:
        pipeline = CalibratedClassifierCV(pipeline, method="sigmoid", cv=5, ensemble=False)
    fitted = pipeline.fit(inputs, prepared.targets.to_numpy())
    return prepared.model(SklearnPredictor(fitted, [*inputs.columns]))
