"""How far probabilities are from what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mxt.metrics.answers import TWO, classes
from mxt.metrics.base import Metric
from mxt.stats.cells import Cells, mean_of

if TYPE_CHECKING:
    import pandas as pd


class BrierMetric(Metric):
    """Mean squared distance between probabilities and outcomes; 0 is best.

    Of two classes: the squared error of the positive one's probability, in 0..1. Of more: the sum of squared
    errors over all classes, in 0..2 (Brier 1950). scikit-learn's `brier_score_loss` does the same.

    Example:
        {KIND: BrierMetric, maximum: 0.2}
    """

    KIND: Literal["BrierMetric"] = "BrierMetric"

    higher_is_better: ClassVar[bool] = False

    @property
    def label(self) -> str:
        return "brier"

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        found = self.cells(truth, predictions)
        return float(found.statistic(found.sizes[None])[0])

    def cells(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> Cells:
        import numpy as np

        found = classes(self.label, truth, predictions)
        errors = found.probabilities(self.label) - np.eye(len(found.names))[found.truth]
        return mean_of((errors**2)[:, 1] if len(found.names) == TWO else (errors**2).sum(axis=1))
