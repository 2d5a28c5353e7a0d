"""Scores of predictions, beside their limits and beside the scores of another version."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

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
"""Outcome of a score: within its limits, beyond them, not defined, or of too few rows."""


class Drawing(Strict):
    """How the resamples of bootstrap intervals are drawn."""

    resamples: Annotated[int, Field(ge=200)] = RESAMPLES
    """Number of resamples of the rows that are scored."""

    seed: int = 0
    """Seed of the resamples."""


@dataclass(frozen=True)
class LabelledPredictions:
    """Predictions of some rows, with the truth of the same rows."""

    truth: pd.Series
    predictions: pd.DataFrame
    positive: str | None = None
    """The positive class, for metrics that name none."""

    def part(self, chosen: np.ndarray) -> LabelledPredictions:
        """The rows that a mask of shape (rows,) chooses."""
        return LabelledPredictions(self.truth[chosen], self.predictions[chosen], self.positive)

    def positives(self, metrics: Sequence[Metric]) -> dict[str, str]:
        """The class that each score is about, by the score's label; scores about no class are left out."""
        names = class_names(self.truth, self.predictions)
        return positives([metric.about(self.positive) for metric in metrics], names)


def scores_table(metrics: Sequence[Metric], labelled: LabelledPredictions, drawing: Drawing) -> pd.DataFrame:
    """Score, interval, limits and verdict of each metric, indexed by its label.

    If a score is about one class, the column `positive` holds the class.

    Raises:
        DataError: A metric is not defined for the rows.
    """
    import pandas as pd

    rows = []
    for metric in metrics:
        score = _score(metric, labelled, drawing)
        rows.append(
            {
                **_columns(metric.label, score),
                "limits": metric.limits(),
                "higher_is_better": metric.higher_is_better,
                "passed": metric.passes(score.estimate),
            }
        )
    table, classes = pd.DataFrame(rows).set_index("metric"), labelled.positives(metrics)
    if classes:
        table.insert(0, "positive", [classes.get(metric.label, "") for metric in metrics])
    return table


def _score(metric: Metric, labelled: LabelledPredictions, drawing: Drawing) -> Estimate:
    scoring = metric.about(labelled.positive)
    return scoring.interval(labelled.truth, labelled.predictions, drawing.seed, drawing.resamples)


def _columns(label: str, score: Estimate) -> dict[str, object]:
    """The columns that every table of scores has, for one score."""
    return {
        "metric": label,
        "score": score.estimate,
        "low": score.low,
        "high": score.high,
        "method": score.method,
        "rows": score.rows,
    }


def cell_row(
    metric: Metric, labelled: LabelledPredictions, minimum_rows: int, drawing: Drawing
) -> dict[str, object]:
    """The score of a cell of a segment, and its outcome; NaN where the cell has too few rows."""
    nan = float("nan")
    unknown = _columns(metric.label, Estimate(nan, nan, nan, "bca", len(labelled.truth)))
    empty = {**unknown, "method": "", "limits": metric.limits()}
    if len(labelled.truth) < minimum_rows:
        return {**empty, "outcome": INSUFFICIENT}
    try:
        score = _score(metric, labelled, drawing)
    except DataError:
        return {**empty, "outcome": UNDEFINED}
    if math.isnan(score.estimate):
        return {**empty, "outcome": UNDEFINED}
    outcome = KEPT if metric.passes(score.estimate) else BROKEN
    return {**_columns(metric.label, score), "limits": metric.limits(), "outcome": outcome}


Demand = Literal["not_surely_worse", "not_worse", "better"]


class Baseline(Strict):
    """Another version whose scores on the same rows are compared with."""

    alias_or_version: Annotated[int, Field(ge=1)] | str = "Champion"
    """Alias, number or semantic version of the other version."""

    allow_first: bool = False
    """Go on without a comparison if there is no such alias yet."""

    margin: Annotated[float, Field(ge=0)] = 0.0
    """The largest difference that does not matter, in the unit of each metric."""

    demand: Demand = "not_surely_worse"
    """What each metric's interval of the difference must show: `not_surely_worse`, that the version may be as
    good; `not_worse`, that it cannot be worse by the margin; `better`, that it is better by more than it."""

    def meets(self, better_by: Estimate) -> bool:
        """Whether a difference meets the demand; without an interval it does not."""
        if self.demand == "better":
            return better_by.low > self.margin
        return (better_by.high if self.demand == "not_surely_worse" else better_by.low) >= -self.margin

    def compare(
        self,
        metrics: Sequence[Metric],
        labelled: LabelledPredictions,
        others: pd.DataFrame,
        drawing: Drawing,
    ) -> pd.DataFrame:
        """The other version's score, and by how much this version is better, for each metric.

        Args:
            metrics: The scores.
            labelled: This version's predictions with the truth.
            others: The other version's predictions of the same rows.
            drawing: How intervals are drawn.

        Raises:
            DataError: A metric is not defined for the other version.
        """
        import pandas as pd

        rows = []
        truth, own = labelled.truth, labelled.predictions
        for metric in (metric.about(labelled.positive) for metric in metrics):
            difference = metric.difference(truth, own, others, drawing.seed, drawing.resamples)
            better = difference if metric.higher_is_better else -difference
            rows.append(
                {
                    "metric": metric.label,
                    "baseline": metric.score(truth, others),
                    "better_by": better.estimate,
                    "better_by_low": better.low,
                    "better_by_high": better.high,
                    "margin": self.margin,
                    "demand": self.demand,
                    "met": self.meets(better),
                }
            )
        return pd.DataFrame(rows).set_index("metric")
