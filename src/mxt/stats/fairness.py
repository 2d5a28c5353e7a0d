"""How differently a classifier treats groups: rates of each, and gaps and ratios between them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from mxt.stats.intervals import CONFIDENCE

if TYPE_CHECKING:
    import numpy as np

    from mxt.stats.intervals import Interval

MEASURES: dict[str, tuple[str, ...]] = {
    "demographic_parity_difference": ("selection_rate",),
    "demographic_parity_ratio": ("selection_rate",),
    "equal_opportunity_difference": ("true_positive_rate",),
    "equal_opportunity_ratio": ("true_positive_rate",),
    "false_positive_rate_difference": ("false_positive_rate",),
    "false_positive_rate_ratio": ("false_positive_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
    "equalized_odds_ratio": ("true_positive_rate", "false_positive_rate"),
    "calibration_difference": ("calibration_gap",),
}
"""What can be compared between groups, and the rates that it is made of."""


@dataclass(frozen=True)
class Counts:
    """Rows of each group, arrays of shape (groups,)."""

    rows: np.ndarray
    selected: np.ndarray
    """Rows with the positive class predicted."""
    positives: np.ndarray
    """Rows that are of the positive class."""
    hits: np.ndarray
    """Rows of the positive class that are predicted so."""
    gaps: np.ndarray
    """Sum over rows of the positive class's probability less the outcome; NaN without probabilities."""
    squares: np.ndarray
    """Sum of the squares of the gaps."""

    @classmethod
    def of(
        cls,
        groups: np.ndarray,
        count: int,
        selected: np.ndarray,
        positive: np.ndarray,
        chances: np.ndarray | None = None,
    ) -> Counts:
        """Count rows.

        Args:
            groups: Group of each row, 0 to count - 1, shape (rows,).
            count: Number of groups.
            selected: Whether the positive class was predicted, shape (rows,).
            positive: Whether it is the truth, shape (rows,).
            chances: Probability of the positive class, shape (rows,).
        """
        import numpy as np

        gaps = np.full(len(groups), np.nan) if chances is None else chances - positive
        summed = (np.ones(len(groups)), selected, positive, selected & positive, gaps, gaps**2)
        return cls(*(np.bincount(groups, part, count) for part in summed))

    def at(self, groups: np.ndarray) -> Counts:
        """Some of the groups: booleans, shape (groups,)."""
        return Counts(*(getattr(self, field.name)[groups] for field in fields(self)))


class Rates(NamedTuple):
    """A rate of each group, its interval, and how many rows it is taken over; shape (groups,)."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray


class Gap(NamedTuple):
    """How much one rate differs between the groups in which it is known; NaN if these are fewer than two."""

    value: float
    low: float
    high: float
    known: np.ndarray
    """Whether the rate of each group rests on rows enough, shape (groups,)."""


class Disparity(NamedTuple):
    """How much a measure differs between groups: the worst of what is known of its rates, NaN if nothing."""

    value: float
    low: float
    high: float
    judged: np.ndarray
    """Whether each rate of each group rests on rows enough, shape (groups,)."""
    gaps: dict[str, Gap]
    """What is known of each rate that the measure is made of, by its name."""


def rates(counts: Counts, confidence: float = CONFIDENCE) -> dict[str, Rates]:
    """The rates of each group, by name.

    Intervals of shares are Wilson's; that of the calibration gap, the mean probability less the share of the
    positive class, is Student's. A rate over no row is NaN.
    """
    negatives, false = counts.rows - counts.positives, counts.selected - counts.hits
    return {
        "selection_rate": _share(counts.selected, counts.rows, confidence),
        "true_positive_rate": _share(counts.hits, counts.positives, confidence),
        "false_positive_rate": _share(false, negatives, confidence),
        "false_negative_rate": _share(counts.positives - counts.hits, counts.positives, confidence),
        "calibration_gap": _mean(counts.gaps, counts.squares, counts.rows, confidence),
    }


def disparity(counts: Counts, measure: str, minimum: int = 1) -> Disparity:
    """The largest difference of two groups' rates, or the smallest ratio of a lower to a higher one.

    Each rate is compared between the groups in which it rests on `minimum` rows. Of measures of two rates the
    worse one counts, and a ratio that is unknown, since its rate is 0 in each group, does not. So the values
    are those of Fairlearn, where all rates of all groups are known and there are true positives.

    The interval holds for the largest true difference, or smallest true ratio: every pair of groups gets an
    interval, at a level that Bonferroni's correction makes hold for all pairs and rates at once, and the ends
    are the worst of theirs. For two groups it is that of the one pair; for more it is somewhat too wide. The
    largest difference of many groups is above 0 by chance alone, and its low end shows whether it is more.
    Of an unknown ratio nothing is known, so that the low end is 0 beside one.
    Of pairs of shares: Newcombe 1998 (doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I),
    method 10; ratios as Donner and Zou 2012 (doi:10.1177/0962280210383082), with Wilson's ends in both.

    Args:
        counts: Of all groups.
        measure: One of `MEASURES`.
        minimum: Fewest rows, at least 1.
    """
    import numpy as np

    ratio, single = measure.endswith("_ratio"), rates(counts)
    known = {name: single[name].n >= max(minimum, 1) for name in MEASURES[measure]}
    pairs = {name: list(combinations(np.flatnonzero(part), 2)) for name, part in known.items()}
    sure = rates(counts, 1 - (1 - CONFIDENCE) / max(sum(map(len, pairs.values())), 1))
    compared = {
        name: (_ratios if ratio else _differences)(sure[name], *np.array(of_rate).T)
        for name, of_rate in pairs.items()
        if of_rate
    }
    nothing = np.full(3, np.nan)
    value, low, high = (np.fmin if ratio else np.fmax).reduce([nothing, *compared.values()])
    if ratio and any(np.isnan(part).any() for part in compared.values()):
        low *= 0
    gaps = {name: _gap(compared.get(name, nothing), part) for name, part in known.items()}
    return Disparity(float(value), float(low), float(high), np.all([*known.values()], axis=0), gaps)


def _gap(compared: np.ndarray, known: np.ndarray) -> Gap:
    value, low, high = compared.tolist()
    return Gap(value, low, high, known)


def _differences(rates: Rates, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The largest absolute difference of some pairs, with the ends of its interval, shape (3,)."""
    import numpy as np

    higher, lower = _by_size(rates, first, second)
    gap = higher.estimate - lower.estimate
    low = gap - np.hypot(higher.estimate - higher.low, lower.high - lower.estimate)
    high = gap + np.hypot(higher.high - higher.estimate, lower.estimate - lower.low)
    return np.stack([gap, np.maximum(low, 0), np.maximum(high, -low)]).max(axis=1)


