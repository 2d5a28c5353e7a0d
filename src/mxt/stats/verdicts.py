"""The verdict on something that is made of several parts, some of which may be unknown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def every(parts: Iterable[bool | None]) -> bool | None:
    """Whether all parts hold, where None stands for a part that is unknown.

    False if one part is known not to hold, whatever the others are; else None if a part is unknown, or there
    is none at all; else True.

    Source:
        Kleene 1952, Introduction to metamathematics, section 64: the strong conjunction.
    """
    verdicts = {*parts}
    if False in verdicts:
        return False
    return None if None in verdicts or not verdicts else True


def kept(beyond: float) -> bool | None:
    """Whether a number keeps its limit, by how far it lies beyond it; None for NaN, which is unknown.

    Args:
        beyond: 0 or less if the limit is kept.
    """
    return None if math.isnan(beyond) else beyond <= 0
