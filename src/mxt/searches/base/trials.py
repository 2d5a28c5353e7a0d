"""Trials: what became of each candidate of a search."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxt.metrics.base import Metric


@dataclass(frozen=True)
class Round:
    """The models of one trial on some of the rows."""

    rows: int
    """Rows that were fitted to and scored on, in all folds together."""
    scores: tuple[float, ...]
    """One a fold, as the metric tells it; NaN where the fit or the metric failed."""
    seconds: float
    """What fitting and scoring took, all folds together."""

    @property
    def mean(self) -> float:
        """The mean of the folds' scores; NaN if one failed."""
        return math.fsum(self.scores) / len(self.scores)

    @property
    def deviation(self) -> float:
        """The standard deviation of the folds' scores about their mean, as scikit-learn tells it."""
        return math.nan if self.failed else statistics.pstdev(self.scores)

    @property
    def failed(self) -> bool:
        """Whether a fold has no score."""
        return math.isnan(self.mean)


@dataclass(frozen=True)
class Trial:
    """One candidate and how it scored."""

    number: int
    """Its place among the candidates, from 1."""
    values: Mapping[str, Any]
    rounds: tuple[Round, ...]
    """One, or several of ever more rows."""
    failure: str = ""
    """Why it has no score; empty if it has one."""

    @property
    def last(self) -> Round:
        """The round that counts."""
        return self.rounds[-1]


def best_of(trials: Sequence[Trial], metric: Metric) -> Trial:
    """The trial with the best mean score among those that came to the last round; the first of equals.

    Raises:
        ModelError: All of these failed.
    """
    longest = max(len(trial.rounds) for trial in trials)
    last = [trial for trial in trials if len(trial.rounds) == longest and not trial.failure]
    if not last:
        why = next(trial for trial in trials if trial.failure)
        msg = f"All trials failed; trial {why.number} of {len(trials)} since: {why.failure}"
        raise ModelError(msg)
    sign = 1 if metric.higher_is_better else -1
    return max(last, key=lambda trial: sign * trial.last.mean)
