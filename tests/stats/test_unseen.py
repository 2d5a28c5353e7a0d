"""Rows of categories that a sample missed: the bound by hand, and its mean over every sample there is."""

from __future__ import annotations

from itertools import product
from math import comb, factorial, log, prod

import numpy as np
import pytest

from mxt.stats.unseen import MARKED_SHARES, unseen_rows


def mean_of_test(share: float, weights: list[float], rows: int, later: int) -> float:
    """The mean, over every sample and number of later rows, of what Markov's inequality is applied to."""
    total = 0.0
    for counts in product(range(rows + 1), repeat=len(weights)):
        if sum(counts) != rows:
            continue
        chance = factorial(rows) * prod(
            weight**count / factorial(count) for weight, count in zip(weights, counts, strict=True)
        )
        missed = sum(weight for weight, count in zip(weights, counts, strict=True) if not count)
        kept = prod(1 - share**count for count in counts if count)
        came = sum(
            comb(later, unseen)
            * missed**unseen
            * (1 - missed) ** (later - unseen)
            * (1 + share * rows / later) ** unseen
            for unseen in range(later + 1)
        )
        total += chance * kept * came
    return total


@pytest.mark.parametrize("share", [0.1, *MARKED_SHARES, 0.99])
@pytest.mark.parametrize(
    "weights",
    [
        [1.0],
        [0.5, 0.5],
        [0.9, 0.1],
        [0.97, 0.01, 0.01, 0.01],
        [0.4, 0.3, 0.2, 0.1],
        [0.25] * 4,
        [0.7, 0.1, 0.1, 0.1],
    ],
)
def test_the_test_has_a_mean_of_at_most_one_for_every_distribution(
    weights: list[float], share: float
) -> None:
    for rows, later in ((1, 1), (1, 9), (3, 2), (6, 1), (6, 6), (7, 40)):
        assert mean_of_test(share, weights, rows, later) <= 1 + 1e-12


def test_common_categories_leave_little_to_chance() -> None:
    """By hand: with nine tenths marked, and half the level for each of the two shares."""
    counts = np.array([5000, 5000])
    assert unseen_rows(counts, 10_000, 0.001) == pytest.approx(log(2000) / log(1.9))
    assert unseen_rows(counts, 10**9, 0.001) / 10**9 == pytest.approx(log(2000) / 9000, rel=1e-4)


def test_categories_that_came_once_are_what_may_come() -> None:
    """By hand: of 20 single rows none is marked, when half are, with a chance of 1 / 2^20."""
    counts = np.array([1] * 20 + [80, 0, 0])
    assert unseen_rows(counts, 100, 0.001) == pytest.approx((log(2000) + 20 * log(2)) / log(1.5))
    assert unseen_rows(counts, 10**9, 0.001) / 10**9 > 0.2


def test_a_sample_without_rows_leaves_everything_to_chance() -> None:
    assert unseen_rows(np.zeros(3, dtype=int), 10, 0.001) == np.inf
