"""Quantiles of a sample, with intervals that assume no distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.stats.intervals import CONFIDENCE, Interval, of_numbers

if TYPE_CHECKING:
    import numpy as np


def quantile(values: np.ndarray, share: float) -> Interval:
    """A quantile, and the two values of the sample that its interval ends at.

    The number of values below the true quantile is binomial, whatever the distribution, so the ranks of the
    ends follow from the count alone.

    Args:
        values: Independent values, shape (n,), n >= 1.
        share: Which quantile, between 0 and 1.

    Returns:
        Numbers. An end is NaN where the sample is too small to hold it: the 99 % quantile has an upper end
        from 368 values on.

    Source:
        Conover 1999, Practical nonparametric statistics, section 3.2.
    """
    import numpy as np
    from scipy.stats import binom

    ordered, tail = np.sort(values), (1 - CONFIDENCE) / 2
    lower = int(binom.ppf(tail, len(ordered), share)) - 1
    upper = int(binom.isf(tail, len(ordered), share))
    low = ordered[lower] if lower >= 0 else np.nan
    high = ordered[upper] if upper < len(ordered) else np.nan
    return of_numbers(np.quantile(ordered, share), low, high)
