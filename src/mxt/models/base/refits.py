"""Fitting a recipe again: to folds of a table, and to permuted targets."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mxt.datasets.folds import folds
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    import pandas as pd

    from mxt.datasets.splitters.base import Splitter
    from mxt.metrics.base import Metric
    from mxt.models.base import Recipe


@dataclass(frozen=True)
class Table:
    """What a recipe learns from, and how its rows may be cut; the order of rows is one of their ids."""

    inputs: pd.DataFrame
    targets: pd.Series[Any]
    splitter: Splitter
    """How rows were held out from training: folds keep groups together and go by time as it does."""
    keys: pd.DataFrame
    """The columns that the splitter looks at."""

    def folds(self, recipe: Recipe, count: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Places of the training and test rows of each fold.

        Raises:
            DataError: There are too few rows, rows of a class, or groups.
        """
        name = str(self.targets.name)
        keyed = self.keys.assign(**{name: self.targets})
        return folds(keyed, name, self.splitter, recipe.task, count, seed)

    @property
    def bound(self) -> str:
        """Why the targets cannot change places, which only alike rows can; empty if they can.

        Rows of one group can if they share one target, which then goes from group to group.
        """
        if self.splitter.time_column is not None:
            return "rows in the order of time are not alike, so their targets cannot change places"
        told = [] if self.splitter.group_column is None else self._groups
        if any((self.targets.iloc[rows] != self.targets.iloc[rows[0]]).any() for rows in told):
            return "rows of one group have several targets, which cannot change places with those of others"
        return ""

    @cached_property
    def _groups(self) -> list[np.ndarray]:
        """The places of the rows that belong together."""
        import numpy as np
        import pandas as pd

        keys = self.keys[self.splitter.group_column]
        codes = pd.factorize(keys, use_na_sentinel=False)[0]
        return np.split(codes.argsort(kind="stable"), np.bincount(codes).cumsum()[:-1])

    def permuted(self, seed: int, number: int) -> Table:
        """The table with its targets in another order, which the seed and a number decide.

        Targets of groups go from group to group; the table must not be `bound`.
        """
        import numpy as np

        chance = np.random.default_rng([seed, number])
        if self.splitter.group_column is None:
            givers = chance.permutation(len(self.targets))
        else:
            givers = np.empty(len(self.targets), dtype=int)
            for rows, giver in zip(self._groups, chance.permutation(len(self._groups)), strict=True):
                givers[rows] = self._groups[giver][0]
        return replace(self, targets=self.targets.iloc[givers].set_axis(self.targets.index))


@dataclass(frozen=True)
class Refit:
    """One fit: a recipe, a table, and the places of the rows to fit and to score."""

    recipe: Recipe
    table: Table
    train: np.ndarray
    test: np.ndarray

    def score(self, metric: Metric) -> float:
        """The score on the test rows of the model fitted to the training rows.

        Raises:
            DataError: The training rows have one target only, or the metric is not defined for the test rows.
        """
        inputs, targets = self.table.inputs, self.table.targets
        learned = targets.iloc[self.train]
        if (learned == learned.iloc[0]).all():
            msg = f"All {len(learned)} training rows of a fold have one {targets.name!r}; use fewer folds."
            raise DataError(msg)
        model = self.recipe.fit(inputs.iloc[self.train], learned)
        return metric.score(targets.iloc[self.test], model.predictor.predict(inputs.iloc[self.test]))


def last_fold(recipe: Recipe, table: Table, count: int, seed: int) -> Refit:
    """The fit that is scored on the last of so many folds: of a table cut by time, on the latest rows."""
    return Refit(recipe, table, *table.folds(recipe, count, seed)[-1])


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
