"""Fitting a recipe again: to folds of a table, and to permuted targets."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from mxt.datasets.folds import folds
from mxt.errors import DataError
from mxt.models.base.pools import ending_together, pooled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import pandas as pd

    from mxt.datasets.splitters.base import Splitter
    from mxt.metrics.base import Metric
    from mxt.models.base import Recipe


@dataclass(frozen=True)
class TrainingTable:
    """A table to fit recipes to, its rows ordered by their ids, and how its rows may be split."""

    inputs: pd.DataFrame
    targets: pd.Series
    splitter: Splitter
    """How rows were held out from training: folds keep its groups together and follow its order of time."""
    keys: pd.DataFrame
    """The columns that the splitter uses."""

    def folds(self, recipe: Recipe, count: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Positions of the training and test rows of each fold.

        Raises:
            DataError: There are too few rows in all, too few of a class, or too few groups.
        """
        name = str(self.targets.name)
        keyed = self.keys.assign(**{name: self.targets})
        return folds(keyed, name, self.splitter, recipe.task, count, seed)

    @property
    def bound(self) -> str:
        """Why the targets cannot be permuted, as only targets of exchangeable rows can; empty if they can.

        Rows of one group may share one target, which is then permuted from group to group.
        """
        if self.splitter.time_column is not None:
            return "rows in the order of time are not alike, so their targets cannot change places"
        groups = [] if self.splitter.group_column is None else self._groups
        if any((self.targets.iloc[rows] != self.targets.iloc[rows[0]]).any() for rows in groups):
            return "rows of one group have several targets, which cannot change places with those of others"
        return ""

    @cached_property
    def _groups(self) -> list[np.ndarray]:
        """Positions of the rows of each group."""
        import numpy as np
        import pandas as pd

        keys = self.keys[self.splitter.group_column]
        codes = pd.factorize(keys, use_na_sentinel=False)[0]
        return np.split(codes.argsort(kind="stable"), np.bincount(codes).cumsum()[:-1])

    def permuted(self, seed: int, number: int) -> TrainingTable:
        """The table with its targets permuted, in an order decided by the seed and a number.

        Targets of groups are permuted from group to group; the table must not be `bound`.
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
    """One fit to be made: a recipe, a table, and the positions of the rows to fit and to score."""

    recipe: Recipe
    table: TrainingTable
    train: np.ndarray
    test: np.ndarray

    def score(self, metric: Metric) -> float:
        """The score on the test rows of the model fitted to the training rows.

        Raises:
            DataError: All training rows have the same target, or the metric is not defined for the test rows.
        """
        inputs, targets = self.table.inputs, self.table.targets
        learned = targets.iloc[self.train]
        if (learned == learned.iloc[0]).all():
            msg = f"All {len(learned)} training rows of a fold have one {targets.name!r}; use fewer folds."
            raise DataError(msg)
        model = self.recipe.fit(inputs.iloc[self.train], learned)
        return metric.score(targets.iloc[self.test], model.predictor.predict(inputs.iloc[self.test]))


def last_fold(recipe: Recipe, table: TrainingTable, count: int, seed: int) -> Refit:
    """The fit that is scored on the last of `count` folds; if rows are split by time, on the latest rows."""
    return Refit(recipe, table, *table.folds(recipe, count, seed)[-1])


def scores(refits: Iterable[Refit], metric: Metric, workers: int) -> Iterator[float]:
    """The score of each refit, in order, computed by `workers` processes.

    Refits are computed as they are read; once the caller stops reading, the others are dropped.
    """
    if workers == 1:
        yield from (refit.score(metric) for refit in refits)
        return
    import warnings

    from joblib import Parallel, delayed

    score = delayed(Refit.score)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*adjusting the input task iterator", UserWarning)
        with ending_together():
            run = Parallel(n_jobs=workers, return_as="generator")
        with pooled("the fits"), closing(run(score(refit, metric) for refit in refits)) as results:
            yield from results
