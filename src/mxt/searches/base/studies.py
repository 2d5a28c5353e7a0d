"""Studies: a recipe, a metric and folds, by which scikit-learn scores each combination of values."""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from mxt.errors import ConfigError, MxtError, out_of_memory
from mxt.models.base.estimator import RecipeEstimator
from mxt.models.base.pools import ending_together, pooled
from mxt.searches.base.trials import Round, Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    import pandas as pd

    from mxt.metrics.base import Metric
    from mxt.models.base import Recipe
    from mxt.searches.base.ranges import Value

AT_ONCE = 2
"""Trials a worker that are scored in one batch, so that few workers wait at its end."""


class _Tolerant(RecipeEstimator):
    """An estimator whose failed fits neither end the search nor print anything."""

    def fit(self, inputs: pd.DataFrame, targets: pd.Series | np.ndarray) -> Self:
        self.model_ = None
        with suppress(Exception), _quiet():
            super().fit(inputs, targets)
        return self


@dataclass(frozen=True)
class _Scorer:
    """A metric in the form of scikit-learn's scorers: the greater, the better."""

    metric: Metric

    @property
    def sign(self) -> int:
        """The factor that makes a greater score better: 1 or -1."""
        return 1 if self.metric.higher_is_better else -1

    def __call__(self, estimator: RecipeEstimator, inputs: pd.DataFrame, truth: pd.Series) -> float:
        """The score; NaN if there is none."""
        if estimator.model_ is None:
            return math.nan
        with suppress(Exception), _quiet():
            return self.sign * self.metric.score(truth, estimator.model_.predict(inputs))
        return math.nan


@dataclass(frozen=True)
class Study:
    """What all trials of a search share: recipe, rows, folds and metric."""

    recipe: Recipe
    inputs: pd.DataFrame
    targets: pd.Series
    folds: Sequence[tuple[np.ndarray, np.ndarray]]
    """For each fold the places of the rows to fit to, and of the rows to score."""
    metric: Metric
    workers: int = 1

    @property
    def common(self) -> dict[str, object]:
        """Arguments that each of scikit-learn's searches gets."""
        return {
            "estimator": _Tolerant(self.recipe),
            "scoring": _Scorer(self.metric),
            "cv": self.folds,
            "n_jobs": self.workers,
            "refit": False,
            "error_score": math.nan,
        }

    def scored(self, candidates: Sequence[Mapping[str, Value]]) -> Iterator[list[Trial]]:
        """A trial of each combination of values, on all rows; a list for each batch.

        Raises:
            ConfigError: The recipe cannot take the values of one together; raised before anything is fitted.
            ServiceError: A worker was killed.
        """
        from sklearn.model_selection import GridSearchCV

        self.check(candidates)
        step = AT_ONCE * self.workers
        for first in range(0, len(candidates), step):
            grids = [
                {name: [value] for name, value in candidate.items()}
                for candidate in candidates[first : first + step]
            ]
            with killed_workers_reported():
                search = GridSearchCV(param_grid=grids, **self.common).fit(self.inputs, self.targets)
            rounds = self.rounds(search.cv_results_, [len(self.inputs)] * len(grids))
            yield [
                self.trial(place + 1, candidates[place], (scored,))
                for place, scored in enumerate(rounds, first)
            ]

    def check(self, candidates: Sequence[Mapping[str, Value]]) -> None:
        """Raise a ConfigError if the recipe cannot take the values of a combination."""
        for candidate in candidates:
            self.recipe.varied(candidate)

    def rounds(self, results: Mapping[str, np.ndarray], rows: Sequence[int]) -> list[Round]:
        """A round for each line of the results of a search of scikit-learn, with its number of rows."""
        sign = _Scorer(self.metric).sign
        folds = [results[f"split{fold}_test_score"] for fold in range(len(self.folds))]
        seconds = (results["mean_fit_time"] + results["mean_score_time"]) * len(self.folds)
        return [
            Round(count, tuple(sign * float(scores[line]) for scores in folds), float(seconds[line]))
            for line, count in enumerate(rows)
        ]

    def trial(self, number: int, candidate: Mapping[str, Value], rounds: tuple[Round, ...]) -> Trial:
        """The trial of a combination of values; if it failed, with the reason."""
        failed = rounds[-1].failed
        return Trial(number, candidate, rounds, self._reason(candidate, rounds[-1]) if failed else "")

    def _reason(self, candidate: Mapping[str, Value], failed: Round) -> str:
        """Why a trial failed, by fitting it again; a library's error by its type, as its text may quote data.

        Raises:
            ConfigError: The values are not the reason, as when scikit-learn has no such metric.
        """
        places = [fold for fold, score in enumerate(failed.scores) if math.isnan(score)]
        train, test = self.folds[places[0]]
        try:
            with _quiet():
                model = self.recipe.varied(candidate).fit(self.inputs.iloc[train], self.targets.iloc[train])
                self.metric.score(self.targets.iloc[test], model.predict(self.inputs.iloc[test]))
        except ConfigError:
            raise
        except MxtError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - any failure is recorded as the trial's
            return "memory ran out" if out_of_memory(error) else type(error).__name__
        return "it has no score in some fold, and had one when that was tried again"


@contextmanager
def killed_workers_reported() -> Iterator[None]:
    """Report the death of a worker, and hold warnings back.

    Raises:
        ServiceError: A worker was killed.
    """
    with pooled("the search"), ending_together(), _quiet():
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold warnings back, which may quote data; the trial records what failed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
