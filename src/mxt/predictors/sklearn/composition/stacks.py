"""Stacks with a linear last model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.base import Component, Composition
from mxt.predictors.sklearn.composition.calibrations import response
from mxt.predictors.sklearn.composition.parts import is_affine
from mxt.stats import links

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import BaseEstimator

    from mxt.predictors.sklearn.composition.parts import Make


def stacked(core: BaseEstimator, columns: list[str], make: Make) -> Composition | None:
    """A linear model of the estimators' predictions, and perhaps of the columns themselves."""
    last = _linear(core.final_estimator_)
    if last is None:
        return None
    coefficients, intercept = last
    parts, start = [], 0
    for estimator, method in zip(core.estimators_, core.stack_method_, strict=True):
        predictor = make(estimator, columns)
        classified = bool(predictor.classes)
        link = predictor.link if method != "decision_function" else response(estimator, predictor)
        if link is None or (classified and method == "predict"):
            return None
        end = start + len(predictor.outputs)
        parts.append(Component(predictor, [*range(len(columns))], link, coefficients[:, start:end].T))
        start = end
    if core.passthrough:
        parts += _passed_through(coefficients[:, start:], columns, make)
    return Composition(tuple(parts), intercept)


def _passed_through(coefficients: np.ndarray, columns: list[str], make: Make) -> list[Component]:
    """One linear model for each output, over the columns that a stack passes to its last model unchanged."""
    import numpy as np
    from sklearn.linear_model import LinearRegression

    parts = []
    for output, weights in enumerate(coefficients):
        model = LinearRegression()
        model.coef_, model.intercept_, model.n_features_in_ = weights, 0.0, len(columns)
        unit = np.eye(len(coefficients))[output : output + 1]
        parts.append(Component(make(model, columns), [*range(len(columns))], links.identity(), unit))
    return parts


def _linear(model: BaseEstimator) -> tuple[np.ndarray, np.ndarray] | None:
    """Coefficients, shape (outputs, columns), and intercept, shape (outputs,), of a linear model's score."""
    import numpy as np

    steps = [step for _, step in getattr(model, "steps", [("", model)])]
    logarithmic = {"GammaRegressor", "PoissonRegressor", "TweedieRegressor"}
    last = steps[-1]
    if (
        not hasattr(last, "coef_")
        or type(last).__name__ in logarithmic
        or not all(map(is_affine, steps[:-1]))
    ):
        return None
    coefficients = np.atleast_2d(last.coef_)
    moved = np.vstack([np.zeros(model.n_features_in_), np.eye(model.n_features_in_)])
    for step in steps[:-1]:
        moved = np.asarray(step.transform(moved)) if hasattr(step, "transform") else moved
    intercept = np.atleast_1d(last.intercept_) + coefficients @ moved[0]
    return coefficients @ (moved[1:] - moved[0]).T, intercept
