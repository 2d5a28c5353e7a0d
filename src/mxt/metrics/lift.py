"""How much is gained by acting on the rows with the highest scores first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.metrics.base import Metric
from mxt.metrics.base.answers import ClassName, classes, labelled, positive_among
from mxt.stats.cells import Cells, of_rows
from mxt.stats.lift import lift

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


class LiftMetric(Metric):
    """Share of positives among the rows with the highest probabilities, over the share among all rows.

    Rows with the same probability at the cut count in part, so the order of rows does not matter.

    Example:
        {KIND: LiftMetric, share: 0.1, minimum: 2}
    """

    KIND: Literal["LiftMetric"] = "LiftMetric"

    higher_is_better: ClassVar[bool] = True

    share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the rows, those with the highest probabilities, in which positives are counted."""

    positive: ClassName | None = None
    """The positive class; that of the job or of the version if left out, else the last of two in alphabetical
    order."""

    @property
    def label(self) -> str:
        return labelled(f"lift_{100 * self.share:g}".replace(".", "_"), self.positive)

    def positive_of(self, names: Sequence[str]) -> str:
        return positive_among(self.label, names, self.named)

    def score(self, truth: pd.Series, predictions: pd.DataFrame) -> float:
        undefined = (
            f"The metric {self.label} is not defined for these {len(truth)} predictions (no positive)."
        )
        return self._score_by_cells(truth, predictions, undefined)

    def cells(self, truth: pd.Series, predictions: pd.DataFrame) -> Cells:
        scores, positive = classes(self.label, truth, predictions).scored(self.label, self.named)
        return of_rows(lambda counts: lift(scores, positive, self.share, counts), len(truth))
