"""Votes and bags: means of their estimators' predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.base import Component, Composition
from mxt.predictors.base.outputs import BINARY, Label

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import BaseEstimator

    from mxt.predictors.sklearn.composition.parts import Make


def voting(core: BaseEstimator, columns: list[str], make: Make) -> Composition | None:
    """A vote: the mean of probabilities or predictions, weighted as the voters are."""
    given = core.weights if core.weights is not None else [1.0] * len(core.estimators)
    shares = [share for share, (_, one) in zip(given, core.estimators, strict=True) if one != "drop"]
    return averaged(core, [[*range(len(columns))]] * len(shares), shares, columns, make)


def averaged(
    core: BaseEstimator, features: list[list[int]], shares: list[float], columns: list[str], make: Make
) -> Composition | None:
    """The mean of the estimators' predictions, each over its own columns."""
    import numpy as np

    labels: list[Label] = [*range(len(core.classes_))] if hasattr(core, "classes_") else []
    outputs = 1 if len(labels) <= BINARY else len(labels)
    parts, intercept = [], np.zeros(outputs)
    for estimator, places, share in zip(core.estimators_, features, shares, strict=True):
        predictor = make(estimator, [columns[place] for place in places])
        if predictor.link is None or (labels and not hasattr(estimator, "predict_proba")):
            return None
        offset, weights = _chances(predictor.classes, labels) if labels else (np.zeros(1), np.eye(1))
        scale = share / sum(shares)
        intercept += scale * offset[-outputs:]
        parts.append(Component(predictor, places, predictor.link, scale * weights[:, -outputs:]))
    return Composition(tuple(parts), intercept)


def _chances(known: list[Label], labels: list[Label]) -> tuple[np.ndarray, np.ndarray]:
    """Offset and weights from the outputs of a model of the classes `known` to probabilities of `labels`.

    A model of one class is always sure; the only output of a model of two is the second's probability.
    """
    import numpy as np

    places = [labels.index(label) for label in known]
    offset, weights = np.zeros(len(labels)), np.zeros((max(1, len(known)), len(labels)))
    if len(known) > BINARY:
        weights[range(len(known)), places] = 1
        return offset, weights
    offset[places[0]] = 1
    if len(known) == 1:
        return offset, weights
    weights = np.zeros((1, len(labels)))
    weights[0, places] = [-1, 1]
    return offset, weights
