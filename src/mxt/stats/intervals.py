"""Intervals of 95 % confidence around estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """An estimate and the ends of its interval, arrays of one shape; ends are NaN where nothing is known."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


def mean_interval(values: np.ndarray) -> Interval:
    """Student's interval of the mean along the first axis.

    It holds for other samples of the population that the values are drawn from, where these are independent.

    Args:
        values: Shape (n, ...), n >= 1.

    Returns:
        Arrays of shape (...); the ends are NaN for one value.
    """
    import numpy as np

    count, mean = len(values), values.mean(axis=0)
    if count == 1:
        return interval(mean, np.full_like(mean, np.nan), 1)
    return interval(mean, values.std(axis=0, ddof=1) / np.sqrt(count), count - 1)


def interval(estimate: np.ndarray, error: np.ndarray, freedom: float | np.ndarray) -> Interval:
    """The interval of an estimate with a standard error.

    Args:
        estimate: Any shape.
        error: Standard errors of the same shape.
        freedom: Degrees of freedom of all errors or of each, > 0; infinite for a normal interval.
    """
    import numpy as np
    from scipy.special import ndtri, stdtrit

    quantile, normal = (1 + CONFIDENCE) / 2, np.isinf(freedom)
    reach = np.where(normal, ndtri(quantile), stdtrit(np.where(normal, 1, freedom), quantile)) * error
    return Interval(estimate, estimate - reach, estimate + reach)
