"""Calibrated classifiers: means of calibrators of their estimators' scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.predictors.sklearn.composition.parts import Composition, Part
from mxt.predictors.sklearn.scales import gives_probabilities
from mxt.stats import links

if TYPE_CHECKING:
    from mxt.predictors.base import Predictor
    from mxt.predictors.sklearn.composition.parts import Make
    from mxt.stats.links import Link


def calibrated(core: Any, columns: list[str], make: Make) -> Composition | None:
    """The mean of calibrated classifiers."""
    import numpy as np

    parts: list[Part] = []
    several = len(core.classes_) > 2  # noqa: PLR2004 - two classes
    for one in core.calibrated_classifiers_:
        predictor = make(one.estimator, columns)
        told = response(one.estimator, predictor)
        calibrator = _calibrator(one, several, told_by_margin=hasattr(one.estimator, "decision_function"))
        if told is None or calibrator is None or len(predictor.classes) != len(core.classes_):
            return None
        weights = np.eye(len(predictor.outputs)) / len(core.calibrated_classifiers_)
        parts.append(Part(predictor, [*range(len(columns))], links.chain(told, calibrator), weights))
    return Composition(tuple(parts), np.zeros(len(parts[0].weights)))


def response(estimator: Any, predictor: Predictor) -> Link | None:
    """From a part's scores to its decision function, or where it has none to its probabilities."""
    if not hasattr(estimator, "decision_function"):
        return predictor.link
    if gives_probabilities(predictor.core):
        return None
    slope, intercept = predictor.calibration
    return links.Link(
        lambda scores: (scores - intercept) / slope, lambda values, _start, _end: values / slope
    )


def _calibrator(one: Any, several: bool, *, told_by_margin: bool) -> Link | None:  # noqa: FBT001 - a fact of the classes
    if one.method == "temperature":
        return _temperature(float(one.calibrators[0].beta_), several, told_by_margin=told_by_margin)
    if one.method == "sigmoid":
        made = [links.logistic(-float(found.a_), -float(found.b_)) for found in one.calibrators]
    elif one.method == "isotonic":
        made = [links.interpolated(found.X_thresholds_, found.y_thresholds_) for found in one.calibrators]
    else:
        return None
    return links.chain(links.beside(made), links.normalised()) if several else made[0]


def _temperature(warmth: float, several: bool, *, told_by_margin: bool) -> Link:  # noqa: FBT001 - as above
    """Margins times the inverse temperature; of probabilities, their logarithms."""
    import numpy as np

    least = 1e-12  # scikit-learn's own
    if told_by_margin:
        return links.softmax(warmth) if several else links.logistic(2 * warmth)
    if several:
        return links.chain(links.elementwise(lambda chance: np.log(chance + least)), links.softmax(warmth))
    odds = links.elementwise(lambda chance: np.log(chance + least) - np.log(1 - chance + least))
    return links.chain(odds, links.logistic(warmth))
