"""Whether a model would score well on other rows of the same kind."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from mxt.criteria.base import Assessment, Criterion, Subject, too_few
from mxt.kinds import OneOf
from mxt.metrics.base import Metric

ACCURACY = {"KIND": "SklearnMetric", "name": "accuracy", "minimum": 0.96}


class BootstrapCriterion(Criterion):
    """The worse end of a score's 95 % bootstrap interval (BCa) on the rows held out from training.

    Example:
        KIND: BootstrapCriterion
        metric: {KIND: SklearnMetric, name: accuracy, minimum: 0.96}
        resamples: 2000
    """

    KIND: Literal["BootstrapCriterion"] = "BootstrapCriterion"

    metric: Annotated[Metric, OneOf] = Field(default=ACCURACY, validate_default=True)
    """The score; the interval's lower end must keep its minimum, and the upper end its maximum."""

    resamples: Annotated[int, Field(ge=100)] = 2000
    """How many resamples of the rows to score."""

    def assess(self, subject: Subject) -> list[Assessment]:
        name, limit = f"bootstrap_{self.metric.label}", f"interval {self.metric.limits()}"
        why = too_few(subject.truth, self.minimum_rows)
        if why:
            return [Assessment.unknown(name, limit, len(subject.truth), why)]
        predictions = subject.model.predict(subject.inputs)
        found = self.metric.bootstrap(subject.truth, predictions, seed=subject.seed, resamples=self.resamples)
        if math.isnan(found.low + found.high):
            return [Assessment.unknown(name, limit, len(subject.truth), "the resamples give no interval")]
        missed = max(self.metric.beyond(end) for end in (found.low, found.high))
        return [Assessment.of(name, limit, found, len(subject.truth), missed_by=missed)]
