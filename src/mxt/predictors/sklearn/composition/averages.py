"""Votes and bags: means of what their estimators predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.predictors.sklearn.composition.parts import Composition, Part

if TYPE_CHECKING:
    import numpy as np

    from mxt.predictors.sklearn.composition.parts import Make


def voting(core: Any, columns: list[str], make: Make) -> Composition | None:
    """The mean of probabilities or predictions, weighted as the voters are."""
    given = core.weights if core.weights is not None else [1.0] * len(core.estimators)
    shares = [share for share, (_, one) in zip(given, core.estimators, strict=True) if one != "drop"]
    return averaged(core, [[*range(len(columns))]] * len(shares), shares, columns, make)


def averaged(
    core: Any, features: list[list[int]], shares: list[float], columns: list[str], make: Make
) -> Composition | None:
    """The mean of what the estimators predict, each over its own columns."""
    import numpy as np

    labels = [*range(len(core.classes_))] if hasattr(core, "classes_") else []
    outputs = 1 if len(labels) <= 2 else len(labels)  # noqa: PLR2004 - two classes
    parts, intercept = [], np.zeros(outputs)
    for estimator, places, share in zip(core.estimators_, features, shares, strict=True):
        predictor = make(estimator, [columns[place] for place in places])
        if predictor.link is None or (labels and not hasattr(estimator, "predict_proba")):
            return None
        offset, weights = _chances(predictor.classes, labels) if labels else (np.zeros(1), np.eye(1))
        scale = share / sum(shares)
        intercept += scale * offset[-outputs:]
        parts.append(Part(predictor, places, predictor.link, scale * weights[:, -outputs:]))
    return Composition(tuple(parts), intercept)


def _chances(known: list[Any], labels: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of `labels`, as offset plus outputs times weights, from a model of the classes `known`.

    A model of one class is always sure, one of two tells the second's probability.
    """
    import numpy as np

    places = [labels.index(label) for label in known]
    offset, weights = np.zeros(len(labels)), np.zeros((max(1, len(known)), len(labels)))
    if len(known) > 2:  # noqa: PLR2004 - two classes
        weights[range(len(known)), places] = 1
        return offset, weights
    offset[places[0]] = 1
    if len(known) == 1:
        return offset, weights
    weights = np.zeros((1, len(labels)))
    weights[0, places] = [-1, 1]
    return offset, weights
