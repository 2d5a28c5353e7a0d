"""Models of xgboost: boosters and their scikit-learn wrappers."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base import Predictor
from mxt.predictors.base.outputs import BINARY, Contributions, Label, Scores, by_row
from mxt.predictors.base.refusals import refusals
from mxt.predictors.base.stored import Hazard
from mxt.predictors.xgboost.codes import Codes, dense
from mxt.predictors.xgboost.files import require_whole
from mxt.predictors.xgboost.trees import document_of, outputs_named, read_trees, rounds_used

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    import xgboost as xgb
    from scipy.sparse import spmatrix

    from mxt.predictors.base.stored import Stored
    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.predictors.xgboost.trees import Document
    from mxt.stats.links import Link

_IDENTITY_OBJECTIVES = {
    *("reg:squarederror", "reg:squaredlogerror", "reg:absoluteerror", "reg:pseudohubererror"),
    *("reg:quantileerror", "reg:expectileerror"),
}
"""Objectives whose margins are predictions; of several expectiles, only the first margin is one."""
_EXPONENTIAL_OBJECTIVES = {"count:poisson", "reg:gamma", "reg:tweedie"}
_BOOSTER = "xgboost.core.Booster"
_CLASSES = {
    _BOOSTER,
    *(f"xgboost.sklearn.XGB{kind}" for kind in ("Model", "Classifier", "Regressor", "Ranker")),
    *(f"xgboost.sklearn.XGBRF{kind}" for kind in ("Classifier", "Regressor")),
}
"""The classes that a stored model may be of."""
_PROBABILITY_OBJECTIVES = {
    "binary:logistic": "log-odds",
    "multi:softprob": "margin",
    "multi:softmax": "margin",
}


class XgboostPredictor(Predictor):
    """A booster, with native categories; its own contributions come from the booster itself."""

    library: ClassVar[str] = "xgboost"
    flavor: ClassVar[str] = "xgboost"
    precedence: ClassVar[int] = 0
    flavor_module: ClassVar[str] = "mlflow.xgboost"

    def __init__(
        self, native: xgb.Booster | xgb.XGBModel, columns: list[str], classes: Sequence[Label]
    ) -> None:
        import xgboost as xgb

        self._booster = native if isinstance(native, xgb.Booster) else native.get_booster()
        learner = json.loads(self._booster.save_config())["learner"]
        self.objective = str(learner["objective"]["name"])
        count = max(int(learner["learner_model_param"]["num_class"]), BINARY)
        own = native.classes_ if hasattr(native, "predict_proba") else range(count)
        known = (classes or own) if self.objective in _PROBABILITY_OBJECTIVES else []
        super().__init__(native, self._booster.feature_names or columns, known)

    @classmethod
    def hazards(cls, stored: Stored) -> tuple[Hazard, ...]:
        name = stored.text("model_class", _BOOSTER)
        if name not in _CLASSES:
            return (Hazard(f"the class {name}"),)
        require_whole(stored.file("data").read_bytes())
        return ()

    @classmethod
    def restored(cls, stored: Stored) -> xgb.Booster | xgb.XGBModel:
        import xgboost as xgb

        native = getattr(xgb, stored.text("model_class", _BOOSTER).rpartition(".")[2])()
        native.load_model(str(stored.file("data")))
        return native

    @property
    def log_arguments(self) -> tuple[object, dict[str, object]]:
        return self.native, {"model_format": "ubj"}

    @property
    def core(self) -> xgb.Booster:
        return self._booster

    @property
    def outputs(self) -> list[str]:
        return outputs_named(self._document, self.classes)

    @cached_property
    def _document(self) -> Document:
        """The booster in the form that it saves itself in."""
        return document_of(self._booster)

    @cached_property
    def trees(self) -> TreeEnsemble | None:
        return read_trees(self._document, rounds_used(self.native))

    @cached_property
    def _codes(self) -> Codes:
        return Codes.of(self._document, getattr(self.native, "missing", None))

    @property
    def categories(self) -> dict[str, pd.Index]:
        known = {self.columns[place]: names.listed for place, names in self._codes.stored.items()}
        return {
            name: values
            for name, values in known.items()
            if values is not None and name not in self.open_columns
        }

    def encode(self, inputs: pd.DataFrame) -> np.ndarray:
        return self._codes.encode(self.select(inputs), self.open_columns)

    def _matrix(self, inputs: pd.DataFrame) -> xgb.DMatrix:
        """The booster's own table: codes without the names of categories."""
        import xgboost as xgb

        names, kinds = self._booster.feature_names, self._booster.feature_types
        encoded = self.encode(inputs)
        try:
            return xgb.DMatrix(encoded, feature_names=names, feature_types=kinds, enable_categorical=True)
        except ValueError as error:
            msg = "The xgboost model refuses infinite values and numbers beyond 3.4e38; the inputs have some."
            raise ModelError(msg) from error

    def run(self, inputs: pd.DataFrame, **options: bool) -> np.ndarray:
        """The booster's own `predict` with `options` such as ``pred_contribs=True``, as doubles."""
        import numpy as np
        import xgboost as xgb

        if not len(self.select(inputs)):  # of which xgboost would warn
            return np.empty(0)
        matrix = self._matrix(inputs)
        with refusals("xgboost model", xgb.core.XGBoostError):
            raw = self._booster.predict(matrix, iteration_range=rounds_used(self.native), **options)
        return np.asarray(raw, dtype=np.float64)

    def contributions(self, inputs: pd.DataFrame) -> Contributions | None:
        import numpy as np

        if self.trees is None:
            return None
        raw = np.atleast_3d(self.run(inputs, pred_contribs=True))
        values = raw if raw.shape[2] == 1 else raw.transpose(0, 2, 1)
        return Contributions(values[:, :-1], values[0, -1], "xgboost pred_contribs")

    def dense(self, matrix: spmatrix) -> np.ndarray:
        return dense(matrix)

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        import numpy as np

        raw = self.run(inputs)
        if self.task == "regression":
            return raw, None
        if self.objective == "multi:softmax":
            return np.asarray(self.classes)[raw.astype(int)], None
        return self.most_probable(raw)

    @property
    def _identity(self) -> bool:
        """Whether margins are what the model predicts."""
        several = self.objective == "reg:expectileerror" and len(self.outputs) > 1
        return self.objective in _IDENTITY_OBJECTIVES and not several

    @property
    def calibration(self) -> tuple[float, float]:
        """A slope of -1 for a model of one class: its margins are for a second class, which never occurs."""
        return (-1.0 if len(self.classes) == 1 else 1.0), 0.0

    @property
    def linked(self) -> bool:
        return self.task == "classification"

    @property
    def link(self) -> Link | None:
        from mxt.stats.links import exponential

        if self.task == "classification" or self._identity:
            return super().link
        return exponential() if self.objective in _EXPONENTIAL_OBJECTIVES else None

    def scores(self, inputs: pd.DataFrame) -> Scores:
        raw = by_row(self.run(inputs, output_margin=True), len(inputs), len(self.outputs))
        raw = self.calibration[0] * raw
        return Scores(
            raw, "target" if self._identity else _PROBABILITY_OBJECTIVES.get(self.objective, "margin")
        )

    @property
    def importances(self) -> dict[str, np.ndarray]:
        import numpy as np

        if json.loads(self._booster.save_config())["learner"]["gradient_booster"]["name"] == "gblinear":
            return {}
        methods = {"gain": "total_gain", "cover": "total_cover", "split_count": "weight"}
        names = self._booster.feature_names or [f"f{place}" for place in range(len(self.columns))]
        scores = {method: self._booster.get_score(importance_type=kind) for method, kind in methods.items()}
        return {
            method: np.array([score.get(name, 0.0) for name in names]) for method, score in scores.items()
        }
