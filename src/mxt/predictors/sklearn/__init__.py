"""Models of scikit-learn: estimators, pipelines, and sigmoid calibrations of either."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.predictors.base import Composition, Predictor
from mxt.predictors.base.columns import plain_extensions, spelled
from mxt.predictors.base.library import predictor_of
from mxt.predictors.base.outputs import Contributions, Scores, by_row, of_no_rows, plain
from mxt.predictors.base.refusals import refusals
from mxt.predictors.sklearn import trees
from mxt.predictors.sklearn.categories import categories_of
from mxt.predictors.sklearn.composition import compose
from mxt.predictors.sklearn.isolation import lengths_of
from mxt.predictors.sklearn.scales import gives_probabilities, importances_of, scale_of
from mxt.predictors.sklearn.sound import estimator_of
from mxt.predictors.sklearn.sources import trace_all
from mxt.predictors.sklearn.wrappers import is_foreign, steps_of, uncalibrated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from scipy.sparse import spmatrix
    from sklearn.base import BaseEstimator

    from mxt.predictors.base.outputs import Label
    from mxt.predictors.base.stored import Hazard, Stored
    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.stats.links import Link
_REFUSED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError)


class SklearnPredictor(Predictor):
    """A fitted estimator of scikit-learn's interface; a pipeline's steps before the last are its encoding.

    A core model of a library that has a predictor of its own, such as a booster, is left to that predictor.
    """

    library: ClassVar[str] = "sklearn"
    flavor: ClassVar[str] = "sklearn"
    precedence: ClassVar[int] = 3
    flavor_module: ClassVar[str] = "mlflow.sklearn"

    def __init__(self, native: BaseEstimator, columns: list[str], classes: Sequence[Label] = ()) -> None:
        from sklearn.base import is_classifier

        del classes  # a classifier knows its labels, and a regressor has none
        self._fitted, self._sigmoid = uncalibrated(native)
        named = [str(name) for name in getattr(native, "feature_names_in_", columns)]
        labels = plain(native.classes_) if is_classifier(native) else []
        super().__init__(native, spelled(named, columns) or named, labels)

    @classmethod
    def hazards(cls, stored: Stored) -> tuple[Hazard, ...]:
        stored.kept["native"], found = estimator_of(stored)
        return found

    @classmethod
    def restored(cls, stored: Stored) -> BaseEstimator:
        return stored.kept["native"]

    def __getstate__(self) -> dict[str, object]:
        """All but the parts, whose links cannot be pickled; they are made again where they are needed."""
        return {name: value for name, value in vars(self).items() if name != "parts"}

    @property
    def log_arguments(self) -> tuple[object, dict[str, object]]:
        """The estimator in the format of skops, with the types that it is made of declared."""
        import skops.io

        types = skops.io.get_untrusted_types(data=skops.io.dumps(self.native))
        return self.native, {"serialization_format": "skops", "skops_trusted_types": types}

    @property
    def core(self) -> Any:
        return self._steps[-1]

    @property
    def _steps(self) -> list[BaseEstimator]:
        return steps_of(self._fitted)

    @cached_property
    def _inner(self) -> Predictor | None:
        """The predictor of a core model that is of another library."""
        return predictor_of(self.core, self._seen, self.classes) if is_foreign(self.core) else None

    @property
    def calibration(self) -> tuple[float, float]:
        if self._sigmoid is None and self._inner is not None:
            return self._inner.calibration
        return self._sigmoid or (1.0, 0.0)

    @property
    def _decides(self) -> bool:
        """Whether raw scores are a classifier's decisions; with one class they are for an absent second."""
        decides = bool(self.classes) and hasattr(self._fitted, "decision_function")
        return decides and not gives_probabilities(self.core)

    @property
    def sources(self) -> list[int]:
        steps, places = self._steps[:-1], [*range(len(self.columns))]
        return trace_all(steps, places, getattr(self.core, "n_features_in_", None)) if steps else places

    @cached_property
    def categories(self) -> Mapping[str, pd.Index]:
        named = hasattr(self.native, "feature_names_in_")
        return categories_of(self._steps[:-1], self.columns) if named else {}

    @property
    def linked(self) -> bool:
        own = self._inner is not None and self._inner.linked and self.link is not None
        return self._sigmoid is not None or own

    @property
    def link(self) -> Link | None:
        from mxt.stats.links import logistic

        if self._sigmoid:
            return logistic()
        return scale_of(self.core, self.classes)[1] if self._inner is None else self._inner.link

    @cached_property
    def parts(self) -> Composition | None:
        whole = compose(self.core, self._seen, lambda part, columns: predictor_of(part, columns, []))
        if whole is None or not self._sigmoid:
            return whole
        slope, intercept = self._sigmoid
        parts = tuple(replace(part, weights=slope * part.weights) for part in whole.parts)
        return Composition(parts, slope * whole.intercept + intercept)

    def seen(self, inputs: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        if len(self._steps) == 1:
            return self.select(inputs)
        encoded = self._transformed(inputs)
        if hasattr(encoded, "toarray"):
            encoded = self.dense(encoded)
        if isinstance(encoded, pd.DataFrame):
            return encoded.set_axis(self._seen, axis=1).set_axis(inputs.index)
        return pd.DataFrame(encoded, columns=self._seen, index=inputs.index)

    def dense(self, matrix: spmatrix) -> np.ndarray:
        return super().dense(matrix) if self._inner is None else self._inner.dense(matrix)

    @property
    def _seen(self) -> list[str]:
        """Names of the columns that the core model sees."""
        if len(self._steps) == 1:
            return self.columns
        named = getattr(self.core, "feature_names_in_", range(len(self.sources)))
        return [str(name) for name in named]

    def encode(self, inputs: pd.DataFrame) -> Any:
        if self._inner is not None:
            return self._inner.encode(self.seen(inputs))
        encoded = self._transformed(inputs)
        with refusals(type(self._fitted).__name__, *_REFUSED):
            return trees.tested(self.core, encoded.toarray() if hasattr(encoded, "toarray") else encoded)

    def _transformed(self, inputs: pd.DataFrame) -> Any:
        """The inputs after the steps before the last: a frame, or a matrix that may be sparse."""
        import numpy as np

        encoded = self._prepared(inputs)
        if not len(inputs):  # which many steps refuse
            return encoded if len(self._steps) == 1 else np.empty((0, len(self._seen)))
        with refusals(type(self._fitted).__name__, *_REFUSED):
            for step in self._steps[:-1]:
                encoded = encoded if step in {None, "passthrough"} else step.transform(encoded)
        return encoded

    @cached_property
    def trees(self) -> TreeEnsemble | None:
        if self._inner is not None:
            return self._inner.trees
        ensemble = trees.read_trees(self.core)
        if ensemble is None or len(self.classes) != 1 or not self._decides:
            return ensemble
        return replace(ensemble, values=-ensemble.values, base=-ensemble.base)

    def contributions(self, inputs: pd.DataFrame) -> Contributions | None:
        if self._inner is not None:
            return self._inner.contributions(self.seen(inputs))
        if self.trees is None:
            return None
        return trees.by_shap(self.core, self.encode(inputs), len(self.outputs))

    @property
    def outputs(self) -> list[str]:
        if self._inner is not None:
            return self._inner.outputs
        targets = 1 if self.classes else getattr(self.core, "n_outputs_", 1)
        return super().outputs if targets == 1 else [str(place) for place in range(targets)]

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        if not len(inputs):
            return of_no_rows(self.classes, chances=self._gives_chances)
        with refusals(type(self.native).__name__, *_REFUSED):
            return self.native.predict(self._prepared(inputs)), self.probabilities(inputs)

    def probabilities(self, inputs: pd.DataFrame) -> np.ndarray | None:
        if not self._gives_chances or not len(inputs):
            return of_no_rows(self.classes, chances=self._gives_chances)[1]
        with refusals(type(self.native).__name__, *_REFUSED):
            return self.native.predict_proba(self._prepared(inputs))[:, : len(self.classes)]

    @property
    def _gives_chances(self) -> bool:
        return bool(self.classes) and hasattr(self.native, "predict_proba")

    def scores(self, inputs: pd.DataFrame) -> Scores:
        import numpy as np

        if self._inner is not None:
            return self._inner.scores(self.seen(inputs))
        with refusals(type(self._fitted).__name__, *_REFUSED):
            raw = self._raw(inputs) if len(inputs) else np.empty((0, len(self.outputs)))
        slope, intercept = self.calibration
        values = slope * by_row(np.asarray(raw, dtype=float), len(inputs), len(self.outputs)) + intercept
        return Scores(values, "log-odds" if self._sigmoid else scale_of(self.core, self.classes)[0])

    def _raw(self, inputs: pd.DataFrame) -> np.ndarray:
        """The model's output before any calibration and link."""
        import numpy as np

        prepared, unit = self._prepared(inputs), scale_of(self.core, self.classes)[0]
        if unit == "path length":
            return lengths_of(self.core, self._fitted.score_samples(prepared))
        if not self.classes:
            numbers = self._fitted.predict(prepared)
            return np.log(numbers) if unit == "margin" else numbers
        if self._decides:
            decisions = self._fitted.decision_function(prepared)
            return -decisions if len(self.classes) == 1 else decisions
        return self._fitted.predict_proba(prepared)[:, : len(self.classes)][:, -len(self.outputs) :]

    @property
    def importances(self) -> dict[str, np.ndarray]:
        return importances_of(self.core)

    def _prepared(self, inputs: pd.DataFrame) -> np.ndarray | pd.DataFrame:
        """A frame for models trained on frames, a matrix for models trained on matrices."""
        chosen = plain_extensions(self.select(inputs))
        return chosen if hasattr(self.native, "feature_names_in_") else chosen.to_numpy()
