"""How well probabilities rank the rows, on the scale of credit scoring."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.metrics.base import RESAMPLES, Estimate, Metric
from mxt.metrics.base.answers import TWO, ClassName, classes, labelled, positive_among
from mxt.stats.cells import Cells, of_rows
from mxt.stats.intervals import Interval
from mxt.stats.roc import auc, delong

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


class GiniMetric(Metric):
    """Gini coefficient, or accuracy ratio: twice the area under the ROC curve, less 1.

    Example:
        {KIND: GiniMetric, minimum: 0.6}
    """

    KIND: Literal["GiniMetric"] = "GiniMetric"

    higher_is_better: ClassVar[bool] = True

    positive: ClassName | None = None
    """The positive class of several, which is ranked against all others; the positive class of the job or of
    the version if left out. With two classes, both have the same coefficient."""

    @property
    def label(self) -> str:
        return labelled("gini", self.positive)

    def positive_of(self, names: Sequence[str]) -> str:
        alike = self.positive is None and len(names) <= TWO
        return "" if alike else positive_among(self.label, names, self.named)

    def score(self, truth: pd.Series, predictions: pd.DataFrame) -> float:
        undefined = f"The metric gini is not defined for these {len(truth)} predictions (one class)."
        return self._score_by_cells(truth, predictions, undefined)

    def interval(
        self,
        truth: pd.Series,
        predictions: pd.DataFrame,
        seed: int = 0,  # noqa: ARG002 - nothing is drawn
        resamples: int = RESAMPLES,  # noqa: ARG002 - as above
    ) -> Estimate:
        area = delong(*classes(self.label, truth, predictions).scored(self.label, self.named))
        doubled = Interval(*(2 * part - 1 for part in area))
        return Estimate.of(self.score(truth, predictions), doubled, "delong", len(truth))

    def cells(self, truth: pd.Series, predictions: pd.DataFrame) -> Cells:
        scores, positive = classes(self.label, truth, predictions).scored(self.label, self.named)
        return of_rows(lambda counts: 2 * auc(scores, positive, counts) - 1, len(truth))
