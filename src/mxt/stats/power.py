"""How sure an experiment is to find what is there, and how large it would have to be."""

from __future__ import annotations

import math


def power(effect: float, error: float, freedom: float, level: float) -> float:
    """The chance that a one-sided test says yes.

    Args:
        effect: How far the true difference lies above the bound that is tested.
        error: Standard error of the difference, > 0.
        freedom: Degrees of freedom of the error; infinite for a normal test.
        level: Of the test.
    """
    from scipy.special import nctdtr, ndtr, ndtri, stdtrit

    if math.isinf(freedom):
        return float(ndtr(effect / error + ndtri(level)))
    return 1 - float(nctdtr(freedom, effect / error, stdtrit(freedom, 1 - level)))


def needed(
    effect: float, deviations: tuple[float, float], share: float, level: float, wanted: float
) -> tuple[int, int] | None:
    """How many subjects each arm needs for a normal one-sided test to have the power that is wanted.

    None if that is no finite number.

    Args:
        effect: As that of `power`, > 0.
        deviations: Standard deviation of a subject in either arm.
        share: Of the subjects that are in the first arm.
        level: Of the test.
        wanted: The power, above the level.
    """
    deviation = math.hypot(deviations[0] / math.sqrt(share), deviations[1] / math.sqrt(1 - share))
    root = deviation * _reach(level, wanted) / effect
    total = root * root
    if not math.isfinite(total):
        return None
    return math.ceil(total * share), math.ceil(total * (1 - share))


def detectable(error: float, level: float, wanted: float) -> float:
    """The smallest effect that a normal one-sided test has the wanted power for."""
    return _reach(level, wanted) * error


def _reach(level: float, wanted: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - level) + ndtri(wanted))
