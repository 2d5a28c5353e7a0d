"""Models whose SHAP values are known for any number of columns: games of sets of cells, 1 against a 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin

from mxt.predictors.sklearn import SklearnPredictor

if TYPE_CHECKING:
    from collections.abc import Callable


class Known(NamedTuple):
    """A model, a row to explain, its background, and the values of the row."""

    predictor: SklearnPredictor
    row: pd.DataFrame
    background: pd.DataFrame
    values: np.ndarray
    """Shape (columns,)."""

    def rows(self, count: int) -> pd.DataFrame:
        """The row under several ids, each of which has its own chance."""
        return pd.concat([self.row] * count, ignore_index=True)


class Worth(RegressorMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn publishes no types
    """Predicts what a set of columns is worth."""

    def __init__(self, worth: Callable[[np.ndarray], np.ndarray]) -> None:
        self.worth = worth

    def predict(self, inputs: pd.DataFrame) -> np.ndarray:
        """The worth of the columns whose cells are 1, shape (rows,)."""
        return self.worth(np.asarray(inputs) > 0.5)


def known(worth: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> Known:
    """The model of a game with these values."""
    names = [f"c{place}" for place in range(len(values))]
    row, background = (pd.DataFrame(np.full((1, len(names)), cell), columns=names) for cell in (1.0, 0.0))
    return Known(SklearnPredictor(Worth(worth), names), row, background, values)


def products(columns: int) -> Known:
    """A line, and products of three columns that each have another cell in the background."""
    chance = np.random.default_rng(columns)
    line, trios = chance.normal(size=columns), chance.permutation(columns)[: columns // 3 * 3].reshape(-1, 3)
    own, other = chance.normal(size=(2, len(trios), 3))
    values = line.copy()
    for place in range(3):
        left, right = (place + 1) % 3, (place + 2) % 3
        ends = own[:, left] * own[:, right] + other[:, left] * other[:, right]
        mixed = own[:, left] * other[:, right] + other[:, left] * own[:, right]
        values[trios[:, place]] += (own[:, place] - other[:, place]) * (ends / 3 + mixed / 6)

    def worth(sets: np.ndarray) -> np.ndarray:
        return sets @ line + np.where(sets[:, trios], own, other).prod(axis=2).sum(axis=1)

    return known(worth, values)


def largest(columns: int) -> Known:
    """The largest number of a set: the airport game, Littlechild and Owen 1973, doi:10.1287/mnsc.20.3.370."""
    sizes = np.sort(np.abs(np.random.default_rng(columns).normal(size=columns)))
    values = np.cumsum(np.diff(sizes, prepend=0) / np.arange(columns, 0, -1))
    return known(lambda sets: np.where(sets, sizes, 0).max(axis=1), values)


def counted(columns: int) -> Known:
    """A steep curve of the number of columns in a set, and a line."""
    line = np.random.default_rng(columns).normal(size=columns) / columns

    def curve(share: np.ndarray) -> np.ndarray:
        return np.asarray(np.tanh(6 * (share - 0.4)))

    ends = curve(np.array([0.0, 1.0]))
    return known(lambda sets: curve(sets.mean(axis=1)) + sets @ line, line + (ends[1] - ends[0]) / columns)
