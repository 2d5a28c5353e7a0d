"""Fitting a recipe again: to folds of a table, and to permuted targets."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    import pandas as pd

    from mxt.metrics.base import Metric
    from mxt.models.base import Recipe


@dataclass(frozen=True)
class Table:
    """What a recipe learns from; the same rows in both."""

    inputs: pd.DataFrame
    targets: pd.Series[Any]


@dataclass(frozen=True)
class Refit:
    """One fit: a recipe, a table, and the places of the rows to fit and to score."""

    recipe: Recipe
    table: Table
    train: np.ndarray
    test: np.ndarray

    def score(self, metric: Metric) -> float:
        """The score on the test rows of the model fitted to the training rows."""
        inputs, targets = self.table.inputs, self.table.targets
        model = self.recipe.fit(inputs.iloc[self.train], targets.iloc[self.train])
        return metric.score(targets.iloc[self.test], model.predictor.predict(inputs.iloc[self.test]))


def first_fold(recipe: Recipe, table: Table, count: int) -> Refit:
    """The first of so many folds, which only the order of the rows and their targets decide."""
    return Refit(recipe, table, *next(folds(recipe, table.targets, count)))


def permuted(table: Table, seed: int, number: int) -> Table:
    """The table with its targets in another order, which the seed and a number decide."""
    import numpy as np

    order = np.random.default_rng([seed, number]).permutation(len(table.targets))
    return Table(table.inputs, table.targets.iloc[order].set_axis(table.targets.index))


def folds(
    recipe: Recipe, targets: pd.Series[Any], count: int, repeats: int = 1, seed: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places of the training and test rows of each fold, by scikit-learn: stratified for classes."""
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    kind = RepeatedKFold if recipe.task == "regression" else RepeatedStratifiedKFold
    yield from kind(n_splits=count, n_repeats=repeats, random_state=seed).split(targets, targets)


def scores(refits: Iterable[Refit], metric: Metric, workers: int) -> Iterator[float]:
    """The score of each refit in its order, with so many processes; what is not asked for is not finished."""
    yield from parallel(_Score(metric), refits, workers)


@dataclass(frozen=True)
class _Score:
    metric: Metric

    def __call__(self, refit: Refit) -> float:
        return refit.score(self.metric)


def parallel(function: Callable[[Any], Any], tasks: Iterable[Any], workers: int) -> Iterator[Any]:
    """What `function` says of each task in its order, with so many processes."""
    if workers == 1:
        yield from map(function, tasks)
        return
    import warnings

    from joblib import Parallel, delayed

    call = delayed(function)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*adjusting the input task iterator", UserWarning)
        with closing(Parallel(n_jobs=workers, return_as="generator")(call(task) for task in tasks)) as found:
            yield from found
