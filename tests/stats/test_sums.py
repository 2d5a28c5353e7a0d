"""Exact sums against math.fsum and fractions, in any order and any cut."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxt.stats.sums import PLACES, exact_sum, rounded, spread

NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), max_size=40)
CHANCE = np.random.default_rng(0)


def wide(count: int) -> np.ndarray:
    """Numbers of both signs whose sizes span some sixty decimal places."""
    return CHANCE.normal(size=count) * np.exp(CHANCE.normal(size=count) * 20)


@given(NUMBERS)
def test_a_sum_is_that_of_fractions(numbers: list[float]) -> None:
    assert Fraction(exact_sum(np.array(numbers)), 1 << PLACES) == sum(map(Fraction, numbers))


def test_a_rounded_sum_is_that_of_fsum_for_more_numbers_than_a_block() -> None:
    numbers = wide(50_001)
    assert rounded(exact_sum(numbers)) == math.fsum(numbers)


def test_neither_order_nor_cut_nor_layout_changes_a_sum() -> None:
    numbers = wide(40_000)
    whole = exact_sum(numbers)
    assert exact_sum(CHANCE.permutation(numbers)) == whole
    assert sum(exact_sum(part) for part in np.array_split(numbers, 7)) == whole
    assert exact_sum(numbers.reshape(200, 200)[:, ::-1].T) == whole


def test_what_cancels_leaves_what_is_small() -> None:
    tiny, most = 5e-324, 1.7976931348623157e308
    assert rounded(exact_sum(np.array([most, tiny, most, -most, -most]))) == tiny
    assert exact_sum(np.array([tiny])) == 1
    assert exact_sum(np.zeros(0)) == exact_sum(np.array([-0.0, 0.0])) == 0


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(odd: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        exact_sum(np.array([1.0, odd, 2.0]))


def test_a_spread_is_the_mean_and_its_standard_error() -> None:
    numbers = CHANCE.exponential(size=1000)
    found = spread(1000, exact_sum(numbers), exact_sum(numbers**2))
    assert found.mean == statistics.mean(map(float, numbers))
    assert found.error == pytest.approx(statistics.stdev(numbers) / math.sqrt(1000), rel=1e-14)


def test_equal_numbers_have_no_error_and_one_number_has_none_that_is_known() -> None:
    numbers = np.full(1000, 0.1)
    found = spread(1000, exact_sum(numbers), exact_sum(numbers**2))
    assert found.mean == 0.1
    assert found.error < 1e-9
    assert math.isnan(spread(1, exact_sum(numbers[:1]), exact_sum(numbers[:1] ** 2)).error)
