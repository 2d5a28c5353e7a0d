"""Scores of predictions, with limits, and beside those of another version."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from mxt.errors import DataError
from mxt.kinds import Strict
from mxt.metrics.base import RESAMPLES, Estimate, Metric, positives
from mxt.metrics.base.answers import class_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

KEPT, BROKEN, UNDEFINED, INSUFFICIENT = "kept", "broken", "undefined", "insufficient"
"""What becomes of a score: within its limits, beyond them, not defined, or of too few rows."""


class Drawing(Strict):
    """How bootstrap intervals are drawn."""

    resamples: Annotated[int, Field(ge=200)] = RESAMPLES
    """How many resamples of the rows are scored."""

    seed: int = 0
    """Decides the resamples."""


@dataclass(frozen=True)
class LabelledPredictions:
    """What is compared: the truth, and predictions of the same rows."""

    truth: pd.Series[Any]
    predictions: pd.DataFrame
    positive: str | None = None
    """The class that scores are about where their metric names none."""

    def part(self, chosen: np.ndarray) -> LabelledPredictions:
        """Some of the rows, by a mask of shape (rows,)."""
        return LabelledPredictions(self.truth[chosen], self.predictions[chosen], self.positive)

    def positives(self, metrics: Sequence[Metric]) -> dict[str, str]:
        """The class that each score is about, by its label, of those that are about one."""
        names = class_names(self.truth, self.predictions)
        return positives([metric.about(self.positive) for metric in metrics], names)


def scores_table(metrics: Sequence[Metric], told: LabelledPredictions, drawing: Drawing) -> pd.DataFrame:
    """One row for each metric, by its label: score, interval, limits, and whether it keeps them.

    If a score is about one class, the column `positive` says which.

    Raises:
        DataError: A metric is not defined for the rows.
    """
    import pandas as pd

    rows = []
    for metric in metrics:
        scoring = metric.about(told.positive)
        found = scoring.interval(told.truth, told.predictions, drawing.seed, drawing.resamples)
        kept = metric.passes(found.estimate)
        rows.append(
            {
                **scored(metric.label, found),
                "limits": metric.limits(),
                "higher_is_better": metric.higher_is_better,
                "passed": kept,
            }
        )
    table, classes = pd.DataFrame(rows).set_index("metric"), told.positives(metrics)
    if classes:
        table.insert(0, "positive", [classes.get(metric.label, "") for metric in metrics])
    return table


def scored(label: str, found: Estimate) -> dict[str, Any]:
    """The columns that every table of scores has."""
    return {
        "metric": label,
        "score": found.estimate,
        "low": found.low,
        "high": found.high,
        "method": found.method,
        "rows": found.rows,
    }


def cell_row(
    metric: Metric, told: LabelledPredictions, minimum_rows: int, drawing: Drawing
) -> dict[str, Any]:
    """The score of some of the rows, and what became of it; no number where there are too few."""
    nothing = Estimate(float("nan"), float("nan"), float("nan"), "bca", len(told.truth))
    empty = {**scored(metric.label, nothing), "method": "", "limits": metric.limits()}
    if len(told.truth) < minimum_rows:
        return {**empty, "outcome": INSUFFICIENT}
    try:
        scoring = metric.about(told.positive)
        found = scoring.interval(told.truth, told.predictions, drawing.seed, drawing.resamples)
    except DataError:
        return {**empty, "outcome": UNDEFINED}
    if math.isnan(found.estimate):
        return {**empty, "outcome": UNDEFINED}
    outcome = KEPT if metric.passes(found.estimate) else BROKEN
    return {**scored(metric.label, found), "limits": metric.limits(), "outcome": outcome}


Demand = Literal["not_surely_worse", "not_worse", "better"]


class Baseline(Strict):
    """Another version that the scores are compared with, on the same rows."""

    alias_or_version: Annotated[int, Field(ge=1)] | str = "Champion"
    """The other version, by alias, number or semantic version."""

    allow_first: bool = False
    """Go on without a comparison if there is no such alias yet."""

    margin: Annotated[float, Field(ge=0)] = 0.0
    """A difference as small as this does not matter; in the unit of each metric."""

    demand: Demand = "not_surely_worse"
    """What each metric's interval of the difference must show: `not_surely_worse`, that the version may be as
    good; `not_worse`, that it cannot be worse by the margin; `better`, that it is better by more than it."""

    def meets(self, better_by: Estimate) -> bool:
        """Whether a difference is what is demanded; one without an interval is not."""
        if self.demand == "better":
            return better_by.low > self.margin
        return (better_by.high if self.demand == "not_surely_worse" else better_by.low) >= -self.margin

    def compare(
        self, metrics: Sequence[Metric], told: LabelledPredictions, others: pd.DataFrame, drawing: Drawing
    ) -> pd.DataFrame:
        """One row for each metric: what the other version scores, and by how much the version is better.

        Raises:
            DataError: A metric is not defined for the other version.
        """
        import pandas as pd

        rows = []
        for metric in (metric.about(told.positive) for metric in metrics):
            apart = metric.difference(told.truth, told.predictions, others, drawing.seed, drawing.resamples)
            better = apart if metric.higher_is_better else -apart
            rows.append(
                {
                    "metric": metric.label,
                    "baseline": metric.score(told.truth, others),
                    "better_by": better.estimate,
                    "better_by_low": better.low,
                    "better_by_high": better.high,
                    "margin": self.margin,
                    "demand": self.demand,
                    "met": self.meets(better),
                }
            )
        return pd.DataFrame(rows).set_index("metric")
