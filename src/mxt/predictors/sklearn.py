"""Models of scikit-learn: estimators, pipelines, and sigmoid calibrations of either."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base import Predictor, Scores
from mxt.predictors.sources import trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd


class SklearnPredictor(Predictor):
    """A fitted estimator; a pipeline's steps before the last are its encoding."""

    flavor: ClassVar[str] = "sklearn"

    def __init__(self, estimator: Any, columns: list[str]) -> None:
        from sklearn.base import is_classifier

        self._estimator = estimator
        self._fitted, self._sigmoid = _uncalibrated(estimator)
        named = getattr(estimator, "feature_names_in_", None)
        classes = [_plain(label) for label in estimator.classes_] if is_classifier(estimator) else []
        super().__init__([str(name) for name in named] if named is not None else columns, classes)

    @property
    def native(self) -> object:
        return self._estimator

    @property
    def core(self) -> Any:
        return self._steps[-1]

    @property
    def _steps(self) -> list[Any]:
        return [step for _, step in getattr(self._fitted, "steps", [("", self._fitted)])]

    @property
    def calibration(self) -> tuple[float, float]:
        return self._sigmoid or (1.0, 0.0)

    @property
    def sources(self) -> list[int]:
        places = [*range(len(self.columns))]
        for step in self._steps[:-1]:
            places = trace(step, places)
        return places

    def encode(self, inputs: pd.DataFrame) -> Any:
        encoded: Any = self._prepared(inputs)
        with _errors_told(self._fitted):
            for step in self._steps[:-1]:
                encoded = encoded if step in {None, "passthrough"} else step.transform(encoded)
        return encoded.toarray() if hasattr(encoded, "toarray") else encoded

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        prepared = self._prepared(inputs)
        with _errors_told(self._estimator):
            labels = self._estimator.predict(prepared)
            chances = getattr(self._estimator, "predict_proba", None) if self.classes else None
            return labels, chances(prepared) if chances else None

    def scores(self, inputs: pd.DataFrame) -> Scores:
        import numpy as np

        with _errors_told(self._fitted):
            raw, unit = self._raw(inputs)
        slope, intercept = self.calibration
        values = slope * np.asarray(raw, dtype=float).reshape(len(inputs), -1) + intercept
        return Scores(values, "log-odds" if self._sigmoid else unit)

    def _raw(self, inputs: pd.DataFrame) -> tuple[np.ndarray, str]:
        """What the model computes before any calibration, and its unit."""
        prepared, binary = self._prepared(inputs), len(self.outputs) == 1
        if not self.classes:
            return self._fitted.predict(prepared), "target"
        if type(self.core).__module__.startswith("xgboost."):
            return self.core.predict(
                self.encode(inputs), output_margin=True
            ), "log-odds" if binary else "margin"
        if hasattr(self._fitted, "decision_function"):
            unit = "log-odds" if binary and hasattr(self._fitted, "predict_proba") else "margin"
            return self._fitted.decision_function(prepared), unit
        chances = self._fitted.predict_proba(prepared)
        return chances[:, 1:] if binary else chances, "probability"

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


def _uncalibrated(estimator: Any) -> tuple[Any, tuple[float, float] | None]:
    """The model under a sigmoid calibration of two classes, with its slope and intercept in log-odds."""
    from sklearn.calibration import CalibratedClassifierCV

    if not isinstance(estimator, CalibratedClassifierCV):
        return estimator, None
    parts = estimator.calibrated_classifiers_
    sigmoids = [part.calibrators for part in parts if part.method == "sigmoid"]
    if len(parts) != 1 or [len(found) for found in sigmoids] != [1]:
        return estimator, None
    inner = parts[0].estimator
    return getattr(inner, "estimator", inner) if type(inner).__name__ == "FrozenEstimator" else inner, (
        -float(sigmoids[0][0].a_),
        -float(sigmoids[0][0].b_),
    )


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
