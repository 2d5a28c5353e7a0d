"""Models of LightGBM: boosters and their scikit-learn wrappers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base import Predictor
from mxt.predictors.base.archives import native_of
from mxt.predictors.base.columns import numbers, source_columns
from mxt.predictors.base.library import library_of
from mxt.predictors.base.outputs import BINARY, Contributions, Label, Scores, by_row
from mxt.predictors.base.stored import Hazard
from mxt.predictors.lightgbm.categories import categories_by_place, codes_of, with_categories
from mxt.predictors.lightgbm.header import Header, read_header
from mxt.predictors.lightgbm.trees import read_trees, require_whole
from mxt.stats import links

if TYPE_CHECKING:
    from collections.abc import Sequence

    import lightgbm as lgb
    import numpy as np
    import pandas as pd

    from mxt.predictors.base.stored import Stored
    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.stats.links import Link

_BOOSTER = "lightgbm.basic.Booster"
_CLASS_OBJECTIVES = {"binary", "multiclass", "multiclassova"}
_TARGET_OBJECTIVES = {"regression", "regression_l1", "huber", "fair", "quantile", "mape"}
_EXPONENTIAL_OBJECTIVES = {"poisson", "gamma", "tweedie"}
_SMALLEST = 1.0000000180025095e-35
"""LightGBM reads numbers up to this size as zero (kZeroThreshold, include/LightGBM/meta.h)."""


class LightgbmPredictor(Predictor):
    """A booster; categories learned from pandas become the codes that the booster stored for them."""

    library: ClassVar[str] = "lightgbm"
    flavor: ClassVar[str] = "lightgbm"
    precedence: ClassVar[int] = 1
    flavor_module: ClassVar[str] = "mlflow.lightgbm"
    title: ClassVar[str] = "LightGBM"
    extra: ClassVar[str] = "lightgbm"

    def __init__(
        self, native: lgb.Booster | lgb.LGBMModel, columns: list[str], classes: Sequence[Label]
    ) -> None:
        self._booster = getattr(native, "booster_", native)
        names = self._booster.feature_name()
        self.header: Header = read_header(self._text)
        self.objective, *parameters = self.header.objective.split(" ") if self.header.objective else [""]
        self._parameters = dict(part.split(":", 1) for part in parameters if ":" in part)
        self._squared = "sqrt" in parameters
        count = max(self.header.trees_per_round, BINARY)
        known = getattr(native, "classes_", classes or range(count))
        classified = self.objective in _CLASS_OBJECTIVES
        super().__init__(native, source_columns(names, columns), known if classified else [])

    @classmethod
    def hazards(cls, stored: Stored) -> tuple[Hazard, ...]:
        """None for a text, which was read to its end: LightGBM would end the process over a cut one."""
        if stored.text("model_class", _BOOSTER) == _BOOSTER:
            require_whole(stored.file("data").read_text(encoding="utf-8", errors="replace"))
            return ()
        if stored.text("serialization_format", "cloudpickle") != "skops":
            return (stored.pickle("data"),)
        native, found = native_of(stored, "data")
        if not found and library_of(type(native)) != cls.library:
            msg = f"its file holds a {type(native).__name__}, which is none of LightGBM's"
            raise ModelError(msg)
        stored.kept["native"] = native
        return found

    @classmethod
    def restored(cls, stored: Stored) -> lgb.Booster | lgb.LGBMModel:
        import lightgbm as lgb

        return stored.kept.get("native") or lgb.Booster(model_file=str(stored.file("data")))

    @property
    def log_arguments(self) -> tuple[object, dict[str, object]]:
        """The booster, which is stored as text; its wrapper would be pickled."""
        return self._booster, {}

    @property
    def core(self) -> lgb.Booster:
        return self._booster

    @cached_property
    def _text(self) -> str:
        """The model's text, up to its best round."""
        return str(self._booster.model_to_string())

    @cached_property
    def trees(self) -> TreeEnsemble | None:
        return read_trees(self._text)

    @property
    def calibration(self) -> tuple[float, float]:
        if self.objective != "binary":
            return 1.0, 0.0
        side = -1.0 if len(self.classes) == 1 else 1.0  # a model of one class scores the absent second class
        return side * float(self._parameters.get("sigmoid", 1)), 0.0

    def encode(self, inputs: pd.DataFrame) -> np.ndarray:
        import numpy as np

        chosen = self.select(inputs)
        matrix = np.empty(chosen.shape)
        categories = categories_by_place(self._stored, self.header, chosen)
        for place, name in enumerate(self.columns):
            stored = categories.get(place)
            column = chosen[name]
            matrix[:, place] = numbers(column, "LightGBM") if stored is None else codes_of(column, stored)
        for place in self.header.categorical:
            matrix[:, place] = np.trunc(matrix[:, place])
        matrix[np.abs(matrix) <= _SMALLEST] = 0.0
        return matrix

    def labelled(self, matrix: pd.DataFrame) -> pd.DataFrame:
        """Rows of an array with categories in place of codes; an array with texts holds categories already.

        Raises:
            ModelError: Numbers stand for categories that are not codes.
        """
        return with_categories(matrix, self._stored, self.header)

    @property
    def _stored(self) -> list[list[Label]]:
        """The categories of each column that had pandas' type category in training."""
        return self._booster.pandas_categorical or []

    def _run(self, inputs: pd.DataFrame, *, raw: bool) -> np.ndarray:
        """The booster's own prediction, shape (rows,) or (rows, classes)."""
        import numpy as np

        return np.asarray(self._booster.predict(self.encode(inputs), raw_score=raw), dtype=float)

    def contributions(self, inputs: pd.DataFrame) -> Contributions | None:
        import numpy as np

        if self.trees is None:
            return None
        raw = np.asarray(self._booster.predict(self.encode(inputs), pred_contrib=True), dtype=float)
        values = raw.reshape(len(inputs), -1, len(self.columns) + 1).transpose(0, 2, 1)
        values = values / self.header.rounds_averaged
        return Contributions(values[:, :-1], values[0, -1], "LightGBM pred_contrib")

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        predicted = self._run(inputs, raw=False)
        return (predicted, None) if self.task == "regression" else self.most_probable(predicted)

    def scores(self, inputs: pd.DataFrame) -> Scores:
        """Raw scores; a random forest's are means over its rounds, as its predictions are."""
        raw = by_row(self._run(inputs, raw=True), len(inputs), len(self.outputs))
        return Scores(self.calibration[0] * (raw / self.header.rounds_averaged), self._unit)

    @property
    def _unit(self) -> str:
        if self.objective in {"binary", "cross_entropy"}:
            return "log-odds"
        return "target" if self.objective in _TARGET_OBJECTIVES and not self._squared else "margin"

    @property
    def linked(self) -> bool:
        return self.task == "classification" and self.link is not None

    @property
    def link(self) -> Link | None:
        if self.objective in _EXPONENTIAL_OBJECTIVES:
            return links.exponential()
        if self._squared:
            return links.elementwise(lambda scores: scores * abs(scores))
        if self.objective == "multiclassova":
            return links.logistic(float(self._parameters.get("sigmoid", 1)))
        if self.objective == "cross_entropy":
            return links.logistic()
        return None if self.objective == "cross_entropy_lambda" else super().link

    @property
    def importances(self) -> dict[str, np.ndarray]:
        import numpy as np

        methods = {"gain": "gain", "split_count": "split"}
        return {
            method: np.asarray(self._booster.feature_importance(kind), dtype=float)
            for method, kind in methods.items()
        }
