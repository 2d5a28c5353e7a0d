"""Tables and fitted estimators, for the tests of all that reads their trees."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mxt.predictors.sklearn import SklearnPredictor
from predictors.walk import walk

if TYPE_CHECKING:
    from mxt.predictors.base.trees import TreeEnsemble


LETTERS = list("pqrstuvwxyz")


def numbers(rows: int = 250, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(rows, 4)), columns=list("abcd"))


def gaps(seed: int = 0) -> pd.DataFrame:
    found = numbers(seed=seed)
    return found.mask(np.random.default_rng(seed).random(found.shape) < 0.15)


def categories(seed: int = 0) -> pd.DataFrame:
    """Gaps, and categories of texts and of numbers between the numbers."""
    random, found = np.random.default_rng(seed), gaps(seed)
    letters = random.choice(LETTERS, len(found)).astype(object)
    letters[random.random(len(found)) < 0.1] = None
    found.insert(1, "letter", pd.Series(pd.Categorical(letters, categories=LETTERS)))
    return found.assign(size=pd.Categorical(random.choice([3, 7, 11], len(found)), categories=[3, 7, 11]))


def target(inputs: pd.DataFrame) -> np.ndarray:
    raw = inputs["a"].fillna(1).to_numpy() * 2 + inputs["b"].fillna(0).to_numpy() ** 2
    return raw + inputs["letter"].cat.codes.to_numpy() % 3 if "letter" in inputs else raw


def labels(inputs: pd.DataFrame, classes: int) -> np.ndarray:
    return np.array(["u", "v", "w"])[np.clip(np.digitize(target(inputs), [0.5, 2]), 0, classes - 1)]


def predictor_of(estimator: Any, inputs: pd.DataFrame, truth: Any) -> SklearnPredictor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SklearnPredictor(estimator.fit(inputs, truth), list(inputs.columns))


def trees_of(predictor: SklearnPredictor) -> TreeEnsemble:
    assert predictor.trees is not None
    return predictor.trees


def close(predictor: SklearnPredictor, inputs: pd.DataFrame, noise: float = 1e-12) -> None:
    """The law of the ensemble, for all rows and for one alone."""
    trees = trees_of(predictor)
    assert trees.values.shape[1] == len(predictor.outputs)
    assert trees.columns == len(predictor.sources)
    for rows in (inputs, inputs.tail(1)):
        own = predictor.scores(rows).values
        np.testing.assert_allclose(walk(trees, predictor.encode(rows)), own, rtol=noise, atol=noise)


def adversarial(trees: TreeEnsemble, rows: int) -> pd.DataFrame:
    """Doubles at, just above and just below splits, and where rounding to float32 turns."""
    random, columns = np.random.default_rng(0), []
    for place in range(trees.columns):
        splits = np.unique(trees.threshold[trees.feature == place])
        single = splits.astype(np.float32)
        near = [np.nextafter(single, np.float32(end)).astype(float) for end in (-np.inf, np.inf)]
        turns = [(single.astype(float) + one) / 2 for one in near]
        edges = np.concatenate([splits, single.astype(float), *near, *turns])
        edges = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)])
        columns.append(random.choice(edges, rows))
    return pd.DataFrame(np.column_stack(columns), columns=list("abcd"))
