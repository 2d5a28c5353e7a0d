"""How far probabilities are from outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.errors import ConfigError
from mxt.metrics.base import Metric
from mxt.metrics.base.answers import TWO, Named, classes, labelled, positive_among
from mxt.stats.cells import Cells, mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


class BrierMetric(Metric):
    """Mean squared distance between probabilities and outcomes; 0 is best.

    With two classes, it is the squared error of the positive class's probability, in 0..1; with more, the sum
    of squared errors over all classes, in 0..2 (Brier 1950), as in scikit-learn's `brier_score_loss`.

    Example:
        {KIND: BrierMetric, maximum: 0.2}
    """

    KIND: Literal["BrierMetric"] = "BrierMetric"

    higher_is_better: ClassVar[bool] = False

    positive: Named = None
    """The positive class of two; the score of the other class differs by rounding only."""

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

    def score(self, truth: pd.Series, predictions: pd.DataFrame) -> float:
        return self._score_by_cells(truth, predictions)

    def cells(self, truth: pd.Series, predictions: pd.DataFrame) -> Cells:
        import numpy as np

        pairs = classes(self.label, truth, predictions)
        self.positive_of(pairs.names)
        two = len(pairs.names) == TWO
        pairs = pairs.facing(self.label, self.named) if two else pairs
        errors = pairs.probabilities(self.label) - np.eye(len(pairs.names))[pairs.truth]
        return mean_of((errors**2)[:, 1] if two else (errors**2).sum(axis=1))
