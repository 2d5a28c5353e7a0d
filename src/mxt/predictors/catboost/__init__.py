"""Models of CatBoost: classifiers, regressors and rankers."""

from __future__ import annotations

import json
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base import Predictor
from mxt.predictors.base.columns import numbers, source_columns
from mxt.predictors.base.outputs import Contributions, Label, Scores, by_row, plain
from mxt.predictors.base.stored import Hazard
from mxt.predictors.catboost.files import parts_unchecked, require_whole
from mxt.predictors.catboost.trees import read_trees
from mxt.stats import links

if TYPE_CHECKING:
    from collections.abc import Sequence

    import catboost
    import numpy as np
    import pandas as pd

    from mxt.predictors.base.stored import Stored
    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.stats.links import Link

_TARGET_LOSSES = {"RMSE", "MAE", "MAPE", "Quantile", "Huber", "Expectile", "Lq", "LogCosh"}
_EXPONENTIAL_LOSSES = {"Poisson", "Tweedie"}
_CLASSES = {"CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker"}
_LONGEST = 4096
"""More numbers than a vector of any embedding has."""


class CatboostPredictor(Predictor):
    """A CatBoost model; where its trees test more than numbers, CatBoost computes the contributions."""

    library: ClassVar[str] = "catboost"
    flavor: ClassVar[str] = "catboost"
    precedence: ClassVar[int] = 2
    flavor_module: ClassVar[str] = "mlflow.catboost"
    title: ClassVar[str] = "CatBoost"
    extra: ClassVar[str] = "catboost"

    def __init__(self, native: catboost.CatBoost, columns: list[str], classes: Sequence[Label]) -> None:
        import numpy as np

        self.loss = str(_parameters(native).get("loss_function", "")).partition(":")[0]
        names = [str(name) for name in native.feature_names_]
        super().__init__(native, source_columns(names, columns), plain(native.classes_) or classes)
        predicted, expected = np.size(native.get_scale_and_bias()[1]), len(self.outputs)
        if predicted != expected:
            msg = (
                f"The CatBoost model predicts {predicted} numbers a row (loss {self.loss}); "
                f"MXT takes {'one' if expected == 1 else expected}."
            )
            raise ModelError(msg)

    @classmethod
    def hazards(cls, stored: Stored) -> tuple[Hazard, ...]:
        kind, form = stored.text("model_type", "CatBoost"), stored.text("save_format", "cbm")
        if kind not in _CLASSES or form != "cbm":
            return (Hazard(f"a {kind} in the format {form}, which MXT cannot check"),)
        content = stored.file("data").read_bytes()
        require_whole(content)
        return tuple(Hazard(f"its {part}, which MXT cannot check") for part in parts_unchecked(content))

    @classmethod
    def restored(cls, stored: Stored) -> catboost.CatBoost:
        import catboost

        native = getattr(catboost, stored.text("model_type", "CatBoost"))()
        return native.load_model(str(stored.file("data")))

    @classmethod
    def require_fitted(cls, native: catboost.CatBoost) -> None:
        """Raise a ModelError for an unfitted model; a sum of models is fitted without a call of `fit`."""
        if not native.is_fitted():
            msg = f"The {type(native).__name__} is not fitted; fit it first."
            raise ModelError(msg)

    @cached_property
    def _content(self) -> dict[str, object]:
        """The model in CatBoost's JSON form."""
        import catboost

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.json"
            try:
                self.native.save_model(str(file), format="json")
                content: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
            except (catboost.CatBoostError, ValueError) as error:
                msg = "The CatBoost model is damaged: it cannot be written as JSON."
                raise ModelError(msg) from error
        return content

    @cached_property
    def trees(self) -> TreeEnsemble | None:
        only_in_its_own_form = self._texts or self._embeddings
        return None if only_in_its_own_form else read_trees(self._content, len(self.columns))

    @property
    def categorical(self) -> list[int]:
        """Columns whose values are categories."""
        return [int(place) for place in self.native.get_cat_feature_indices()]

    @property
    def _texts(self) -> list[int]:
        """Columns of texts, whose words are counted."""
        return [int(place) for place in self.native.get_text_feature_indices()]

    @property
    def _embeddings(self) -> list[int]:
        """Columns of vectors."""
        return [int(place) for place in self.native.get_embedding_feature_indices()]

    def encode(self, inputs: pd.DataFrame) -> np.ndarray:
        """The columns of numbers; columns of categories, which no tree tests, are all zero.

        Raises:
            ModelError: Trees test categories, of which CatBoost keeps only hashes and statistics.
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

    def _pool(self, inputs: pd.DataFrame | catboost.Pool) -> catboost.Pool:
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
        frame.columns = pd.Index(self.native.feature_names_)
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

        if not inputs.shape[0]:  # of which CatBoost would write a line to the standard output
            return np.empty(0)
        try:
            raw = catboost.CatBoost.predict(self.native, self._pool(inputs), prediction_type=kind)
        except catboost.CatBoostError as error:
            msg = "The CatBoost model is damaged: CatBoost cannot predict with it."
            raise ModelError(msg) from error
        return np.asarray(raw, dtype=float)

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        if self.task == "regression":
            kind = "Exponent" if self.loss in _EXPONENTIAL_LOSSES else "RawFormulaVal"
            return self._run(inputs, kind), None
        return self.most_probable(self._run(inputs, "Probability"))

    def scores(self, inputs: pd.DataFrame) -> Scores:
        raw = self._run(inputs, "RawFormulaVal")
        raw = by_row(raw, len(raw), len(self.outputs))
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

        if not inputs.shape[0]:
            none = np.empty((0, len(self.columns), len(self.outputs)))
            return Contributions(none, self.base, "CatBoost ShapValues")
        raw = self.native.get_feature_importance(self._pool(inputs), type="ShapValues")
        values = np.atleast_3d(raw) if len(self.outputs) == 1 else np.transpose(raw, (0, 2, 1))
        return Contributions(values[:, :-1], values[0, -1], "CatBoost ShapValues")

    def interactions(self, inputs: pd.DataFrame) -> np.ndarray:
        """CatBoost's own contributions of pairs, shape (rows, columns, columns, outputs)."""
        import numpy as np

        raw = self.native.get_feature_importance(self._pool(inputs), type="ShapInteractionValues")
        values = raw[..., np.newaxis] if len(self.outputs) == 1 else np.moveaxis(raw, 1, -1)
        return values[:, :-1, :-1]

    @cached_property
    def base(self) -> np.ndarray:
        """The base value of CatBoost's own contributions, the same for every row, shape (outputs,)."""
        import pandas as pd

        blank: dict[int, object] = dict.fromkeys([*self.categorical, *self._texts], "")
        blank |= dict.fromkeys(self._embeddings, [0.0] * _LONGEST)
        row = {name: [blank.get(place, 0.0)] for place, name in enumerate(self.columns)}
        return self.contributions(pd.DataFrame(row)).base

    @property
    def importances(self) -> dict[str, np.ndarray]:
        import numpy as np

        if not self.native.tree_count_:
            return {}
        changes = self.native.get_feature_importance(type="PredictionValuesChange")
        return {"prediction_change": np.asarray(changes, dtype=float)}


def _parameters(model: catboost.CatBoost) -> dict[str, object]:
    """The parameters of the model's training; empty for a sum of models, which keeps none."""
    import catboost

    try:
        return dict(model.get_all_params())
    except catboost.CatBoostError:
        return {}
