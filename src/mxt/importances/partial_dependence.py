"""The mean prediction if every row had the same value of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.importances.base import Importance, Measurement, Subject, drawn
from mxt.importances.base.curves import Curve, Unit, answers, asked, findings_of, levels_of
from mxt.stats.intervals import mean_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd


class PartialDependenceImportance(Importance):
    """The mean prediction with a column set to one value for all rows.

    Friedman 2001, doi:10.1214/aos/1013203451, section 8.2. The 95 % interval is Student's over rows. A
    column's importance is the curve's standard deviation over the rows. Where columns depend on each other,
    the mean is over rows that cannot be; AccumulatedEffectsImportance looks at near rows only.

    Example:
        {KIND: PartialDependenceImportance, points: 10}
    """

    KIND: Literal["PartialDependenceImportance"] = "PartialDependenceImportance"

    points: Annotated[int, Field(ge=2)] = 20
    """Most values of a number: all of them, or as many quantiles."""

    categories: Annotated[int, Field(ge=1)] = 30
    """Most categories of a text: the most frequent."""

    rows: Annotated[int, Field(ge=1)] = 1000
    """Most rows to use, drawn by their ids and the seed."""

    unit: Unit = "probability"
    """Whether a classifier's effects are on its probabilities or its margins."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the draw."""

    method: ClassVar[str] = "partial_dependence"

    def measure(self, subject: Subject) -> Measurement:
        inputs = drawn(subject.samples(self.KIND), self.rows, self.seed)
        ask, unit = asked(subject.predictor, self.unit)
        curves = [self._curve(ask, inputs, column) for column in subject.predictor.columns]
        return findings_of(curves, subject.predictor.outputs, self.method, unit)

    def _curve(self, ask: Callable[[pd.DataFrame], np.ndarray], inputs: pd.DataFrame, column: str) -> Curve:
        import numpy as np

        levels = levels_of(inputs[column], self.points, self.categories)
        rows, counts = np.arange(len(inputs)), len(levels.labels)
        found = answers(ask, inputs, column, np.tile(rows, counts), levels.donors.repeat(len(rows)))
        effects = mean_interval(found.reshape(counts, len(rows), -1).swapaxes(0, 1))
        shares = levels.counts / levels.counts.sum()
        return Curve(column, levels, effects, np.full(len(shares), len(inputs)), shares, len(inputs))
