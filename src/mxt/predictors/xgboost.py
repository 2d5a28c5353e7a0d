"""Models of xgboost: boosters and their scikit-learn wrappers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base import Predictor, Scores

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xgboost as xgb

    from mxt.stats.links import Link

_IDENTITY_OBJECTIVES = {"reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror"}
_EXPONENTIAL_OBJECTIVES = {"count:poisson", "reg:gamma", "reg:tweedie"}
_PROBABILITY_OBJECTIVES = {
    "binary:logistic": "log-odds",
    "multi:softprob": "margin",
    "multi:softmax": "margin",
}


class XgboostPredictor(Predictor):
    """A booster, native categories included; contributions come from the booster itself."""

    flavor: ClassVar[str] = "xgboost"

    def __init__(self, model: xgb.Booster | xgb.XGBModel, columns: list[str], classes: list[Any]) -> None:
        import xgboost as xgb

        self._native = model
        self._booster = model if isinstance(model, xgb.Booster) else model.get_booster()
        learner = json.loads(self._booster.save_config())["learner"]
        self.objective = str(learner["objective"]["name"])
        count = max(int(learner["learner_model_param"]["num_class"]), 2)
        known = (classes or [*range(count)]) if self.objective in _PROBABILITY_OBJECTIVES else []
        super().__init__(self._booster.feature_names or columns, known)

    @property
    def native(self) -> object:
        return self._native

    @property
    def core(self) -> xgb.Booster:
        return self._booster

    @property
    def sources(self) -> list[int]:
        return [*range(len(self.columns))]

    @property
    def trees_used(self) -> tuple[int, int]:
        """The boosting rounds that the model predicts with: up to the best after early stopping."""
        best = getattr(self._native, "best_iteration", None) if self._native is not self._booster else None
        return (0, best + 1) if best is not None else (0, 0)

    def encode(self, inputs: pd.DataFrame) -> xgb.DMatrix:
        import xgboost as xgb

        kinds = self._booster.feature_types or []
        categories = [name for name, kind in zip(self.columns, kinds, strict=False) if kind == "c"]
        frame = self.select(inputs).astype(dict.fromkeys(categories, "category"))
        try:
            return xgb.DMatrix(frame, enable_categorical=True)
        except ValueError as error:
            msg = "The xgboost model takes numbers and categories it knows; some input columns are neither."
            raise ModelError(msg) from error

    def run(self, inputs: pd.DataFrame, **options: bool) -> np.ndarray:
        """The booster's own `predict` with `options` such as ``pred_contribs=True``, as doubles."""
        import numpy as np
        import xgboost as xgb

        try:
            raw = self._booster.predict(self.encode(inputs), iteration_range=self.trees_used, **options)
        except xgb.core.XGBoostError as error:
            msg = "The xgboost model refuses the inputs; is there a category that it was not trained on?"
            raise ModelError(msg) from error
        return np.asarray(raw, dtype=np.float64)

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        import numpy as np

        raw = self.run(inputs)
        if self.task == "regression":
            return raw, None
        if self.objective == "multi:softmax":
            return np.asarray(self.classes)[raw.astype(int)], None
        probabilities = np.column_stack([1 - raw, raw]) if raw.ndim == 1 else raw
        return np.asarray(self.classes)[probabilities.argmax(axis=1)], probabilities

    @property
    def link(self) -> Link | None:
        from mxt.stats.links import exponential

        if self.task == "classification" or self.objective in _IDENTITY_OBJECTIVES:
            return super().link
        return exponential() if self.objective in _EXPONENTIAL_OBJECTIVES else None

    def scores(self, inputs: pd.DataFrame) -> Scores:
        raw = self.run(inputs, output_margin=True).reshape(len(inputs), -1)
        identity = self.objective in _IDENTITY_OBJECTIVES
        return Scores(raw, "target" if identity else _PROBABILITY_OBJECTIVES.get(self.objective, "margin"))

    @property
    def importances(self) -> dict[str, np.ndarray]:
        import numpy as np

        if json.loads(self._booster.save_config())["learner"]["gradient_booster"]["name"] == "gblinear":
            return {}
        methods = {"gain": "total_gain", "cover": "total_cover", "split_count": "weight"}
        names = self._booster.feature_names or [f"f{place}" for place in range(len(self.columns))]
        scores = {method: self._booster.get_score(importance_type=kind) for method, kind in methods.items()}
        return {
            method: np.array([found.get(name, 0.0) for name in names]) for method, found in scores.items()
        }
