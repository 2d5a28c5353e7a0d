"""What every metric does: score predictions, say how sure the score is, and whether it is good enough."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import PrivateAttr

from mxt.errors import DataError
from mxt.kinds import Kind
from mxt.stats import cells as stats
from mxt.stats.bootstrap import bca, bca_of_few, few, of_indices

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from mxt.stats.cells import Cells
    from mxt.stats.intervals import Interval

NO_LIMIT = "no limit"
"""The limits of a metric that has none, in words."""

RESAMPLES = 2000

Method: TypeAlias = Literal["bca", "delong", "noise", "wilson"]
"""How an interval was found; `noise` is the calibration error's own way."""


@dataclass(frozen=True)
class Estimate:
    """A score, or a difference of two, with its 95 % interval; the ends are NaN where nothing is known."""

    estimate: float
    low: float
    high: float
    method: Method
    rows: int
    """How many rows it rests on."""

    @classmethod
    def of(cls, score: float, interval: Interval, method: Method, rows: int) -> Estimate:
        """A score with its interval, which holds it."""
        low, high = float(interval.low), float(interval.high)
        return cls(score, min(low, score), max(high, score), method, rows)  # NaN stays

    def __neg__(self) -> Estimate:
        return replace(self, estimate=0 - self.estimate, low=0 - self.high, high=0 - self.low)  # 0, never -0


class Metric(Kind, ABC):
    """A number that tells how good predictions are, with the limits that it must keep."""

    higher_is_better: ClassVar[bool]

    minimum: float | None = None
    """The evaluation fails below this score."""

    maximum: float | None = None
    """The evaluation fails above this score."""

    _default: str | None = PrivateAttr(default=None)

    @property
    @abstractmethod
    def label(self) -> str:
        """The name that the score is logged under, with the positive class if the config names one."""

    @property
    def named(self) -> str | None:
        """The positive class that is named: by the metric's own field `positive`, else by the job."""
        own = getattr(self, "positive", None)
        return self._default if own is None else str(own)

    def about(self, positive: str | None) -> Self:
        """The same metric, under the same label; it scores the class `positive` if its config names none."""
        found = self.model_copy()
        found._default = positive  # noqa: SLF001 - a copy of its own
        return found

    def positive_of(self, names: Sequence[str]) -> str:  # noqa: ARG002 - most look at all classes
        """Which of a model's classes the score is about; empty if it is the same for all.

        Raises:
            ConfigError: The class that is named is none of them.
        """
        return ""

    @abstractmethod
    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        """Score `predictions`, a table of `OutputsSchema`, against `truth`, which has the same index.

        Raises:
            DataError: The metric is not defined for these, such as a probability metric for numbers.
        """

    def interval(
        self, truth: pd.Series[Any], predictions: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES
    ) -> Estimate:
        """The score with its interval by the method that suits the metric best.

        Neither depends on the order of the rows. The rows are taken to be independent.

        Raises:
            DataError: As `score`.
        """
        return self.bootstrap(truth, predictions, seed, resamples)

    def bootstrap(
        self, truth: pd.Series[Any], predictions: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES
    ) -> Estimate:
        """The score with its BCa interval, by a tenth of the resamples where the metric has no `cells`.

        Raises:
            DataError: As `score`.
        """
        score = self.score(truth, predictions)
        found = self.cells(*ordered(truth, predictions))
        return Estimate.of(score, self._interval(found, resamples, seed), "bca", len(truth))

    def difference(
        self,
        truth: pd.Series[Any],
        predictions: pd.DataFrame,
        others: pd.DataFrame,
        seed: int = 0,
        resamples: int = RESAMPLES,
    ) -> Estimate:
        """The score less that of `others`, other predictions of the same rows, with its paired BCa interval.

        Each resample holds the same rows for both, so what the two models share does not blur the difference.

        Raises:
            DataError: As `score`, for one of the two.
        """
        apart = self.score(truth, predictions) - self.score(truth, others)
        rows, first, second = ordered(truth, predictions, others)
        found = stats.difference(self.cells(rows, first), self.cells(rows, second))
        return Estimate.of(apart, self._interval(found, resamples, seed), "bca", len(truth))

    def _interval(self, found: Cells, resamples: int, seed: int) -> Interval:
        """The BCa interval; of a metric that scores resamples one by one, from few of them."""
        drawn = bca if self._at_once else bca_of_few
        return drawn(found.statistic, found.sizes, resamples, seed)

    def drawn(self, resamples: int = RESAMPLES) -> int:
        """How many resamples an interval scores where so many are asked for."""
        return resamples if self._at_once else few(resamples)

    @property
    def _at_once(self) -> bool:
        """Whether the member scores many resamples at once."""
        return type(self).cells is not Metric.cells

    def cells(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> Cells:
        """The score of many resamples at once; a member that can do better than one by one says how.

        Of one that does not, an interval scores a tenth of the resamples.
        """

        def score(rows: Any) -> float:  # noqa: ANN401 - an array, and numpy is not imported here
            try:
                return self.score(truth.iloc[rows], predictions.iloc[rows])
            except DataError:
                return float("nan")

        return stats.of_rows(of_indices(score), len(truth))

    @property
    def limited(self) -> bool:
        """Whether there is a limit to keep."""
        return self.minimum is not None or self.maximum is not None

    def passes(self, score: float) -> bool:
        """Whether `score` keeps the limits; NaN keeps none."""
        low = float("-inf") if self.minimum is None else self.minimum
        high = float("inf") if self.maximum is None else self.maximum
        return low <= score <= high

    def beyond(self, score: float) -> float:
        """How far `score` lies beyond the limits; 0 if it keeps them, NaN if it is NaN."""
        if score != score:  # noqa: PLR0124 - NaN alone differs from itself
            return score
        short = 0.0 if self.minimum is None else self.minimum - score
        over = 0.0 if self.maximum is None else score - self.maximum
        return max(short, over, 0.0)

    def limits(self) -> str:
        """The limits in words."""
        bounds = [("at least", self.minimum), ("at most", self.maximum)]
        return " and ".join(f"{words} {bound:g}" for words, bound in bounds if bound is not None) or NO_LIMIT


def positives(metrics: Iterable[Metric], names: Sequence[str]) -> dict[str, str]:
    """The class that each score is about, by its label, of those scores that are about one.

    Args:
        metrics: Any.
        names: The model's classes in its order; none of a model that predicts numbers.

    Raises:
        ConfigError: A class that is named is none of them.
    """
    found = {metric.label: metric.positive_of(names) for metric in metrics} if names else {}
    return {label: name for label, name in found.items() if name}


def ordered(truth: pd.Series[Any], *tables: pd.DataFrame) -> tuple[Any, ...]:
    """The rows in an order that their content decides; rows that are alike are alike in all that counts."""
    import numpy as np

    columns = [truth, *(table[name] for table in tables for name in table.columns)]
    keys = [column.astype(str) if column.dtype.kind not in "biuf" else column for column in columns]
    order = np.lexsort([key.to_numpy() for key in keys])
    return truth.iloc[order], *(table.iloc[order] for table in tables)
