"""Intervals of proportions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.stats.intervals import CONFIDENCE, Interval

if TYPE_CHECKING:
    import numpy as np


def wilson(
    successes: float | np.ndarray, count: float | np.ndarray, confidence: float = CONFIDENCE
) -> Interval:
    """Wilson's score interval of the share of successes.

    It stays within 0 and 1, and has a width also where all or none succeed.

    Args:
        successes: How many succeeded, a number or an array of any shape.
        count: Of how many, of the same shape or one number.
        confidence: How often the interval holds.

    Returns:
        Numbers or arrays of that shape; NaN where the count is 0.

    Source:
        Wilson 1927, Probable inference, the law of succession, and statistical inference; Brown, Cai and
        DasGupta 2001, Interval estimation for a binomial proportion.
    """
    import numpy as np
    from scipy.special import ndtri

    hits, of = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(count, dtype=float))
    of = np.where(of > 0, of, np.nan)
    share, spread = hits / of, ndtri((1 + confidence) / 2) ** 2
    middle = (hits + spread / 2) / (of + spread)
    reach = np.sqrt(spread * (hits * (of - hits) / of + spread / 4)) / (of + spread)
    low = np.where(hits == 0, 0 * of, np.maximum(middle - reach, 0))
    high = np.where(hits == of, 1.0, np.minimum(middle + reach, 1))
    return Interval(share[()], low[()], high[()])
