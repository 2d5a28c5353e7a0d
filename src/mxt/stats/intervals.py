"""Intervals of 95 % confidence around estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    import numpy as np

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """An estimate and the ends of its interval, arrays of one shape; ends are NaN where nothing is known.

    That of one number holds numbers, `np.float64`, which do what arrays without dimensions do.
    """

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


def of_numbers(estimate: float, low: float = float("nan"), high: float = float("nan")) -> Interval:
    """The interval of one number."""
    import numpy as np

    return Interval(*cast("list[np.ndarray]", [np.float64(part) for part in (estimate, low, high)]))


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


def corrected_interval(scores: np.ndarray, test_share: float) -> Interval:
    """The interval of the mean score of cross-validation, whose folds share the rows that they train on.

    Args:
        scores: Of all folds of all repeats, shape (folds,).
        test_share: Rows scored over rows fitted, in a fold.

    Source:
        Nadeau and Bengio 2003, doi:10.1023/A:1024068626366, the corrected resampled t-test.
    """
    import numpy as np

    count = len(scores)
    error = np.sqrt((1 / count + test_share) * scores.var(ddof=1))
    return interval(scores.mean(), error, count - 1)


def deviation_interval(values: np.ndarray, freedom: int) -> Interval:
    """The interval of the standard deviation of normal values; the estimate divides by their number.

    Args:
        values: Shape (n,).
        freedom: Degrees of freedom: n - 1 if the values are independent.
    """
    import numpy as np
    from scipy.special import chdtri

    spread, tail = values.std(ddof=1), (1 - CONFIDENCE) / 2
    low, high = (spread * np.sqrt(freedom / chdtri(freedom, share)) for share in (tail, 1 - tail))
    return Interval(values.std(), low, high)
