"""Studies: candidates of a search, fitted and scored on the same folds by scikit-learn."""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from mxt.errors import ConfigError, MxtError, ServiceError, out_of_memory
from mxt.models.base.estimator import RecipeEstimator
from mxt.searches.base.trials import Round, Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    import pandas as pd

    from mxt.metrics.base import Metric
    from mxt.models.base import Recipe

AT_ONCE = 2
"""Trials that are scored at once for each worker, so that few wait for the last of them."""


class _Tolerant(RecipeEstimator):
    """An estimator whose fit may fail without an end to the search, and without a word."""

    def fit(self, inputs: pd.DataFrame, targets: pd.Series[Any] | np.ndarray) -> Self:
        self.model_ = None
        with suppress(Exception), _quiet():
            super().fit(inputs, targets)
        return self


@dataclass(frozen=True)
class _Scorer:
    """A metric as scikit-learn calls scorers: the greater, the better."""

    metric: Metric

    @property
    def sign(self) -> int:
        """What a score is multiplied by to be better when it is greater."""
        return 1 if self.metric.higher_is_better else -1

    def __call__(self, estimator: RecipeEstimator, inputs: pd.DataFrame, truth: pd.Series[Any]) -> float:
        """The score, NaN if there is none."""
        if estimator.model_ is None:
            return math.nan
        with suppress(Exception), _quiet():
            return self.sign * self.metric.score(truth, estimator.model_.predict(inputs))
        return math.nan


@dataclass(frozen=True)
class Study:
    """What all trials of a search share."""

    recipe: Recipe
    inputs: pd.DataFrame
    targets: pd.Series[Any]
    folds: Sequence[tuple[np.ndarray, np.ndarray]]
    """The places of the rows to fit to, and of those to score on."""
    metric: Metric
    workers: int = 1

    @property
    def common(self) -> dict[str, Any]:
        """What each of scikit-learn's searches is given."""
        return {
            "estimator": _Tolerant(self.recipe),
            "scoring": _Scorer(self.metric),
            "cv": self.folds,
            "n_jobs": self.workers,
            "refit": False,
            "error_score": math.nan,
        }

    def scored(self, candidates: Sequence[Mapping[str, Any]]) -> Iterator[list[Trial]]:
        """A trial for each candidate, on all rows; some at a time.

        Raises:
            ConfigError: The recipe cannot take the values of one together; told before anything is fitted.
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
            with watched():
                found = GridSearchCV(param_grid=grids, **self.common).fit(self.inputs, self.targets)
            rounds = self.rounds(found.cv_results_, [len(self.inputs)] * len(grids))
            yield [
                self.trial(place + 1, candidates[place], (scored,))
                for place, scored in enumerate(rounds, first)
            ]

    def check(self, candidates: Sequence[Mapping[str, Any]]) -> None:
        """Raise a ConfigError if the recipe cannot take the values of a candidate."""
        for candidate in candidates:
            self.recipe.varied(candidate)

    def rounds(self, results: Mapping[str, Any], rows: Sequence[int]) -> list[Round]:
        """Each line of the results of a search of scikit-learn."""
        sign = _Scorer(self.metric).sign
        folds = [results[f"split{fold}_test_score"] for fold in range(len(self.folds))]
        seconds = (results["mean_fit_time"] + results["mean_score_time"]) * len(self.folds)
        return [
            Round(count, tuple(sign * float(scores[line]) for scores in folds), float(seconds[line]))
            for line, count in enumerate(rows)
        ]

    def trial(self, number: int, candidate: Mapping[str, Any], rounds: tuple[Round, ...]) -> Trial:
        """The trial of a candidate; if it failed, with the reason why."""
        failed = rounds[-1].failed
        return Trial(number, candidate, rounds, self._reason(candidate, rounds[-1]) if failed else "")

    def _reason(self, candidate: Mapping[str, Any], failed: Round) -> str:
        """Why a candidate failed, told by failing again; the text of a library's error may quote data.

        Raises:
            ConfigError: It is no fault of the candidate's, as when scikit-learn has no such metric.
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
        except Exception as error:  # noqa: BLE001 - what fails is told
            return "memory ran out" if out_of_memory(error) else type(error).__name__
        return "it has no score in some fold, and had one when that was tried again"


@contextmanager
def watched() -> Iterator[None]:
    """Tell a worker's death.

    Raises:
        ServiceError: A worker was killed.
    """
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        with _quiet():
            yield
    except BrokenProcessPool as error:
        msg = "A process of the search was killed, perhaps for want of memory; give the search fewer workers."
        raise ServiceError(msg) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings back, which may quote data; what failed is told with the trial."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
