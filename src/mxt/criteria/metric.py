"""Whether a model scores well on the rows held out, by any metric."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator

from mxt.criteria.base import Assessment, Criterion, Subject, limited, too_few
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

    def assess(self, subject: Subject) -> list[Assessment]:
        words = "interval " if self.whole_interval else ""
        metric = self.metric.about(subject.positive)
        name, limit = metric.label, f"{words}{metric.limits()}"
        why = too_few(subject.truth, self.minimum_rows)
        if why:
            return [Assessment.unknown(name, limit, len(subject.truth), why)]
        predictions = subject.model.predict(subject.inputs)
        found = metric.interval(subject.truth, predictions, seed=subject.seed)
        # An interval holds its estimate, so a score beyond a limit fails where the ends are unknown.
        judged = (found.estimate, found.low, found.high) if self.whole_interval else (found.estimate,)
        missed = map(metric.beyond, judged)
        unknown = math.isnan(found.low + found.high)
        how = "there is no interval of the score" if unknown else f"interval by {found.method}"
        note = f"{how}{subject.class_note(metric)}"
        return [Assessment.of(name, limit, found, len(subject.truth), missed_by=missed, note=note)]
