"""What every metric does: score predictions, and say whether the score is good enough."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd


class Metric(Kind, ABC):
    """A number that tells how good predictions are, with the limits that it must keep."""

    higher_is_better: ClassVar[bool]

    minimum: float | None = None
    """The evaluation fails below this score."""

    maximum: float | None = None
    """The evaluation fails above this score."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The name that the score is logged under."""

    @abstractmethod
    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        """Score `predictions`, a table of `OutputsSchema`, against `truth`, which has the same index.

        Raises:
            DataError: The metric is not defined for these, such as a probability metric for numbers.
        """

    def passes(self, score: float) -> bool:
        """Whether `score` keeps the limits; NaN keeps none."""
        low = float("-inf") if self.minimum is None else self.minimum
        high = float("inf") if self.maximum is None else self.maximum
        return low <= score <= high

    def beyond(self, score: float) -> float:
        """How far `score` lies beyond the limits; 0 if it keeps them."""
        short = 0.0 if self.minimum is None else self.minimum - score
        over = 0.0 if self.maximum is None else score - self.maximum
        return max(short, over, 0.0)

    def limits(self) -> str:
        """The limits in words."""
        bounds = [("at least", self.minimum), ("at most", self.maximum)]
        return (
            " and ".join(f"{words} {bound:g}" for words, bound in bounds if bound is not None) or "no limit"
        )
