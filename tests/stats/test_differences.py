"""Differences of two arms against scipy, statsmodels and published worked examples."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar
from statsmodels.stats.proportion import test_proportions_2indep as by_statsmodels
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from mxt.stats.arms import ratio_of_sums
from mxt.stats.differences import ShareDifference, difference, log_ratio

CHANCE = np.random.default_rng(0)

PUBLISHED = {
    ((48, 80), (56, 70)): (0.0528, 0.3382),
    ((3, 10), (9, 10)): (0.1700, 0.8406),
    ((2, 7), (6, 7)): (0.0342, 0.8534),
    ((0, 29), (5, 56)): (-0.0326, 0.1933),
    ((0, 20), (0, 10)): (-0.1658, 0.2844),
    ((0, 10), (0, 10)): (-0.2879, 0.2879),
    ((0, 20), (10, 10)): (0.7156, 1.0),
}
"""Newcombe 1998, Statistics in Medicine 17:873, table II, method 6 (Miettinen and Nurminen), 95 %."""


@pytest.mark.parametrize(("arms", "ends"), PUBLISHED.items())
def test_intervals_of_shares_are_those_of_the_published_examples(
    arms: tuple[tuple[int, int], tuple[int, int]], ends: tuple[float, float]
) -> None:
    assert ShareDifference(*arms).interval(0.95) == pytest.approx(ends, abs=6e-5)


def arms_by_chance() -> tuple[tuple[int, int], tuple[int, int]]:
    first, second = CHANCE.integers(5, 300, 2).tolist()
    return (int(CHANCE.integers(1, first)), first), (int(CHANCE.integers(1, second)), second)


def test_the_score_test_of_no_difference_is_statsmodels() -> None:
    for _ in range(100):
        first, second = arms_by_chance()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = by_statsmodels(*second, *first, method="score", alternative="larger").pvalue
        found = ShareDifference(first, second)
        assert found.p_above(0) == pytest.approx(expected, rel=1e-6, abs=1e-12)
        assert found.p_below(0) == pytest.approx(1 - expected, rel=1e-6, abs=1e-12)


def test_the_score_test_of_a_margin_uses_the_likeliest_shares() -> None:
    # statsmodels 0.14 gives others where the margin is not 0, which are less likely than these.
    for _ in range(50):
        (few, rows), (more, others) = arms = arms_by_chance()
        bound = float(CHANCE.uniform(-0.3, 0.3))

        def unlikely(
            low: float,
            few: int = few,
            rows: int = rows,
            more: int = more,
            others: int = others,
            bound: float = bound,
        ) -> float:
            return -stats.binom.logpmf(few, rows, low) - stats.binom.logpmf(more, others, low + bound)

        ends = (max(0, -bound) + 1e-9, min(1, 1 - bound) - 1e-9)
        low = minimize_scalar(unlikely, bounds=ends, method="bounded", options={"xatol": 1e-12}).x
        variance = low * (1 - low) / rows + (low + bound) * (1 - low - bound) / others
        total = rows + others
        score = (more / others - few / rows - bound) / np.sqrt(variance * total / (total - 1))
        assert ShareDifference(*arms).p_above(bound) == pytest.approx(stats.norm.sf(score), rel=1e-5)


@pytest.mark.parametrize("arms", [*PUBLISHED, ((40, 50), (20, 40)), ((50, 50), (49, 50)), ((0, 9), (1, 9))])
def test_an_interval_ends_where_the_test_changes_its_mind(
    arms: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    found = ShareDifference(*arms)
    low, high = found.interval(0.9)
    assert low <= found.value <= high
    assert low == -1 or found.p_above(low) == pytest.approx(0.05, abs=1e-8)
    assert high == 1 or found.p_below(high) == pytest.approx(0.05, abs=1e-8)


def test_swapping_the_arms_swaps_the_signs() -> None:
    one, other = ShareDifference((3, 40), (9, 35)), ShareDifference((9, 35), (3, 40))
    assert one.interval(0.95) == pytest.approx([-end for end in reversed(other.interval(0.95))], abs=1e-10)
    assert one.p_above(0.05) == pytest.approx(other.p_below(-0.05), rel=1e-10)


def test_the_test_of_means_is_welchs() -> None:
    first, second = CHANCE.normal(0, 1, 40), CHANCE.normal(0.3, 2, 25)
    found = difference(
        ratio_of_sums(first, np.ones(40), np.arange(40)), ratio_of_sums(second, np.ones(25), np.arange(25))
    )
    welch = stats.ttest_ind(second, first, equal_var=False, alternative="greater")
    assert found.p_above(0) == pytest.approx(welch.pvalue, rel=1e-10)
    compared = CompareMeans(DescrStatsW(second), DescrStatsW(first))
    assert found.interval(0.9) == pytest.approx(compared.tconfint_diff(0.1, usevar="unequal"), rel=1e-10)
    expected = compared.ttest_ind(alternative="smaller", usevar="unequal", value=0.5)[1]
    assert found.p_below(0.5) == pytest.approx(expected, rel=1e-10)


def test_a_ratio_carries_the_errors_of_the_logarithms() -> None:
    first, second = CHANCE.exponential(5, 4000), CHANCE.exponential(6, 3000)
    arms = [ratio_of_sums(part, np.ones(len(part)), np.arange(len(part))) for part in (first, second)]
    found = log_ratio(*arms)
    assert found.value == pytest.approx(np.log(second.mean() / first.mean()), rel=1e-12)
    again = [
        np.log(CHANCE.choice(second, 3000).mean() / CHANCE.choice(first, 4000).mean()) for _ in range(2000)
    ]
    low, high = found.interval(0.95)
    # The standard deviation of 2,000 resamples has a relative error of 1.6 %.
    assert high - low == pytest.approx(2 * 1.96 * np.std(again), rel=0.06)
