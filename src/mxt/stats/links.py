"""Links: what turns margins into probabilities or targets, and carries contributions along.

Contributions phi of margins, which lead from a base m0 to m, become contributions to link(m) by integrated
gradients of the link on the straight path from m0 to m (Sundararajan et al. 2017, arXiv:1703.01365): output k
of column i is ``sum_c A[k, c] phi[i, c]``, with A the mean of the link's Jacobian on the path. For one margin
A is the secant ``(link(m) - link(m0)) / (m - m0)``, DeepLIFT's rescale rule (Shrikumar et al. 2017,
arXiv:1704.02685). Sums are kept: what leads from m0 to m then leads from link(m0) to link(m).

This is the path attribution of the link over exact contributions to margins. It is not the SHAP value of the
probability itself, for which the link would be inside the game.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_NODES = 16
"""Gauss-Legendre nodes on each part of softmax's path."""
_PART = 5.0
"""Longest part of the path, in units of the margins' change: 16 nodes are then exact to 1e-13."""
_VANISHED = 1e-10
"""A sum of shares, relative to the sum at the path's other end, that counts as zero."""
_NEAR = 0.05
"""Relative change up to which a series of 14 terms is exact to the last bit."""


@dataclass(frozen=True)
class Link:
    """A function of margins, and the mean of its Jacobian between two points."""

    apply: Callable[[np.ndarray], np.ndarray]
    """Margins, shape (rows, inputs), to values, shape (rows, outputs)."""
    carry: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    """Contributions, shape (rows, columns, inputs), with the margins where they start and end, each of shape
    (rows, inputs), to contributions to values, shape (rows, columns, outputs)."""


def identity() -> Link:
    """Margins as they are."""
    return Link(lambda margins: margins, lambda values, _start, _end: values)


def logistic(slope: float = 1.0, intercept: float = 0.0) -> Link:
    """``1 / (1 + exp(-(slope m + intercept)))`` of each margin; a sigmoid calibration has a slope."""
    return _elementwise(
        lambda margins: _expit(slope * margins + intercept),
        lambda start, end: slope * _logistic_secant(slope * start + intercept, slope * end + intercept),
    )


