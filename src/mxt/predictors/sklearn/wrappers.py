"""What is wrapped around a fitted scikit-learn model: searches, thresholds, calibrations, pipelines."""

from __future__ import annotations

from typing import Any

from mxt.predictors.sklearn.scales import gives_probabilities, raw_of_boosted


def uncalibrated(estimator: Any) -> tuple[Any, tuple[float, float] | None]:
    """The model under wrappers that keep its scores, and the slope and intercept of a sigmoid calibration.

    A calibration is taken apart if it is the only one, of two classes, and of the very scores of the model.
    """
    from sklearn.calibration import CalibratedClassifierCV

    model = _unwrapped(estimator)
    if not isinstance(model, CalibratedClassifierCV):
        return model, None
    parts = model.calibrated_classifiers_
    sigmoids = [part.calibrators for part in parts if part.method == "sigmoid"]
    inner = _unwrapped(parts[0].estimator)
    core = getattr(inner, "steps", [("", inner)])[-1][1]
    if len(parts) != 1 or [len(found) for found in sigmoids] != [1] or raw_of_boosted(core):
        return model, None
    if gives_probabilities(core) and hasattr(inner, "decision_function"):
        return model, None
    return inner, (-float(sigmoids[0][0].a_), -float(sigmoids[0][0].b_))


def steps_of(model: Any) -> list[Any]:
    """The steps of a pipeline, those of a pipeline at its end included; of another model, itself."""
    model = _unwrapped(model)
    steps = [step for _, step in getattr(model, "steps", [])]
    return [*steps[:-1], *steps_of(steps[-1])] if steps else [model]


def _unwrapped(estimator: Any) -> Any:
    """The model inside searches, frozen estimators and chosen thresholds."""
    inner = {"FrozenEstimator": "estimator", "FixedThresholdClassifier": "estimator_"}
    while True:
        found = getattr(estimator, inner.get(type(estimator).__name__, "best_estimator_"), None)
        if found is None and type(estimator).__name__ == "TunedThresholdClassifierCV":
            found = estimator.estimator_
        if found is None:
            return estimator
        estimator = found
