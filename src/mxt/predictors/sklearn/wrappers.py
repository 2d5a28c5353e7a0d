"""What may be wrapped around a fitted scikit-learn model: searches, thresholds, calibrations, pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.base.library import library_of, predictor_class
from mxt.predictors.sklearn.scales import gives_probabilities

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

_INNER = {
    "FrozenEstimator": "estimator",
    "FixedThresholdClassifier": "estimator_",
    "TunedThresholdClassifierCV": "estimator_",
}
"""Where a wrapper keeps its fitted model, by the wrapper's class; searches keep it in ``best_estimator_``."""


def uncalibrated(estimator: BaseEstimator) -> tuple[BaseEstimator, tuple[float, float] | None]:
    """The model under wrappers that keep its scores, and the slope and intercept of a sigmoid calibration.

    A calibration is taken apart if it is the only one, of two classes, and of the very scores of the model.
    """
    from sklearn.calibration import CalibratedClassifierCV

    model = unwrapped(estimator)
    if not isinstance(model, CalibratedClassifierCV):
        return model, None
    parts = model.calibrated_classifiers_
    sigmoids = [part.calibrators for part in parts if part.method == "sigmoid"]
    inner = unwrapped(parts[0].estimator)
    core = getattr(inner, "steps", [("", inner)])[-1][1]
    if len(parts) != 1 or [len(each) for each in sigmoids] != [1] or is_foreign(core):
        return model, None
    if gives_probabilities(core) and hasattr(inner, "decision_function"):
        return model, None
    return inner, (-float(sigmoids[0][0].a_), -float(sigmoids[0][0].b_))


def is_foreign(core: BaseEstimator) -> bool:
    """Whether a model's class is of another library that has a predictor of its own."""
    library = library_of(type(core))
    return library != "sklearn" and predictor_class(library) is not None


def steps_of(model: BaseEstimator) -> list[BaseEstimator]:
    """The steps of a pipeline, with the steps of a pipeline at its end; another model is its only step."""
    model = unwrapped(model)
    steps = [step for _, step in getattr(model, "steps", [])]
    return [*steps[:-1], *steps_of(steps[-1])] if steps else [model]


def unwrapped(estimator: BaseEstimator) -> BaseEstimator:
    """The model inside searches, frozen estimators and chosen thresholds."""
    while True:
        inner = getattr(estimator, _INNER.get(type(estimator).__name__, "best_estimator_"), None)
        if inner is None:
            return estimator
        estimator = inner
