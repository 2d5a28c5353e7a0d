"""Power and sample sizes against statsmodels."""

from __future__ import annotations

import math

import pytest
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from mxt.stats.power import detectable, needed, power


@pytest.mark.parametrize("effect", [-0.1, 0.0, 0.2, 0.5])
@pytest.mark.parametrize("level", [0.01, 0.05])
def test_power_is_statsmodels(effect: float, level: float) -> None:
    error = math.sqrt(1 / 60 + 1 / 90)
    normal = NormalIndPower().power(effect, 60, level, ratio=1.5, alternative="larger")
    assert power(effect, error, math.inf, level) == pytest.approx(normal, rel=1e-9)
    student = TTestIndPower().power(effect, 60, level, df=148, ratio=1.5, alternative="larger")
    assert power(effect, error, 148, level) == pytest.approx(student, rel=1e-7)


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_the_subjects_needed_are_statsmodels(share: float) -> None:
    ratio = (1 - share) / share
    first = NormalIndPower().solve_power(
        0.1, alpha=0.05, power=0.8, ratio=ratio, alternative="larger", nobs1=None
    )
    found = needed(0.3, (3.0, 3.0), share, 0.05, 0.8)
    assert found == (math.ceil(first), math.ceil(first * ratio))


def test_subjects_beyond_counting_are_not_told() -> None:
    assert needed(1e-200, (1.0, 1.0), 0.5, 0.05, 0.8) is None
    assert needed(0.1, (1e200, 1e200), 0.5, 0.05, 0.8) is None


def test_what_is_detectable_is_detected_with_the_power_that_is_wanted() -> None:
    assert power(detectable(0.4, 0.05, 0.9), 0.4, math.inf, 0.05) == pytest.approx(0.9, rel=1e-12)
