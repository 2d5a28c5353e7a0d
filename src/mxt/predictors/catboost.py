"""Models of CatBoost: classifiers, regressors and rankers."""

from __future__ import annotations

import json
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base import Contributions, Predictor, Scores
from mxt.predictors.trees.catboost import read_trees
from mxt.stats import links

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.trees.ensemble import TreeEnsemble
    from mxt.stats.links import Link

_TARGET_LOSSES = {"RMSE", "MAE", "MAPE", "Quantile", "Huber", "Expectile", "Lq", "LogCosh"}
_EXPONENTIAL_LOSSES = {"Poisson", "Tweedie"}


class CatboostPredictor(Predictor):
    """A CatBoost model; where categories make its trees inexpressible, it gives its own contributions."""

    flavor: ClassVar[str] = "catboost"

    def __init__(self, model: Any, columns: list[str], classes: list[Any]) -> None:
        self._model = model
        if not model.is_fitted():
            msg = f"The {type(model).__name__} is not fitted."
            raise ModelError(msg)
        self.loss = str(model.get_all_params().get("loss_function", "")).partition(":")[0]
        names = [str(name) for name in model.feature_names_]
        labels = [getattr(label, "item", lambda label=label: label)() for label in model.classes_]
        fits = len(columns) == len(names) and {*columns} != {*names}
        super().__init__(columns if fits else names, labels or classes)
        _, bias = self._content["scale_and_bias"]
        if not self.classes and len(bias) > 1:
            msg = f"The CatBoost model predicts {len(bias)} numbers a row (loss {self.loss}); MXT takes one."
            raise ModelError(msg)

    @property
    def native(self) -> object:
        return self._model

    @property
    def core(self) -> Any:
        return self._model

    @property
    def sources(self) -> list[int]:
        return [*range(len(self.columns))]

    @cached_property
    def _content(self) -> dict[str, Any]:
        """The model in CatBoost's JSON form."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.json"
            self._model.save_model(str(file), format="json")
            content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return content

    @cached_property
    def trees(self) -> TreeEnsemble | None:
        return read_trees(self._content, len(self.columns))

    @property
    def categorical(self) -> list[int]:
        """Columns whose values are categories."""
        return [int(place) for place in self._model.get_cat_feature_indices()]

    def encode(self, inputs: pd.DataFrame) -> np.ndarray:
        """Numbers; a categorical column that no tree tests is all zero.

        Raises:
            ModelError: Trees test categories: CatBoost keeps only hashes and statistics of them, no codes.
        """
        import numpy as np

        if self.categorical and self.trees is None:
            msg = "The CatBoost model's categories have no codes; use its own contributions."
            raise ModelError(msg)
        chosen = self.select(inputs)
        matrix = np.zeros(chosen.shape)
        for place in {*range(len(self.columns))} - {*self.categorical}:
            matrix[:, place] = _numbers(chosen[self.columns[place]])
        return matrix

    def _pool(self, inputs: pd.DataFrame) -> Any:
        """The table as CatBoost takes it: doubles, and categories as they are."""
        import catboost
        import pandas as pd

        chosen, categorical = self.select(inputs), self.categorical
        columns = {
            name: chosen[name].astype(object) if place in categorical else _numbers(chosen[name])
            for place, name in enumerate(self.columns)
        }
        frame = pd.DataFrame(columns, index=chosen.index)
        frame.columns = pd.Index(self._model.feature_names_)
        try:
            return catboost.Pool(frame, cat_features=categorical)
        except (catboost.CatBoostError, TypeError, ValueError) as error:
            msg = (
                f"The CatBoost model takes whole texts or integers in its categories "
                f"{[self.columns[place] for place in categorical]}; fill missing ones as its training did."
            )
            raise ModelError(msg) from error

    def _run(self, inputs: pd.DataFrame, kind: str) -> np.ndarray:
        """CatBoost's own prediction of a kind such as ``RawFormulaVal``, as doubles."""
        import catboost
        import numpy as np

        raw = catboost.CatBoost.predict(self._model, self._pool(inputs), prediction_type=kind)
        return np.asarray(raw, dtype=float)

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        import numpy as np

        if self.task == "regression":
            kind = "Exponent" if self.loss in _EXPONENTIAL_LOSSES else "RawFormulaVal"
            return self._run(inputs, kind), None
        probabilities = self._run(inputs, "Probability")
        return np.asarray(self.classes)[probabilities.argmax(axis=1)], probabilities

    def scores(self, inputs: pd.DataFrame) -> Scores:
        raw = self._run(inputs, "RawFormulaVal").reshape(len(inputs), -1)
        if self.task == "classification":
            return Scores(raw, "log-odds" if raw.shape[1] == 1 else "margin")
        return Scores(raw, "target" if self.loss in _TARGET_LOSSES else "margin")

    @property
    def linked(self) -> bool:
        return self.task == "classification" and self.link is not None

    @property
    def link(self) -> Link | None:
        if self.loss == "MultiClassOneVsAll":
            return links.logistic()
        return links.exponential() if self.loss in _EXPONENTIAL_LOSSES else super().link

    def contributions(self, inputs: pd.DataFrame) -> Contributions:
        import numpy as np

        raw = self._model.get_feature_importance(self._pool(inputs), type="ShapValues")
        values = np.atleast_3d(raw) if np.ndim(raw) == 2 else np.transpose(raw, (0, 2, 1))  # noqa: PLR2004 - one output
        return Contributions(values[:, :-1], values[0, -1], "CatBoost ShapValues")

    @property
    def importances(self) -> dict[str, np.ndarray]:
        import numpy as np

        if not self._model.tree_count_:
            return {}
        found = self._model.get_feature_importance(type="PredictionValuesChange")
        return {"prediction_change": np.asarray(found, dtype=float)}


def _numbers(column: pd.Series[Any]) -> np.ndarray:
    """A column as doubles."""
    import numpy as np
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column):
        msg = f"The CatBoost model takes numbers in the column {column.name!r}; it is of type {column.dtype}."
        raise ModelError(msg)
    return column.to_numpy(dtype=float, na_value=np.nan)
