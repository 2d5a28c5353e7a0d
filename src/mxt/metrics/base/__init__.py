"""The base of metrics: a score of predictions, its interval, and the limits that it must keep."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeAlias

from pydantic import PrivateAttr, model_validator

from mxt.errors import DataError
from mxt.kinds import Kind
from mxt.metrics.base.limits import refuse_no_room
from mxt.metrics.base.orders import order_of
from mxt.stats import cells as stats
from mxt.stats.bootstrap import bca, bca_of_few, few, of_indices

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import pandas as pd

    from mxt.stats.cells import Cells
    from mxt.stats.intervals import Interval

NO_LIMIT = "no limit"
"""`Metric.limits` of a metric without limits."""

RESAMPLES = 2000

Method: TypeAlias = Literal["bca", "delong", "noise", "wilson"]
"""How an interval was computed; `noise` is the method of the calibration error alone."""


@dataclass(frozen=True)
class Estimate:
    """A score, or a difference of two scores, with its 95 % interval; unknown ends are NaN."""

    estimate: float
    low: float
    high: float
    method: Method
    rows: int
    """Number of rows that were scored."""

    @classmethod
    def of(cls, score: float, interval: Interval, method: Method, rows: int) -> Estimate:
        """A score with its interval, which is widened to hold the score."""
        low, high = float(interval.low), float(interval.high)
        return cls(score, min(low, score), max(high, score), method, rows)  # NaN stays

    def __neg__(self) -> Estimate:
        return replace(self, estimate=0 - self.estimate, low=0 - self.high, high=0 - self.low)  # 0, never -0


class Metric(Kind, ABC):
    """A score of how good predictions are, with the limits that it must keep."""

    higher_is_better: ClassVar[bool]

    minimum: float | None = None
    """The evaluation fails below this score."""

    maximum: float | None = None
    """The evaluation fails above this score."""

    _default: str | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _limits_leave_room(self) -> Self:
        refuse_no_room(self.minimum, self.maximum)
        return self

    @property
    @abstractmethod
    def label(self) -> str:
        """Name of the score, with the positive class if the config names one."""

    @property
    def named(self) -> str | None:
        """The positive class: of the metric's own field `positive`, or else of the job."""
        own = getattr(self, "positive", None)
        return self._default if own is None else str(own)

    def about(self, positive: str | None) -> Self:
        """A copy that scores the class `positive` if the metric's config names none; the label stays."""
        copy = self.model_copy()
        copy._default = positive  # noqa: SLF001 - a copy of this class
        return copy

    def positive_of(self, names: Sequence[str]) -> str:  # noqa: ARG002 - most look at all classes
        """The class among a model's `names` that the score is about; empty if it is about all classes.

        Raises:
            ConfigError: The model does not have the class that is named.
        """
        return ""

    @abstractmethod
    def score(self, truth: pd.Series, predictions: pd.DataFrame) -> float:
        """Score predictions.

        Args:
            truth: A class or number for each row.
            predictions: A table of `OutputsSchema` with the same index.

        Raises:
            DataError: The metric is not defined for them, such as a metric of probabilities for numbers.
        """

    def interval(
        self, truth: pd.Series, predictions: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES
    ) -> Estimate:
        """The score with its interval, by the method that suits the metric best.

        The rows are taken to be independent; their order does not matter.

        Raises:
            DataError: As `score`.
        """
        return self.bootstrap(truth, predictions, seed, resamples)

    def bootstrap(
        self, truth: pd.Series, predictions: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES
    ) -> Estimate:
        """The score with its BCa bootstrap interval, from fewer resamples if the metric has no `cells`.

        Raises:
            DataError: As `score`.
        """
        score = self.score(truth, predictions)
        order = order_of(truth, predictions)
        cells = self.cells(truth.iloc[order], predictions.iloc[order])
        return Estimate.of(score, self._interval(cells, resamples, seed), "bca", len(truth))

    def difference(
        self,
        truth: pd.Series,
        predictions: pd.DataFrame,
        others: pd.DataFrame,
        seed: int = 0,
        resamples: int = RESAMPLES,
    ) -> Estimate:
        """The score less the score of `others`, with its paired BCa interval.

        Each resample holds the same rows for both models, so rows that are hard for both cancel out.

        Args:
            truth: A class or number for each row.
            predictions: A table of `OutputsSchema`.
            others: Another model's predictions of the same rows.
            seed: Of the resamples.
            resamples: How many to draw.

        Raises:
            DataError: As `score`, for either model.
        """
        apart = self.score(truth, predictions) - self.score(truth, others)
        order = order_of(truth, predictions, others)
        both = [self.cells(truth.iloc[order], table.iloc[order]) for table in (predictions, others)]
        return Estimate.of(apart, self._interval(stats.difference(*both), resamples, seed), "bca", len(truth))

    def _interval(self, cells: Cells, resamples: int, seed: int) -> Interval:
        """The BCa interval, from fewer resamples if the metric scores them one by one."""
        interval = bca if self._at_once else bca_of_few
        return interval(cells.statistic, cells.sizes, resamples, seed)

    def drawn(self, resamples: int = RESAMPLES) -> int:
        """How many resamples an interval scores if `resamples` are requested."""
        return resamples if self._at_once else few(resamples)

    @property
    def _at_once(self) -> bool:
        """Whether the member has `cells` of its own, which score many resamples at once."""
        return type(self).cells is not Metric.cells

    def cells(self, truth: pd.Series, predictions: pd.DataFrame) -> Cells:
        """The score as a function of how often each row was drawn, for many resamples at once.

        This one scores them one by one; a member that can do better overrides it.
        """

        def score(rows: np.ndarray) -> float:
            try:
                return self.score(truth.iloc[rows], predictions.iloc[rows])
            except DataError:
                return float("nan")

        return stats.of_rows(of_indices(score), len(truth))

    def _score_by_cells(self, truth: pd.Series, predictions: pd.DataFrame, undefined: str = "") -> float:
        """The score by `cells`, of all rows once.

        Args:
            truth: As for `score`.
            predictions: As for `score`.
            undefined: The message of the error for NaN; without one, NaN is returned.

        Raises:
            DataError: The score is NaN.
        """
        cells = self.cells(truth, predictions)
        score = float(cells.statistic(cells.sizes[None])[0])
        if undefined and math.isnan(score):
            raise DataError(undefined)
        return score

    @property
    def limited(self) -> bool:
        """Whether there is a limit to keep."""
        return self.minimum is not None or self.maximum is not None

    def passes(self, score: float) -> bool:
        """Whether `score` keeps the limits; NaN does not."""
        low = float("-inf") if self.minimum is None else self.minimum
        high = float("inf") if self.maximum is None else self.maximum
        return low <= score <= high

    def beyond(self, score: float) -> float:
        """How far `score` lies beyond the limits; 0 if it keeps them, NaN if it is NaN."""
        if math.isnan(score):
            return score
        short = 0.0 if self.minimum is None else self.minimum - score
        over = 0.0 if self.maximum is None else score - self.maximum
        return max(short, over, 0.0)

    def limits(self) -> str:
        """The limits in words."""
        bounds = [("at least", self.minimum), ("at most", self.maximum)]
        return " and ".join(f"{words} {bound:g}" for words, bound in bounds if bound is not None) or NO_LIMIT


def positives(metrics: Iterable[Metric], names: Sequence[str]) -> dict[str, str]:
    """The positive class of each score that has one, by the score's label.

    Args:
        metrics: Metrics to look at.
        names: The model's classes in its order; none of a model that predicts numbers.

    Raises:
        ConfigError: The model does not have a class that is named.
    """
    classes = {metric.label: metric.positive_of(names) for metric in metrics} if names else {}
    return {label: name for label, name in classes.items() if name}
