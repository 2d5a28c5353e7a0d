"""The law of compositions, by the whole model's own predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from mxt.predictors.base import Composition
from mxt.predictors.sklearn import SklearnPredictor

ROWS = np.random.default_rng(0).normal(size=(80, 3))
NAMES = ["a", "b", "c"]
NUMBERS = ROWS[:, 0] + ROWS[:, 1] ** 2


def labels(classes: int) -> np.ndarray:
    return np.digitize(NUMBERS, [0.5, 1.5][: classes - 1])


def composed(model: Any) -> tuple[SklearnPredictor, Composition]:
    predictor = SklearnPredictor(model, NAMES)
    assert predictor.parts is not None
    return predictor, predictor.parts


def sums(composition: Composition) -> np.ndarray:
    """Intercept, and the parts' scores through their links and weights, shape (rows, outputs)."""
    import pandas as pd

    table, whole = pd.DataFrame(ROWS, columns=NAMES), np.tile(composition.intercept, (len(ROWS), 1))
    for part in composition.parts:
        scores = part.predictor.scores(table.iloc[:, part.places]).values
        whole = whole + part.link.apply(scores) @ part.weights
    return whole
