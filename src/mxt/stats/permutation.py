"""Permutation tests that stop as soon as their verdict cannot change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class PermutationTest:
    """How an observed statistic stands among those of permuted data."""

    p_value: float
    done: int
    """Permutations looked at."""
    exceeded: int
    """Of these, how many reached the observed statistic or more."""


def most_exceeding(permutations: int, level: float) -> int:
    """From how many permutations that reach the observed statistic on, p is not below `level`.

    Zero says that so few permutations cannot give a p below it.
    """
    return max(math.ceil(round(level * (permutations + 1), 9)) - 1, 0)


def permutation_test(
    observed: float, permuted: Iterable[float], permutations: int, level: float
) -> PermutationTest:
    """Test whether an observed statistic is greater than chance gives, looking at no more than is needed.

    With b of m permutations at the observed statistic or above, p = (b + 1) / (m + 1). The test stops at the
    first b >= level m, from which on p cannot fall below the level, and says p = b / n after n permutations;
    or when so many others were seen that p cannot rise to the level, and says (b + 1) / (n + 1). Whenever it
    stops, the chance of a p of at most x is x, for each x that p can be: inverse sampling keeps p exact.

    Args:
        observed: The statistic of the data as they are; greater speaks against chance.
        permuted: Statistics of permuted data, at least `permutations`; NaN counts as reaching the observed.
        permutations: m, at least 1.
        level: Such as 0.05.

    Source:
        Besag and Clifford 1991, Sequential Monte Carlo p-values, doi:10.1093/biomet/78.2.301; Phipson and
        Smyth 2010, doi:10.2202/1544-6115.1585, on the added one.
    """
    enough, reach = math.ceil(round(level * permutations, 9)), most_exceeding(permutations, level)
    done = exceeded = 0
    for statistic in permuted:
        done += 1
        exceeded += not statistic < observed
        if exceeded == enough:
            return PermutationTest(exceeded / done, done, exceeded)
        if done == permutations or exceeded + permutations - done < reach:
            break
    return PermutationTest((exceeded + 1) / (done + 1), done, exceeded)
