"""Quantiles: how often they are wrong, how often they show what is there, and values too coarse for them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from endpoints.experiments import (
    MANY,
    MOST,
    POINTS,
    SOME,
    Pair,
    arm,
    assert_seldom_wrong,
    assert_wrong_once_in_twenty,
    compared,
    count_of_yes,
    yes_share,
)
from mxt.endpoints.quantile import QuantileEndpoint
from mxt.stats.arms import quantile

if TYPE_CHECKING:
    from collections.abc import Iterable

WAIT: dict[str, Any] = {
    "column": "x",
    "share": 0.9,
    "higher_is_better": False,
    "scale": "ratio",
    "margin": 0.1,
}
SHORTER = QuantileEndpoint(**{**WAIT, "scale": "difference", "hypothesis": "superiority"})


def waits(factor: float, rows: int = 400) -> Iterable[Pair]:
    """The latencies that nine of ten do not exceed; they have a long tail."""
    chance, codes = np.random.default_rng(7), np.arange(rows)
    for _ in range(MANY):
        control, treatment = chance.lognormal(3, 0.5, (2, rows))
        yield quantile(control, codes, 0.9), quantile(factor * treatment, codes, 0.9)


def counts(mean: float, rows: int = 400) -> Iterable[Pair]:
    """Medians of whole numbers."""
    chance, codes = np.random.default_rng(7), np.arange(rows)
    for _ in range(MANY):
        first, second = chance.poisson(mean, (2, rows)).astype(float)
        yield quantile(first, codes, 0.5), quantile(second, codes, 0.5)


def tenths(rows: int = 1000) -> Iterable[Pair]:
    """The latencies that 19 of 20 do not exceed, in tenths of a millisecond."""
    chance, codes = np.random.default_rng(7), np.arange(rows)
    for _ in range(MANY):
        first, second = np.round(chance.lognormal(3, 0.5, (2, rows)), 1)
        yield quantile(first, codes, 0.95), quantile(second, codes, 0.95)


def test_a_quantile_without_a_gain_seldom_says_yes() -> None:
    assert_seldom_wrong(QuantileEndpoint(**WAIT), waits(1.1))
    assert_seldom_wrong(SHORTER, tenths())


@pytest.mark.parametrize("mean", [2.674, 20.668])
def test_a_median_of_counts_without_a_gain_hardly_ever_says_yes(mean: float) -> None:
    assert count_of_yes(SHORTER, counts(mean), SOME) <= MOST


@pytest.mark.slow
def test_a_quantile_without_a_gain_says_yes_once_in_twenty() -> None:
    assert_wrong_once_in_twenty(QuantileEndpoint(**WAIT), waits(1.1))
    assert_wrong_once_in_twenty(SHORTER, tenths())


@pytest.mark.slow
@pytest.mark.parametrize("mean", [2.674, 20.668])
def test_a_median_of_counts_without_a_gain_says_yes_at_most_once_in_twenty(mean: float) -> None:
    assert yes_share(SHORTER, counts(mean)) <= 0.05 + POINTS


@pytest.mark.slow
def test_an_equal_quantile_is_shown_to_be_no_worse_with_the_power_of_theory() -> None:
    # The standard error of log x at its 90 % quantile: the root of p (1 - p) / n over the density there.
    error = math.sqrt(2 * 0.9 * 0.1 / 3000) * 0.5 / stats.norm.pdf(stats.norm.ppf(0.9))
    theory = stats.norm.sf(stats.norm.ppf(0.95) - math.log(1.06) / error)
    share = yes_share(QuantileEndpoint(**{**WAIT, "margin": 0.06}), waits(1.0, 3000))
    assert share == pytest.approx(theory, abs=0.02)


def test_a_quantile_beyond_which_hardly_a_value_lies_is_inconclusive() -> None:
    tail = QuantileEndpoint(**{**WAIT, "share": 0.99})
    contrast = compared(tail, arm("control", np.arange(50.0)), arm("treatment", np.ones(50)))
    assert (contrast.verdict, contrast.note) == ("inconclusive", "too few values lie beyond the quantile")


def test_a_quantile_that_many_rows_equal_is_inconclusive() -> None:
    coarse = arm("control", np.repeat([1.0, 2.0, 3.0], 40))
    contrast = compared(QuantileEndpoint(**{**WAIT, "share": 0.5}), coarse, coarse)
    assert contrast.verdict == "inconclusive"
    assert contrast.note.startswith("too many rows equal the quantile")


def test_the_effect_is_the_ratio_of_both_quantiles() -> None:
    control, treatment = np.random.default_rng(0).lognormal(3, 0.5, (2, 400))
    contrast = compared(QuantileEndpoint(**WAIT), arm("control", control), arm("treatment", treatment))
    assert contrast.effect == pytest.approx(np.quantile(treatment, 0.9) / np.quantile(control, 0.9))
