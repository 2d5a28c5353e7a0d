"""Models of scikit-learn: estimators, pipelines, and sigmoid calibrations of either."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base import Contributions, Predictor, Scores
from mxt.predictors.base.columns import spelled
from mxt.predictors.sklearn import trees as sklearn
from mxt.predictors.sklearn.composition import Composition, compose
from mxt.predictors.sklearn.isolation import lengths_of
from mxt.predictors.sklearn.scales import gives_probabilities, raw_of_boosted, scale_of
from mxt.predictors.sklearn.sources import trace
from mxt.predictors.sklearn.wrappers import steps_of, uncalibrated
from mxt.predictors.xgboost.codes import dense

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd

    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.stats.links import Link


class SklearnPredictor(Predictor):
    """A fitted estimator; a pipeline's steps before the last are its encoding."""

    flavor: ClassVar[str] = "sklearn"

    def __init__(self, estimator: Any, columns: list[str]) -> None:
        from sklearn.base import is_classifier

        self._estimator = estimator
        self._fitted, self._sigmoid = uncalibrated(estimator)
        named = getattr(estimator, "feature_names_in_", None)
        if columns and type(estimator).__module__.startswith("lightgbm."):
            named = None  # LightGBM makes up names, and rewrites those it is given
        classes = [_plain(label) for label in estimator.classes_] if is_classifier(estimator) else []
        names = None if named is None else [str(name) for name in named]
        super().__init__(columns if names is None else spelled(names, columns) or names, classes)

    def __getstate__(self) -> dict[str, Any]:
        """All but the parts, whose links cannot be pickled; they are made again where they are needed."""
        return {name: value for name, value in vars(self).items() if name != "parts"}

    @property
    def native(self) -> object:
        return self._estimator

    @property
    def core(self) -> Any:
        return self._steps[-1]

    @property
    def _steps(self) -> list[Any]:
        return steps_of(self._fitted)

    @property
    def calibration(self) -> tuple[float, float]:
        if self._sigmoid is None and self._inner is not None:
            return self._inner.calibration
        return self._sigmoid or (1.0, 0.0)

    @property
    def _decides(self) -> bool:
        """Whether raw scores are the decisions of a classifier; of one class they are for another one."""
        found = bool(self.classes) and hasattr(self._fitted, "decision_function")
        return found and not gives_probabilities(self.core)

    @property
    def sources(self) -> list[int]:
        places = [*range(len(self.columns))]
        for step in self._steps[:-1]:
            places = trace(step, places)
        return places

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
        from mxt.predictors.base.library import predictor_of

        found = compose(self.core, self._seen, lambda part, columns: predictor_of(part, columns, []))
        if found is None or not self._sigmoid:
            return found
        slope, intercept = self._sigmoid
        parts = tuple(replace(part, weights=slope * part.weights) for part in found.parts)
        return Composition(parts, slope * found.intercept + intercept)

    def seen(self, inputs: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        if len(self._steps) == 1:
            return self.select(inputs)
        encoded = self._transformed(inputs)
        if hasattr(encoded, "toarray"):
            encoded = dense(encoded) if hasattr(self.core, "get_booster") else encoded.toarray()
        if isinstance(encoded, pd.DataFrame):
            return encoded.set_axis(self._seen, axis=1).set_axis(inputs.index)
        return pd.DataFrame(encoded, columns=self._seen, index=inputs.index)

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
        with _errors_told(self._fitted):
            return sklearn.tested(self.core, encoded.toarray() if hasattr(encoded, "toarray") else encoded)

    def _transformed(self, inputs: pd.DataFrame) -> Any:
        """What the steps before the last make of the inputs: a frame, or a matrix that may be sparse."""
        encoded: Any = self._prepared(inputs)
        with _errors_told(self._fitted):
            for step in self._steps[:-1]:
                encoded = encoded if step in {None, "passthrough"} else step.transform(encoded)
        return encoded

    @cached_property
    def _inner(self) -> Predictor | None:
        """A core model that is not scikit-learn's, as its own library predicts."""
        from mxt.predictors.base.library import predictor_of

        boosted = raw_of_boosted(self.core) is not None
        return predictor_of(self.core, self._seen, self.classes) if boosted else None

    @cached_property
    def trees(self) -> TreeEnsemble | None:
        found = sklearn.read_trees(self.core) if self._inner is None else self._inner.trees
        if found is None or self._inner is not None or len(self.classes) != 1 or not self._decides:
            return found
        return replace(found, values=-found.values, base=-found.base)

    def contributions(self, inputs: pd.DataFrame) -> Contributions | None:
        import numpy as np
        import shap

        if self._inner is not None:
            return self._inner.contributions(self.seen(inputs))
        if self.trees is None:
            return None
        encoded = self.encode(inputs)
        try:
            explainer = shap.TreeExplainer(self.core, feature_perturbation="tree_path_dependent")
            raw = np.asarray(explainer.shap_values(encoded, check_additivity=False), dtype=float)
        except Exception as error:
            msg = f"shap cannot explain this {type(self.core).__name__} ({type(error).__name__})."
            raise ModelError(msg) from error
        outputs = len(self.outputs)
        values = raw.reshape(len(inputs), len(self.sources), -1)[:, :, -outputs:]
        base = np.asarray(explainer.expected_value, dtype=float).reshape(-1)[-outputs:]
        return Contributions(values, base, "shap TreeExplainer")

    @property
    def outputs(self) -> list[str]:
        if self._inner is not None:
            return self._inner.outputs
        targets = 1 if self.classes else getattr(self.core, "n_outputs_", 1)
        return super().outputs if targets == 1 else [str(place) for place in range(targets)]

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        with _errors_told(self._estimator):
            return self._estimator.predict(self._prepared(inputs)), self.probabilities(inputs)

    def probabilities(self, inputs: pd.DataFrame) -> np.ndarray | None:
        chances = getattr(self._estimator, "predict_proba", None) if self.classes else None
        with _errors_told(self._estimator):
            return chances(self._prepared(inputs))[:, : len(self.classes)] if chances else None

    def scores(self, inputs: pd.DataFrame) -> Scores:
        import numpy as np

        if self._inner is not None:
            return self._inner.scores(self.seen(inputs))
        with _errors_told(self._fitted):
            raw = self._raw(inputs)
        slope, intercept = self.calibration
        values = slope * np.asarray(raw, dtype=float).reshape(len(inputs), -1) + intercept
        return Scores(values, "log-odds" if self._sigmoid else scale_of(self.core, self.classes)[0])

    def _raw(self, inputs: pd.DataFrame) -> np.ndarray:
        """What the model computes before any calibration and link."""
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
        import numpy as np

        if hasattr(self.core, "feature_importances_"):
            return {"impurity": np.asarray(self.core.feature_importances_, dtype=float)}
        if hasattr(self.core, "coef_"):
            return {"coefficient": np.abs(np.atleast_2d(self.core.coef_)).mean(axis=0)}
        return {}

    def _prepared(self, inputs: pd.DataFrame) -> Any:
        """A frame for models trained on frames, a matrix for models trained on matrices."""
        chosen = self.select(inputs)
        return chosen if hasattr(self._estimator, "feature_names_in_") else chosen.to_numpy()


def _plain(label: Any) -> Any:
    return label.item() if hasattr(label, "item") else label


@contextmanager
def _errors_told(estimator: object) -> Iterator[None]:
    """Tell a failed prediction without the cells that scikit-learn quotes."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        kind = type(error).__name__
        msg = f"The {type(estimator).__name__} refuses the inputs ({kind}); check their columns and types."
        raise ModelError(msg) from error
