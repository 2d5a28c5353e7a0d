"""Linear models, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.explainers.base import Explainer, Explanation, fold, require_background

if TYPE_CHECKING:
    import pandas as pd

    from mxt.predictors.base import Predictor


class LinearExplainer(Explainer):
    """Exact SHAP values of a linear model: coefficient times distance from the background's mean.

    Columns are taken as independent: a column's contribution does not depend on correlated ones.
    Source: Lundberg and Lee 2017, arXiv:1705.07874, corollary 1.

    Example:
        {KIND: LinearExplainer}
    """

    KIND: Literal["LinearExplainer"] = "LinearExplainer"

    exact: ClassVar[bool] = True

    def serves(self, predictor: Predictor) -> bool:
        core = type(predictor.core)
        linear = core.__module__.startswith("sklearn.linear_model") or core.__name__.startswith("LinearSV")
        identity_link = core.__name__ not in {"GammaRegressor", "PoissonRegressor", "TweedieRegressor"}
        return linear and identity_link and hasattr(predictor.core, "coef_")

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        import numpy as np

        self.require(predictor)
        slope, intercept = predictor.calibration
        mean = np.asarray(predictor.encode(require_background(background, self.KIND)), dtype=float).mean(
            axis=0
        )
        coefficients = slope * np.atleast_2d(predictor.core.coef_)
        distances = np.asarray(predictor.encode(inputs), dtype=float) - mean
        values = distances[:, :, np.newaxis] * coefficients.T[np.newaxis]
        scores = predictor.scores(inputs)
        return Explanation(
            ids=inputs.index,
            columns=predictor.columns,
            values=fold(values, predictor.sources, len(predictor.columns)),
            base=slope * np.atleast_1d(predictor.core.intercept_) + intercept + coefficients @ mean,
            prediction=scores.values,
            unit=scores.unit,
            outputs=predictor.outputs,
            method="coefficients times distance from the background's mean",
        )
