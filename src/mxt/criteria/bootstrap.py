"""Whether a model would score well on other rows of the same kind."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from mxt.criteria.base import Assessment, Criterion, Subject, limited, too_few
from mxt.kinds import OneOf
from mxt.metrics.base import Estimate, Metric

if TYPE_CHECKING:
    import pandas as pd

ACCURACY = {"KIND": "SklearnMetric", "name": "accuracy", "minimum": 0.96}


class BootstrapCriterion(Criterion):
    """The worse end of a score's 95 % bootstrap interval (BCa) on the rows held out from training.

    Where all rows are right, and so all resamples, the interval is the metric's own, such as Wilson's.

    Example:
        KIND: BootstrapCriterion
        metric: {KIND: SklearnMetric, name: accuracy, minimum: 0.96}
        resamples: 2000
    """

    KIND: Literal["BootstrapCriterion"] = "BootstrapCriterion"

    metric: Annotated[OneOf[Metric], AfterValidator(limited)] = Field(default=ACCURACY, validate_default=True)
    """The score; the interval's lower end must keep its minimum, and the upper end its maximum."""

    resamples: Annotated[int, Field(ge=100)] = 2000
    """How many resamples of the rows to score."""

    def assess(self, subject: Subject) -> list[Assessment]:
        metric = self.metric.about(subject.positive)
        name, limit = f"bootstrap_{metric.label}", f"interval {metric.limits()}"
        why = too_few(subject.truth, self.minimum_rows)
        if why:
            return [Assessment.unknown(name, limit, len(subject.truth), why)]
        predictions = subject.model.predict(subject.inputs)
        found, note = self._interval(metric, subject.truth, predictions, subject.seed)
        if found.low == found.high:
            note = "all resamples score alike, so they tell nothing of other rows"
            found = replace(found, low=math.nan, high=math.nan)
        elif math.isnan(found.low + found.high):
            note = "too few of the resamples have a score"
        note += subject.class_note(metric)
        # An interval holds its estimate, so a score beyond a limit fails where the ends are unknown.
        missed = map(metric.beyond, (found.estimate, found.low, found.high))
        return [Assessment.of(name, limit, found, len(subject.truth), missed_by=missed, note=note)]

    def _interval(
        self, metric: Metric, truth: pd.Series[Any], predictions: pd.DataFrame, seed: int
    ) -> tuple[Estimate, str]:
        """The bootstrap's interval; of a score that all resamples share, the metric's own."""
        found = metric.bootstrap(truth, predictions, seed=seed, resamples=self.resamples)
        if found.low < found.high:
            return found, f"{metric.drawn(self.resamples)} resamples"
        own = metric.interval(truth, predictions, seed=seed)
        return own, f"all resamples score alike; the interval is by {own.method}"
