"""Calibrated classifiers: means of calibrators of their estimators' scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.base import Component, Composition
from mxt.predictors.base.outputs import BINARY
from mxt.predictors.sklearn.scales import gives_probabilities
from mxt.stats import links

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator
    from sklearn.calibration import _CalibratedClassifier

    from mxt.predictors.base import Predictor
    from mxt.predictors.sklearn.composition.parts import Make
    from mxt.stats.links import Link


def calibrated(core: BaseEstimator, columns: list[str], make: Make) -> Composition | None:
    """The mean of calibrated classifiers."""
    import numpy as np

    parts: list[Component] = []
    several = len(core.classes_) > BINARY
    for one in core.calibrated_classifiers_:
        predictor = make(one.estimator, columns)
        answer = response(one.estimator, predictor)
        calibrator = _calibrator(one, several=several)
        if answer is None or calibrator is None or len(predictor.classes) != len(core.classes_):
            return None
        weights = np.eye(len(predictor.outputs)) / len(core.calibrated_classifiers_)
        parts.append(Component(predictor, [*range(len(columns))], links.chain(answer, calibrator), weights))
    return Composition(tuple(parts), np.zeros(len(parts[0].weights)))


def response(estimator: BaseEstimator, predictor: Predictor) -> Link | None:
    """The link from a part's scores to its decision function, or to its probabilities if it has none."""
    if not hasattr(estimator, "decision_function"):
        return predictor.link
    if gives_probabilities(predictor.core):
        return None
    slope, intercept = predictor.calibration
    return links.Link(
        lambda scores: (scores - intercept) / slope, lambda values, _start, _end: values / slope
    )


def _calibrator(one: _CalibratedClassifier, *, several: bool) -> Link | None:
    """The link of one calibrated classifier, from its estimator's response to probabilities."""
    if one.method == "temperature":
        by_margin = hasattr(one.estimator, "decision_function")
        return _temperature(float(one.calibrators[0].beta_), several=several, by_margin=by_margin)
    if one.method == "sigmoid":
        made = [links.logistic(-float(each.a_), -float(each.b_)) for each in one.calibrators]
    elif one.method == "isotonic":
        made = [links.interpolated(each.X_thresholds_, each.y_thresholds_) for each in one.calibrators]
    else:
        return None
    return links.chain(links.beside(made), links.normalised()) if several else made[0]


def _temperature(warmth: float, *, several: bool, by_margin: bool) -> Link:
    """Temperature scaling: the response times the inverse temperature; of probabilities, their logarithms."""
    import numpy as np

    least = 1e-12  # scikit-learn's own
    if by_margin:
        return links.softmax(warmth) if several else links.logistic(2 * warmth)
    if several:
        return links.chain(links.elementwise(lambda chance: np.log(chance + least)), links.softmax(warmth))
    odds = links.elementwise(lambda chance: np.log(chance + least) - np.log(1 - chance + least))
    return links.chain(odds, links.logistic(warmth))
