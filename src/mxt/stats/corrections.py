"""Several claims at once, and still a small chance that any of them is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def step_down(p_values: Sequence[float], level_of: Callable[[int], float]) -> list[float]:
    """The level that each p-value must keep, if all claims together are wrong at most at one level.

    The smallest is held against the level of all of them, the next against that of one fewer, and so on; once
    one fails, the others are held against the level at which it failed.

    Args:
        p_values: Of each claim.
        level_of: What one of so many claims may be held against: ``lambda claims: level / claims`` is Holm's.
            At a look before the end of an experiment it is the level of that look, the whole being divided.

    Returns:
        A level for each, in the order of the p-values.

    Source:
        Holm 1979, Scandinavian Journal of Statistics 6:65; with looks Maurer and Bretz 2013, Statistics in
        Biopharmaceutical Research 5:311.
    """
    levels, left, failed = [0.0] * len(p_values), len(p_values), False
    for place in sorted(range(len(p_values)), key=p_values.__getitem__):
        levels[place] = level_of(left)
        failed = failed or not p_values[place] <= levels[place]
        left -= 0 if failed else 1
    return levels
