"""Whether a model scores well on the rows held out, by any metric."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator

from mxt.criteria.base import Assessment, Candidate, Criterion, limited, too_few
from mxt.criteria.base.checks import check_metric
from mxt.kinds import OneOf
from mxt.metrics.base import Metric


class MetricCriterion(Criterion):
    """A score on the rows held out from training keeps its limits: calibration, ranking, or any other.

    Example:
        {KIND: MetricCriterion, metric: {KIND: CalibrationErrorMetric, maximum: 0.05}}
    """

    KIND: Literal["MetricCriterion"] = "MetricCriterion"

    metric: Annotated[OneOf[Metric], AfterValidator(limited)]
    """The score, with its limits."""

    whole_interval: bool = False
    """Whether all of the 95 % interval must keep the limits, or the score alone."""

    def names(self, _candidate: Candidate, /) -> list[str]:
        return [self.metric.label]

    def check(self, candidate: Candidate) -> None:
        check_metric(self.metric, candidate, self.minimum_rows)

    def assess(self, candidate: Candidate) -> list[Assessment]:
        words = "interval " if self.whole_interval else ""
        metric = self.metric.about(candidate.positive)
        name, limit = metric.label, f"{words}{metric.limits()}"
        why = too_few(candidate.truth, self.minimum_rows)
        if why:
            return [Assessment.unknown(name, limit, len(candidate.truth), why)]
        score = metric.interval(candidate.truth, candidate.predictions, seed=candidate.seed)
        # An interval holds its estimate, so a score beyond a limit fails where the ends are unknown.
        judged = (score.estimate, score.low, score.high) if self.whole_interval else (score.estimate,)
        missed = map(metric.beyond, judged)
        unknown = math.isnan(score.low + score.high)
        how = "there is no interval of the score" if unknown else f"interval by {score.method}"
        note = f"{how}{candidate.class_note(metric)}"
        return [Assessment.of(name, limit, score, len(candidate.truth), missed_by=missed, note=note)]
