"""Means: how often they are wrong, and how often they show what is there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from endpoints.experiments import (
    DESIGN,
    MANY,
    MEAN,
    Pair,
    arm,
    assert_seldom_wrong,
    assert_wrong_once_in_twenty,
    compared,
    mean,
    yes_share,
)
from mxt.endpoints.mean import MeanEndpoint
from mxt.errors import DataError
from mxt.stats.arms import ArmEstimate, ratio_of_sums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def means(shift: float, rows: int = 150) -> Iterable[Pair]:
    """Means of skewed values whose spread differs between the arms."""
    chance = np.random.default_rng(7)
    control = chance.gamma(4, 0.5, (MANY, rows))
    treatment = chance.gamma(2, 1, (MANY, rows)) + shift
    for first, second in zip(control, treatment, strict=True):
        yield mean(first), mean(second)


def clusters(shift: float) -> Iterable[Pair]:
    """Means of one to five rows a subject, alike within it."""
    chance = np.random.default_rng(7)

    def one(center: float) -> ArmEstimate:
        codes = np.repeat(np.arange(120), chance.integers(1, 6, 120))
        values = center + chance.normal(size=120)[codes] + chance.normal(size=len(codes))
        return ratio_of_sums(values, np.ones(len(codes)), codes)

    for _ in range(MANY):
        yield one(0.0), one(shift)


BETTER = MeanEndpoint(**MEAN, margin=0.3, hypothesis="superiority")
NO_WORSE = MeanEndpoint(**MEAN, margin=0.3)
NULLS = {
    "no difference": (BETTER, means, 0.0),
    "worse by the margin": (NO_WORSE, means, -0.3),
    "a ratio at the margin": (MeanEndpoint(**MEAN, margin=0.25, scale="ratio"), means, -0.4),
    "no difference of many rows a subject": (BETTER, clusters, 0.0),
    "many rows a subject at the margin": (NO_WORSE, clusters, -0.3),
}
each_null = pytest.mark.parametrize(("endpoint", "draw", "shift"), NULLS.values(), ids=NULLS)


@each_null
def test_a_mean_without_a_gain_seldom_says_yes(
    endpoint: MeanEndpoint, draw: Callable[[float], Iterable[Pair]], shift: float
) -> None:
    assert_seldom_wrong(endpoint, draw(shift))


@pytest.mark.slow
@each_null
def test_a_mean_without_a_gain_says_yes_once_in_twenty(
    endpoint: MeanEndpoint, draw: Callable[[float], Iterable[Pair]], shift: float
) -> None:
    assert_wrong_once_in_twenty(endpoint, draw(shift))


def test_one_row_a_subject_is_compared_by_welchs_test() -> None:
    chance = np.random.default_rng(0)
    control, treatment = chance.normal(0, 1, 60), chance.normal(0.2, 3, 90)
    contrast = compared(BETTER, arm("control", control), arm("treatment", treatment))
    welch = stats.ttest_ind(treatment, control, equal_var=False, alternative="greater")
    assert contrast.p_superiority == pytest.approx(welch.pvalue, rel=1e-9)
    both = stats.ttest_ind(treatment, control, equal_var=False).confidence_interval(0.9)
    assert (contrast.low, contrast.high) == pytest.approx((both.low, both.high), rel=1e-9)


@pytest.mark.slow
def test_a_higher_mean_is_shown_with_the_power_of_theory() -> None:
    error = math.sqrt((1 + 2) / 150)
    theory = stats.nct.sf(stats.t.ppf(0.95, 270), 270, 0.3 / error)
    assert yes_share(BETTER, means(0.3)) == pytest.approx(theory, abs=0.02)


@pytest.mark.slow
def test_subjects_with_many_rows_are_compared_with_the_power_of_theory() -> None:
    endpoint = MeanEndpoint(**MEAN, margin=0.4, hypothesis="superiority")
    # Of a subject with k rows the sum varies by k + k * k around its mean; k is 1 to 5 alike, 3 on average.
    error = math.sqrt(2 * np.mean([k + k * k for k in range(1, 6)]) / 9 / 120)
    theory = stats.nct.sf(stats.t.ppf(0.95, 238), 238, 0.4 / error)
    assert yes_share(endpoint, clusters(0.4)) == pytest.approx(theory, abs=0.02)


def test_bad_outcomes_are_refused_by_their_number() -> None:
    good = arm("control", np.arange(50.0))
    with pytest.raises(DataError, match=r"column 'x' misses 2 of 50 values in the treatment arm"):
        NO_WORSE.compare(good, arm("treatment", np.r_[np.arange(48.0), np.nan, np.nan]), DESIGN)
    with pytest.raises(DataError, match="holds no numbers"):
        NO_WORSE.compare(good, arm("treatment", np.array(["a"] * 50)), DESIGN)
