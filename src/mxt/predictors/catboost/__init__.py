"""Models of CatBoost: classifiers, regressors and rankers."""

from __future__ import annotations

import json
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base import Contributions, Predictor, Scores
from mxt.predictors.base.columns import numbers, source_columns
from mxt.predictors.catboost.trees import read_trees
from mxt.stats import links

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.stats.links import Link

_TARGET_LOSSES = {"RMSE", "MAE", "MAPE", "Quantile", "Huber", "Expectile", "Lq", "LogCosh"}
_EXPONENTIAL_LOSSES = {"Poisson", "Tweedie"}
_LONGEST = 4096
"""More numbers than a vector of any embedding has."""


class CatboostPredictor(Predictor):
    """A CatBoost model; where categories make its trees inexpressible, it gives its own contributions."""

    flavor: ClassVar[str] = "catboost"

    def __init__(self, model: Any, columns: list[str], classes: list[Any]) -> None:
        import numpy as np

        self._model = model
        if not model.is_fitted():
            msg = f"The {type(model).__name__} is not fitted."
            raise ModelError(msg)
        self.loss = str(_parameters(model).get("loss_function", "")).partition(":")[0]
        names = [str(name) for name in model.feature_names_]
        labels = [getattr(label, "item", lambda label=label: label)() for label in model.classes_]
        super().__init__(source_columns(names, columns), labels or classes)
        numbers_a_row, taken = np.size(model.get_scale_and_bias()[1]), len(self.outputs)
        if numbers_a_row != taken:
            msg = (
                f"The CatBoost model predicts {numbers_a_row} numbers a row (loss {self.loss}); "
                f"MXT takes {'one' if taken == 1 else taken}."
            )
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
        only_in_its_own_form = self._texts or self._embeddings
        return None if only_in_its_own_form else read_trees(self._content, len(self.columns))

    @property
    def categorical(self) -> list[int]:
        """Columns whose values are categories."""
        return [int(place) for place in self._model.get_cat_feature_indices()]

    @property
    def _texts(self) -> list[int]:
        """Columns whose words are counted."""
        return [int(place) for place in self._model.get_text_feature_indices()]

    @property
    def _embeddings(self) -> list[int]:
        """Columns of vectors."""
        return [int(place) for place in self._model.get_embedding_feature_indices()]

    def encode(self, inputs: pd.DataFrame) -> np.ndarray:
        """Numbers; a categorical column that no tree tests is all zero.

        Raises:
            ModelError: Trees test more than numbers: CatBoost keeps only hashes and statistics of categories.
        """
        import numpy as np

        if self.trees is None:
            msg = "The CatBoost model's categories have no codes; use its own contributions."
            raise ModelError(msg)
        chosen = self.select(inputs)
        matrix = np.zeros(chosen.shape)
        for place in {*range(len(self.columns))} - {*self.categorical}:
            matrix[:, place] = numbers(chosen[self.columns[place]], "CatBoost")
        return matrix

    def _pool(self, inputs: pd.DataFrame) -> Any:
        """The table as CatBoost takes it: doubles, and categories, texts and vectors as they are."""
        import catboost
        import pandas as pd

        if isinstance(inputs, catboost.Pool):
            return inputs
        chosen = self.select(inputs)
        kinds = {
            "cat_features": self.categorical,
            "text_features": self._texts,
            "embedding_features": self._embeddings,
        }
        kept = {place for places in kinds.values() for place in places}
        columns = {
            name: chosen[name].astype(object) if place in kept else numbers(chosen[name], "CatBoost")
            for place, name in enumerate(self.columns)
        }
        frame = pd.DataFrame(columns, index=chosen.index)
        frame.columns = pd.Index(self._model.feature_names_)
        try:
            return catboost.Pool(frame, **kinds)
        except (catboost.CatBoostError, TypeError, ValueError) as error:
            msg = (
                f"The CatBoost model takes whole texts or integers in its categories "
                f"{[self.columns[place] for place in sorted(kept)]}; fill missing ones as its training did."
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
        raw = self._run(inputs, "RawFormulaVal")
        raw = raw.reshape(len(raw), -1)
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

    def interactions(self, inputs: pd.DataFrame) -> np.ndarray:
        """CatBoost's own contributions of pairs, shape (rows, columns, columns, outputs)."""
        import numpy as np

        raw = self._model.get_feature_importance(self._pool(inputs), type="ShapInteractionValues")
        values = raw[..., np.newaxis] if raw.ndim == 3 else np.moveaxis(raw, 1, -1)  # noqa: PLR2004 - one output
        return values[:, :-1, :-1]

    @cached_property
    def base(self) -> np.ndarray:
        """Where CatBoost's own contributions start, whatever the row, shape (outputs,)."""
        import pandas as pd

        blank: dict[int, Any] = dict.fromkeys([*self.categorical, *self._texts], "")
        blank |= dict.fromkeys(self._embeddings, [0.0] * _LONGEST)
        row = {name: [blank.get(place, 0.0)] for place, name in enumerate(self.columns)}
        return self.contributions(pd.DataFrame(row)).base

    @property
    def importances(self) -> dict[str, np.ndarray]:
        import numpy as np

        if not self._model.tree_count_:
            return {}
        found = self._model.get_feature_importance(type="PredictionValuesChange")
        return {"prediction_change": np.asarray(found, dtype=float)}


def _parameters(model: Any) -> dict[str, Any]:
    """What the model was trained with; a sum of models keeps nothing of it."""
    import catboost

    try:
        return dict(model.get_all_params())
    except catboost.CatBoostError:
        return {}
