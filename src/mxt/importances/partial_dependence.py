"""How the mean prediction changes if every row gets the same value of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.importances.base.curves import Curve, CurveImportance, predictions_with_cells
from mxt.importances.base.levels import levels_of
from mxt.stats.intervals import mean_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mxt.importances.base.curves import Predict


class PartialDependenceImportance(CurveImportance):
    """The mean prediction with a column set to one value for all rows.

    Source: Friedman 2001, doi:10.1214/aos/1013203451, section 8.2. The 95 % interval is Student's, over rows.
    A column's importance is the standard deviation of its curve over the rows. Where columns depend on each
    other, some of the rows averaged are impossible; AccumulatedEffectsImportance avoids them.

    Example:
        {KIND: PartialDependenceImportance, points: 10}
    """

    KIND: Literal["PartialDependenceImportance"] = "PartialDependenceImportance"

    rows: Annotated[int, Field(ge=1)] = 1000
    """Most rows to use, drawn by their ids and the seed."""

    method: ClassVar[str] = "partial_dependence"

    def curves(self, predict: Predict, inputs: pd.DataFrame, columns: list[str]) -> Iterator[Curve]:
        return (self._curve(predict, inputs, column) for column in columns)

    def _curve(self, predict: Predict, inputs: pd.DataFrame, column: str) -> Curve:
        import numpy as np

        levels = levels_of(inputs[column], self.points, self.categories)
        rows, counts = np.arange(len(inputs)), len(levels.labels)
        donors = levels.donors.repeat(len(rows))
        predictions = predictions_with_cells(predict, inputs, column, np.tile(rows, counts), donors)
        effects = mean_interval(predictions.reshape(counts, len(rows), -1).swapaxes(0, 1))
        shares = levels.counts / levels.counts.sum()
        return Curve(column, levels, effects, np.full(len(shares), len(inputs)), shares, len(inputs))
