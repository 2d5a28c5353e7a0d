"""Trials of a search: the scores of each combination of values, in one round or several."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxt.metrics.base import Metric
    from mxt.searches.base.ranges import Value


@dataclass(frozen=True)
class Round:
    """Scores of one trial on some of the rows."""

    rows: int
    """Number of rows, all folds together."""
    scores: tuple[float, ...]
    """The metric of each fold; NaN where the fit or the metric failed."""
    seconds: float
    """Time of fitting and scoring, all folds together."""

    @property
    def mean(self) -> float:
        """The mean of the folds' scores; NaN if one failed."""
        return math.fsum(self.scores) / len(self.scores)

    @property
    def deviation(self) -> float:
        """The standard deviation of the folds' scores, divided by their number, as scikit-learn has it."""
        return math.nan if self.failed else statistics.pstdev(self.scores)

    @property
    def failed(self) -> bool:
        """Whether a fold has no score."""
        return math.isnan(self.mean)


@dataclass(frozen=True)
class Trial:
    """One combination of values, and its scores."""

    number: int
    """Place of the combination in the search, from 1 on."""
    values: Mapping[str, Value]
    """The value of each field that the search varies."""
    rounds: tuple[Round, ...]
    """One round, or several on more rows each."""
    failure: str = ""
    """Why the trial has no score; empty if it has one."""

    @property
    def last(self) -> Round:
        """The round whose scores count."""
        return self.rounds[-1]


def best_of(trials: Sequence[Trial], metric: Metric) -> Trial:
    """The trial with the best mean score among trials that reached the last round; the first of equals.

    Raises:
        ModelError: All of them failed.
    """
    longest = max(len(trial.rounds) for trial in trials)
    last = [trial for trial in trials if len(trial.rounds) == longest and not trial.failure]
    if not last:
        why = next(trial for trial in trials if trial.failure)
        msg = f"All trials failed; trial {why.number} of {len(trials)} since: {why.failure}"
        raise ModelError(msg)
    sign = 1 if metric.higher_is_better else -1
    return max(last, key=lambda trial: sign * trial.last.mean)
