"""Exact sums of doubles, which can be merged: neither the order of the numbers nor a cut into parts matters.

A sum is a Python integer, in units of 2**-1074, of which every double is a whole multiple. It is rounded
once, at the end: Python divides integers with correct rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

PLACES = 1074
"""Binary places of a sum."""

_BLOCK = 1 << 14
"""Numbers that are added at once, few enough to stay in the cache."""

_LARGE = 2.0**500
"""From here on numbers are made smaller first, so that no sum overflows."""


class Spread(NamedTuple):
    """A mean and its standard error."""

    mean: float
    error: float
    """NaN for one number."""


def exact_sum(values: np.ndarray) -> int:
    """The sum of doubles in units of 2**-1074.

    Args:
        values: Any shape.

    Raises:
        ValueError: A number is not finite.
    """
    import numpy as np

    flat = np.asarray(values, dtype=np.float64).ravel(order="K")
    return sum(_block_sum(flat[start : start + _BLOCK]) for start in range(0, len(flat), _BLOCK))


def rounded(total: int, count: int = 1) -> float:
    """The double next to an exact sum, or to its share of `count`.

    Raises:
        OverflowError: It is beyond the largest double.
    """
    return total / (count << PLACES)


def spread(count: int, total: int, squares: int) -> Spread:
    """The mean of `count` numbers and its standard error, by their exact sum and that of their squares.

    The only errors are those of the squares, and one rounding of each result.

    Args:
        count: At least 1.
        total: `exact_sum` of the numbers.
        squares: `exact_sum` of their squares.
    """
    import math

    mean = rounded(total, count)
    if count == 1:
        return Spread(mean, math.nan)
    scattered = (count * squares << PLACES) - total**2
    return Spread(mean, math.sqrt(max(scattered, 0) / (count**2 * (count - 1) << 2 * PLACES)))


def _block_sum(block: np.ndarray) -> int:
    """At most `_BLOCK` numbers; large ones are made smaller by a power of two, which is exact."""
    import numpy as np

    largest = _largest(block)
    if not np.isfinite(largest):
        msg = "Only finite numbers have an exact sum."
        raise ValueError(msg)
    if largest < _LARGE:
        return _extracted(block, largest)
    large = np.abs(block) >= _LARGE
    rest = block[~large]
    return (_extracted(block[large] / _LARGE, largest / _LARGE) << 500) + _extracted(rest, _largest(rest))


def _extracted(rest: np.ndarray, largest: float) -> int:
    """Take off leading digits that add up without rounding, again and again until none are left.

    Rump, Ogita and Oishi 2008, doi:10.1137/050645671, algorithm 3.2 (ExtractVector): with a power of two
    `top` of at least twice count times largest, ``(top + x) - top`` holds multiples of ``top * 2**-53`` only,
    whose partial sums all stay below `top`.
    """
    import math

    total = 0
    while largest > 0:
        top = math.ldexp(1.0, math.frexp(largest)[1] + len(rest).bit_length() + 1)
        leading = (rest + top) - top
        total += _units(float(leading.sum()))
        rest = rest - leading
        largest = _largest(rest)
    return total


def _units(value: float) -> int:
    """A double in units of 2**-1074."""
    numerator, denominator = value.as_integer_ratio()
    return (numerator << PLACES) // denominator


def _largest(values: np.ndarray) -> float:
    """The largest size, 0 of none; NaN where one is no number."""
    return max(float(values.max()), -float(values.min())) if len(values) else 0.0