def _ratios(rates: Rates, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The smallest ratio of the lower to the higher of some pairs, with the ends of its interval, shape (3,).

    Two rates of 0 have no ratio; where all are 0 it is NaN.
    """
    import numpy as np

    higher, lower = _by_size(rates, first, second)
    with np.errstate(divide="ignore", invalid="ignore"):
        product = lower.estimate * higher.estimate
        bottom = lower.low * (2 * lower.estimate - lower.low)
        top = lower.high * (2 * lower.estimate - lower.high)
        under, over = (end * (2 * higher.estimate - end) for end in (higher.low, higher.high))
        least = bottom / (product + np.sqrt(np.maximum(product**2 - bottom * over, 0)))
        most = (product + np.sqrt(np.maximum(product**2 - top * under, 0))) / under
        ratio = lower.estimate / higher.estimate
        least = np.where(bottom == 0, 0.0, least)
        either = most > 1
        low = np.where(either, np.minimum(least, 1 / most), least)
    high = np.where(either, 1.0, most)
    known = ~np.isnan(ratio)
    ratios = np.stack([ratio, low, high])[:, known]
    return ratios.min(axis=1) if known.any() else np.full(3, np.nan)


def _by_size(rates: Rates, first: np.ndarray, second: np.ndarray) -> tuple[Rates, Rates]:
    """The higher and the lower of each pair."""
    import numpy as np

    swapped = rates.estimate[first] < rates.estimate[second]
    places = (np.where(swapped, second, first), np.where(swapped, first, second))
    high, low = (Rates(*(part[place] for part in rates)) for place in places)
    return high, low


def _share(successes: np.ndarray, rows: np.ndarray, confidence: float) -> Rates:
    from mxt.stats.proportions import wilson

    interval: Interval = wilson(successes, rows, confidence)
    return Rates(*interval, rows)


def _mean(sums: np.ndarray, squares: np.ndarray, rows: np.ndarray, confidence: float) -> Rates:
    """Mean over rows with Student's interval, from sums."""
    import numpy as np
    from scipy.special import stdtrit

    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums / rows
        variance = np.maximum(squares / rows - mean**2, 0) / (rows - 1)
        reach = stdtrit(np.maximum(rows - 1, 1), (1 + confidence) / 2) * np.sqrt(variance)
    reach = np.where(rows > 1, reach, np.nan)
    return Rates(mean, mean - reach, mean + reach, np.where(np.isnan(sums), 0, rows))
