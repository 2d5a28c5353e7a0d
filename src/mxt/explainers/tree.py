"""Tree ensembles, exactly: path-dependent SHAP values from xgboost itself or from shap."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.errors import ModelError, MxtError
from mxt.explainers.base import Explainer, Explanation, fold

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor


class TreeExplainer(Explainer):
    """Exact SHAP values of a tree ensemble, conditioned on the paths of its trees (no background).

    Source: Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, algorithm 2.

    Example:
        {KIND: TreeExplainer}
    """

    KIND: Literal["TreeExplainer"] = "TreeExplainer"

    exact: ClassVar[bool] = True

    def serves(self, predictor: Predictor) -> bool:
        core = type(predictor.core)
        trees = ("Forest", "GradientBoosting", "DecisionTree", "ExtraTree")
        named = any(word in core.__name__ for word in trees) and "Isolation" not in core.__name__
        if core.__name__ == "GradientBoostingClassifier" and len(predictor.outputs) > 1:
            return False  # shap refuses it
        return core.__module__.startswith("xgboost.") or (core.__module__.startswith("sklearn.") and named)

    def explain(
        self,
        predictor: Predictor,
        inputs: pd.DataFrame,
        background: pd.DataFrame | None,  # noqa: ARG002 - path-dependent values need none
    ) -> Explanation:
        self.require(predictor)
        own = predictor.flavor == "xgboost"
        values, base = _from_xgboost(predictor, inputs) if own else _from_shap(predictor, inputs)
        slope, intercept = predictor.calibration
        scores = predictor.scores(inputs)
        return Explanation(
            ids=inputs.index,
            columns=predictor.columns,
            values=fold(slope * values, predictor.sources, len(predictor.columns)),
            base=slope * base + intercept,
            prediction=scores.values,
            unit=scores.unit,
            outputs=predictor.outputs,
            method="xgboost pred_contribs" if own else "shap TreeExplainer, path-dependent",
        )


def _from_xgboost(predictor: Predictor, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Contributions, shape (rows, columns, outputs), and the bias, shape (outputs,)."""
    import numpy as np

    raw = predictor.run(inputs, pred_contribs=True, validate_features=True)  # type: ignore[attr-defined] # an XgboostPredictor
    values = raw[:, :, np.newaxis] if raw.ndim == 2 else raw.transpose(0, 2, 1)  # noqa: PLR2004 - one output
    return values[:, :-1], values[0, -1]


def _from_shap(predictor: Predictor, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np
    import shap

    try:
        explainer = shap.TreeExplainer(predictor.core, feature_perturbation="tree_path_dependent")
        raw = explainer.shap_values(predictor.encode(inputs), check_additivity=False)
    except MxtError:
        raise
    except Exception as error:
        msg = f"shap cannot explain this {type(predictor.core).__name__} ({type(error).__name__})."
        raise ModelError(msg) from error
    values = np.asarray(raw, dtype=float).reshape(len(inputs), len(predictor.sources), -1)
    base = np.asarray(explainer.expected_value, dtype=float).reshape(-1)
    outputs = len(predictor.outputs)
    return values[:, :, -outputs:], base[-outputs:]
