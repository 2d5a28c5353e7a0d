"""Whether a model would score well on other rows of the same population."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from mxt.criteria.base import Assessment, Candidate, Criterion, limited, too_few
from mxt.criteria.base.checks import check_metric
from mxt.kinds import OneOf
from mxt.metrics.base import Estimate, Metric

if TYPE_CHECKING:
    import pandas as pd

ACCURACY = {"KIND": "SklearnMetric", "name": "accuracy", "minimum": 0.96}


class BootstrapCriterion(Criterion):
    """The worse end of a score's 95 % bootstrap interval (BCa) on the rows held out from training.

    If all resamples score alike, as where all rows are right, the interval is the metric's own (Wilson's).

    Example:
        KIND: BootstrapCriterion
        metric: {KIND: SklearnMetric, name: accuracy, minimum: 0.96}
        resamples: 2000
    """

    KIND: Literal["BootstrapCriterion"] = "BootstrapCriterion"

    metric: Annotated[OneOf[Metric], AfterValidator(limited)] = Field(default=ACCURACY, validate_default=True)
    """The score; the lower end of its interval must keep its minimum, the upper end its maximum."""

    resamples: Annotated[int, Field(ge=100)] = 2000
    """Number of resamples of the rows to score."""

    def names(self, _candidate: Candidate, /) -> list[str]:
        return [f"bootstrap_{self.metric.label}"]

    def check(self, candidate: Candidate) -> None:
        check_metric(self.metric, candidate, self.minimum_rows)

    def assess(self, candidate: Candidate) -> list[Assessment]:
        metric = self.metric.about(candidate.positive)
        (name,), limit = self.names(candidate), f"interval {metric.limits()}"
        why = too_few(candidate.truth, self.minimum_rows)
        if why:
            return [Assessment.unknown(name, limit, len(candidate.truth), why)]
        score, note = self._interval(metric, candidate, candidate.predictions)
        if score.low == score.high:
            note = "all resamples score alike, so they say nothing of other rows"
            score = replace(score, low=math.nan, high=math.nan)
        elif math.isnan(score.low + score.high):
            note = "too few of the resamples have a score"
        note += candidate.class_note(metric)
        # An interval holds its estimate, so a score beyond a limit fails where the ends are unknown.
        missed = map(metric.beyond, (score.estimate, score.low, score.high))
        return [Assessment.of(name, limit, score, len(candidate.truth), missed_by=missed, note=note)]

    def _interval(
        self, metric: Metric, candidate: Candidate, predictions: pd.DataFrame
    ) -> tuple[Estimate, str]:
        """The score with its bootstrap interval, or the metric's own if all resamples score alike; a note."""
        truth, seed = candidate.truth, candidate.seed
        drawn = metric.bootstrap(truth, predictions, seed=seed, resamples=self.resamples)
        if drawn.low < drawn.high:
            return drawn, f"{metric.drawn(self.resamples)} resamples"
        own = metric.interval(truth, predictions, seed=seed)
        return own, f"all resamples score alike; the interval is by {own.method}"
