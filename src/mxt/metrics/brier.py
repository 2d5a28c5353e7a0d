"""How far probabilities are from what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mxt.errors import ConfigError
from mxt.metrics.base import Metric
from mxt.metrics.base.answers import TWO, Classes, Named, classes, labelled, positive_among
from mxt.stats.cells import Cells, mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    positive: Named = None
    """Whose probability is looked at, of two classes; it changes no more than the last digits."""

    @property
    def label(self) -> str:
        return labelled("brier", self.positive)

    def positive_of(self, names: Sequence[str]) -> str:
        if self.positive is None:
            return ""
        if len(names) > TWO:
            msg = f"The metric {self.label} looks at all {len(names)} classes; leave its `positive` out."
            raise ConfigError(msg)
        return positive_among(self.label, names, self.named)

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        found = self.cells(truth, predictions)
        return float(found.statistic(found.sizes[None])[0])

    def cells(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> Cells:
        import numpy as np

        found = self._facing(classes(self.label, truth, predictions))
        errors = found.probabilities(self.label) - np.eye(len(found.names))[found.truth]
        return mean_of((errors**2)[:, 1] if len(found.names) == TWO else (errors**2).sum(axis=1))

    def _facing(self, found: Classes) -> Classes:
        self.positive_of(found.names)
        return found.facing(self.label, self.named) if len(found.names) == TWO else found
