"""Looking at an experiment before its end, and still being wrong no more often than was said."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

Spending: TypeAlias = Literal["obrien_fleming", "pocock"]
"""How the level is spent over the looks: hardly any at first, or about the same at each."""

_NODES = 300
_FAR = 9.0
"""Beyond so many standard deviations there is nothing to integrate."""
_HIGHEST = 37.0
"""A critical value that is never met."""


def spent(level: float, shares: np.ndarray, spending: Spending) -> np.ndarray:
    """The chance of a wrong yes that is spent up to each look.

    Args:
        level: One-sided level of the whole experiment.
        shares: Share of the planned subjects that each look sees.
        spending: The law.

    Source:
        Lan and DeMets 1983, Biometrika 70:659, equations (2) and (3).
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    if spending == "pocock":
        return level * np.log(1 + (math.e - 1) * shares)
    return 2 * ndtr(ndtri(level / 2) / np.sqrt(shares))


@functools.lru_cache(maxsize=256)
def critical_values(level: float, shares: tuple[float, ...], spending: Spending) -> tuple[float, ...]:
    """The value that the standard normal statistic must exceed at each look.

    Args:
        level: As that of `spent`.
        shares: Ascending, in (0, 1].
        spending: As that of `spent`.

    Source:
        Armitage, McPherson and Rowe 1969, JRSS A 132:235, for the integration from look to look.
    """
    import numpy as np
    from scipy.optimize import brentq

    steps = np.diff(spent(level, np.asarray(shares), spending), prepend=0.0)
    walk, values = _Walk.start(), []
    for share, step in zip(shares, steps, strict=True):
        walk = walk.to(share)

        def beyond(value: float, walk: _Walk = walk, step: float = step) -> float:
            return walk.above(value) - step

        value = _HIGHEST if beyond(_HIGHEST) > 0 or step <= 0 else float(brentq(beyond, -_FAR, _HIGHEST))
        walk = walk.cut(-math.inf, value)
        values.append(value)
    return tuple(values)


def crossing(lows: Sequence[float], highs: Sequence[float], shares: Sequence[float]) -> np.ndarray:
    """The chance, where there is no effect, that the statistic leaves at each look and not before.

    Args:
        lows: Values below which the statistic leaves at each look.
        highs: Those above which it leaves.
        shares: As those of `critical_values`.

    Returns:
        Shape (2, looks): leaving below, and above.
    """
    import numpy as np

    walk, left = _Walk.start(), []
    for low, high, share in zip(lows, highs, shares, strict=True):
        walk = walk.to(share)
        left.append((walk.below(low), walk.above(high)))
        walk = walk.cut(low, high)
    return np.array(left).T


class _Walk:
    """Brownian motion at a look: the weights of where it was when it last stayed inside."""

    def __init__(self, share: float, places: np.ndarray, weights: np.ndarray, step: float) -> None:
        self.share, self.places, self.weights, self.step = share, places, weights, step

    @classmethod
    def start(cls) -> _Walk:
        import numpy as np

        return cls(0.0, np.zeros(1), np.ones(1), 0.0)

    def to(self, share: float) -> _Walk:
        """The walk at the next look, before anybody looks."""
        return _Walk(share, self.places, self.weights, math.sqrt(share - self.share))

    def above(self, value: float) -> float:
        """The chance that the statistic exceeds a value."""
        from scipy.special import ndtr

        reach = value * math.sqrt(self.share)
        return float(self.weights @ ndtr((self.places - reach) / self.step))

    def below(self, value: float) -> float:
        """The chance that the statistic lies below a value."""
        from scipy.special import ndtr

        reach = value * math.sqrt(self.share)
        return float(self.weights @ ndtr((reach - self.places) / self.step))

    def cut(self, low: float, high: float) -> _Walk:
        """The walk where the statistic stays between two values, on new places."""
        import numpy as np

        root = math.sqrt(self.share)
        start, end = max(low, -_FAR) * root, min(high, _FAR) * root
        nodes, sizes = np.polynomial.legendre.leggauss(_NODES)
        places = (start + end) / 2 + (end - start) / 2 * nodes
        gaps = (places[:, np.newaxis] - self.places) / self.step
        density = np.exp(-(gaps**2) / 2) @ self.weights / (self.step * math.sqrt(2 * math.pi))
        return _Walk(self.share, places, density * sizes * (end - start) / 2, self.step)