def exponential(intercept: float = 0.0) -> Link:
    """``exp(m) + intercept`` of each margin."""

    def secant(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.exp(np.maximum(start, end)) * _decay(np.abs(end - start))

    def apply(margins: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.exp(margins) + intercept

    return _elementwise(apply, secant)


def interpolated(known: np.ndarray, values: np.ndarray) -> Link:
    """Straight lines between points, level outside of them: an isotonic calibration.

    Args:
        known: Margins in growing order, shape (points,).
        values: What the margins become, shape (points,).
    """

    def apply(margins: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.interp(margins, known, values)

    return elementwise(apply)


def elementwise(function: Callable[[np.ndarray], np.ndarray]) -> Link:
    """Any function of one number, applied to each margin; its slope at a point is a central difference."""

    def secant(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        import numpy as np

        nudge = np.where(start == end, 1e-6 * np.maximum(1, np.abs(start)), 0.0)
        return (function(end + nudge) - function(start - nudge)) / (end - start + 2 * nudge)

    return _elementwise(function, secant)


def softmax(slope: float = 1.0) -> Link:
    """``exp(slope m_k) / sum_c exp(slope m_c)`` over the margins of a row."""
    return Link(
        lambda margins: _softmax(slope * margins),
        lambda values, start, end: _carry_softmax(slope * values, slope * start, slope * end),
    )


def beside(several: list[Link]) -> Link:
    """One link of one margin for each margin of a row."""
    import numpy as np

    def carry(values: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        spans = [slice(place, place + 1) for place in range(len(several))]
        parts = [
            link.carry(values[:, :, span], start[:, span], end[:, span])
            for link, span in zip(several, spans, strict=True)
        ]
        return np.concatenate(parts, axis=2)

    return Link(
        lambda margins: np.stack([link.apply(margins[:, at]) for at, link in enumerate(several)], axis=1),
        carry,
    )


def normalised() -> Link:
    """Each share of the row's sum, even shares where it is zero: how calibrated classes are put together."""
    return Link(_normalise, _carry_normalised)


def chain(first: Link, second: Link) -> Link:
    """One link after the other, contributions carried through each in turn.

    For functions of one margin this is the secant of the whole, ``second(first(m))``.
    """

    def carry(values: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return second.carry(first.carry(values, start, end), first.apply(start), first.apply(end))

    return Link(lambda margins: second.apply(first.apply(margins)), carry)


def _elementwise(
    function: Callable[[np.ndarray], np.ndarray], secant: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> Link:
    return Link(function, lambda values, start, end: values * secant(start, end)[:, None, :])


def _expit(margins: np.ndarray) -> np.ndarray:
    import numpy as np

    small = np.exp(-np.abs(margins))
    return np.where(margins >= 0, 1, small) / (1 + small)


def _decay(gap: np.ndarray) -> np.ndarray:
    """``(1 - exp(-gap)) / gap`` for gaps of at least 0, which is 1 at 0."""
    import numpy as np

    safe = np.where(gap == 0, 1, gap)
    return np.where(gap == 0, 1.0, -np.expm1(-safe) / safe)


def _logistic_secant(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The slope of the logistic function between two margins, without cancellation."""
    import numpy as np

    low, high = np.minimum(start, end), np.maximum(start, end)
    return _expit(high) * _expit(-low) * _decay(high - low)


def _softmax(margins: np.ndarray) -> np.ndarray:
    import numpy as np

    powers = np.exp(margins - margins.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _carry_softmax(values: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Carry by Gauss-Legendre quadrature, rows with longer paths in more parts."""
    import numpy as np

    moves = end - start
    parts = np.maximum(1, np.ceil(np.ptp(moves, axis=1) / _PART)).astype(int)
    carried = np.empty_like(values, dtype=float)
    for count in np.unique(parts):
        rows = parts == count
        chances, pairs = _softmax_means(start[rows], moves[rows], int(count))
        carried[rows] = values[rows] * chances[:, None, :] - values[rows] @ pairs
    return carried


def _softmax_means(start: np.ndarray, moves: np.ndarray, parts: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of p_k and of p_k p_c on the path, shapes (rows, classes) and (rows, classes, classes)."""
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    chances, pairs = np.zeros(start.shape), np.zeros((*start.shape, start.shape[1]))
    for part in range(parts):
        for node, weight in zip(nodes, weights, strict=True):
            here = _softmax(start + (part + (node + 1) / 2) / parts * moves)
            share = weight / (2 * parts)
            chances += share * here
            pairs += share * here[:, :, None] * here[:, None, :]
    return chances, pairs


def _normalise(shares: np.ndarray) -> np.ndarray:
    import numpy as np

    total = shares.sum(axis=1, keepdims=True)
    return np.where(total == 0, 1 / shares.shape[1], shares / np.where(total == 0, 1, total))


def _carry_normalised(values: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The Jacobian of s_k / S is (delta_kc S - s_k) / S^2; with S linear on the path its mean is closed.

    With S from a to b, the mean of 1/S is log(b/a) / (b - a), of 1/S^2 it is 1 / (a b), and of t/S^2
    (mean of 1/S - 1/b) / (b - a). Where S vanishes at an end, shares jump and no mean exists: the change of
    each share is divided among the columns as the change of S is.
    """
    import numpy as np

    first, last = start.sum(axis=1), end.sum(axis=1)
    jumps = np.minimum(first, last) <= _VANISHED * np.maximum(first, last)
    moved = np.where(jumps & (first != last), last - first, 1)
    ways = values.sum(axis=2) / moved[:, None]
    jumped = ways[:, :, None] * (_normalise(end) - _normalise(start))[:, None, :]
    first, last = np.where(jumps, 1, first), np.where(jumps, 1, last)
    change = (last - first) / first
    near = np.abs(change) < _NEAR
    safe = np.where(near, 1, change)
    powers = (-np.where(near, change, 0))[:, None] ** np.arange(14)
    orders = np.arange(1, 15)
    inverse = np.where(near, powers @ (1 / orders), np.log1p(safe) / safe)
    tilted = np.where(near, powers @ (orders / (orders + 1)), (inverse - 1 / (1 + safe)) / safe)
    level = start / (first * last)[:, None] + (end - start) * (tilted / first**2)[:, None]
    whole = values.sum(axis=2, keepdims=True)
    smooth = values * (inverse / first)[:, None, None] - whole * level[:, None, :]
    return np.where(jumps[:, None, None], jumped, smooth)
