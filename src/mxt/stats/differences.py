"""Two arms compared: how far one lies above the other, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mxt.stats.arms import ArmEstimate


class Difference(Protocol):
    """How far a second arm lies above a first."""

    @property
    def value(self) -> float:
        """Second less first."""

    def p_above(self, bound: float) -> float:
        """The one-sided p-value of the null that the true difference is not above `bound`."""

    def p_below(self, bound: float) -> float:
        """The one-sided p-value of the null that the true difference is not below `bound`."""

    def interval(self, confidence: float) -> tuple[float, float]:
        """The ends of the interval: the bounds at which either p-value is half of what is left to 1."""


@dataclass(frozen=True)
class MeanDifference:
    """The difference of two estimates that vary as means do: Welch's test and interval."""

    value: float
    error: float
    """Standard error of the difference, > 0."""
    freedom: float
    """Degrees of freedom of Welch and Satterthwaite."""

    def p_above(self, bound: float) -> float:
        from scipy.special import stdtr

        return float(stdtr(self.freedom, (bound - self.value) / self.error))

    def p_below(self, bound: float) -> float:
        from scipy.special import stdtr

        return float(stdtr(self.freedom, (self.value - bound) / self.error))

    def interval(self, confidence: float) -> tuple[float, float]:
        from scipy.special import stdtrit

        reach = float(stdtrit(self.freedom, (1 + confidence) / 2)) * self.error
        return self.value - reach, self.value + reach


@dataclass(frozen=True)
class ShareDifference:
    """The difference of two shares of independent rows: the score test and the interval that inverts it.

    Both hold also where a share is 0 or 1.

    Source:
        Miettinen and Nurminen 1985, Statistics in Medicine 4:213, Comparative analysis of two rates;
        Farrington and Manning 1990, Statistics in Medicine 9:1447, for the shares under the null.
    """

    first: tuple[int, int]
    """Successes and rows of the first arm."""
    second: tuple[int, int]
    """Those of the second."""

    @property
    def value(self) -> float:
        """The second share less the first."""
        return self.second[0] / self.second[1] - self.first[0] / self.first[1]

    def p_above(self, bound: float) -> float:
        from scipy.special import ndtr

        return float(ndtr(-self.score(bound)))

    def p_below(self, bound: float) -> float:
        from scipy.special import ndtr

        return float(ndtr(self.score(bound)))

    def interval(self, confidence: float) -> tuple[float, float]:
        from scipy.optimize import brentq
        from scipy.special import ndtri

        reach = float(ndtri((1 + confidence) / 2))

        def end(sign: float) -> float:
            def beyond(bound: float) -> float:
                return min(max(-sign * self.score(bound), -1e3), 1e3) - reach

            return sign if beyond(sign) < 0 else float(brentq(beyond, self.value, sign, xtol=1e-12))

        return end(-1.0), end(1.0)

    def score(self, bound: float) -> float:
        """How many errors of the null the difference lies above `bound`, in [-1, 1]."""
        low, high = self._under(bound)
        rows = self.first[1] + self.second[1]
        variance = low * (1 - low) / self.first[1] + high * (1 - high) / self.second[1]
        gap, error = self.value - bound, math.sqrt(max(variance, 0) * rows / (rows - 1))
        if error > 0:
            return gap / error
        return math.copysign(math.inf, gap) if gap else 0.0

    def _under(self, bound: float) -> tuple[float, float]:
        """The likeliest shares that differ by `bound`: the root of a cubic, by its angle."""
        (few, rows), (more, others) = self.first, self.second
        total, hits = rows + others, few + more
        square = (others + 2 * rows) * bound - total - hits
        linear = (rows * bound - total - 2 * few) * bound + hits
        constant = few * bound * (1 - bound)
        middle = square / (3 * total)
        half = middle**3 - linear * square / (6 * total**2) + constant / (2 * total)
        radius = math.copysign(math.sqrt(max(middle**2 - linear / (3 * total), 0)), half)
        cosine = half / radius**3 if radius else 0.0
        angle = (math.pi + math.acos(min(max(cosine, -1), 1))) / 3
        low = min(max(2 * radius * math.cos(angle) - middle, 0, -bound), 1, 1 - bound)
        return low, low + bound


def difference(first: ArmEstimate, second: ArmEstimate) -> Difference:
    """The second estimate less the first."""
    if first.successes is not None and second.successes is not None:
        return ShareDifference((first.successes, round(first.count)), (second.successes, round(second.count)))
    return _welch(second.value - first.value, first, second, (first.error, second.error))


def log_ratio(first: ArmEstimate, second: ArmEstimate) -> Difference:
    """The logarithm of the second estimate over the first, both > 0, with errors of the delta method."""
    errors = (first.error / first.value, second.error / second.value)
    return _welch(math.log(second.value) - math.log(first.value), first, second, errors)


def _welch(
    value: float, first: ArmEstimate, second: ArmEstimate, errors: tuple[float, float]
) -> MeanDifference:
    error = math.hypot(*errors)
    parts = [(part / error) ** 2 if error else 0.0 for part in errors]
    spread = sum(part**2 / arm.freedom for part, arm in zip(parts, (first, second), strict=True))
    return MeanDifference(value, error, 1 / spread if spread else math.nan)
