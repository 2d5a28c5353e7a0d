"""Comparing two estimates: what the interval shows, what cannot be compared, and the subjects needed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from endpoints.experiments import DESIGN, MEAN, RATE, arm, compared, mean, rates, yes_share
from mxt.endpoints.base import by_label
from mxt.endpoints.base.contrasts import overall, with_verdicts
from mxt.endpoints.base.designs import Design, Looks
from mxt.endpoints.mean import MeanEndpoint
from mxt.endpoints.quality import QualityEndpoint
from mxt.endpoints.rate import RateEndpoint
from mxt.errors import ConfigError
from mxt.stats.arms import ArmEstimate

PILOT = ArmEstimate(0.3, math.sqrt(0.21 / 200), 200, 200, 60)


@pytest.mark.parametrize("scale", ["difference", "ratio"])
@pytest.mark.parametrize("higher", [True, False], ids=["higher", "lower"])
def test_verdicts_are_what_the_interval_shows(scale: Any, *, higher: bool) -> None:
    chance, seen = np.random.default_rng(3), set()
    better, worse = (1, -1) if higher else (-1, 1)
    none, margin = (1.0, 1.1) if scale == "ratio" else (0.0, 0.1)
    limits = {1: margin, -1: 1 / margin if scale == "ratio" else -margin}
    for hypothesis in ("superiority", "non_inferiority"):
        endpoint = MeanEndpoint(
            column="x", higher_is_better=higher, margin=0.1, scale=scale, hypothesis=hypothesis
        )
        for shift in chance.uniform(-0.3, 0.3, 60):
            control, treatment = chance.normal(1, 0.4, 150), chance.normal(1 + shift, 0.4, 150)
            contrast = compared(endpoint, arm("control", control), arm("treatment", treatment))
            ends = {1: contrast.high, -1: contrast.low}
            bound = none if hypothesis == "superiority" else limits[worse]
            against = limits[better] if hypothesis == "superiority" else limits[worse]
            yes = better * (ends[-better] - bound) >= 0
            no = better * (ends[better] - against) <= 0 and not yes
            assert contrast.verdict == ("yes" if yes else "no" if no else "inconclusive")
            seen.add(contrast.verdict)
    assert seen == {"yes", "no", "inconclusive"}


@pytest.mark.slow
def test_intervals_of_95_percent_hold_the_truth_as_often() -> None:
    design = Design(0.025, 0.8, 0.5)
    endpoint = RateEndpoint(**RATE, margin=0.05)
    ends = [endpoint.contrast(*pair, design) for pair in rates(0.3, 0.25)]
    assert np.mean([part.low <= -0.05 <= part.high for part in ends]) == pytest.approx(0.95, abs=0.02)
    chance, held = np.random.default_rng(7), []
    for _ in range(2000):
        control, treatment = chance.gamma(4, 0.5, 150), chance.gamma(2, 1, 150) - 0.3
        contrast = MeanEndpoint(**MEAN, margin=0.3).contrast(mean(control), mean(treatment), design)
        held.append(contrast.low <= -0.3 <= contrast.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


@pytest.mark.slow
def test_the_needed_subjects_have_the_wanted_power() -> None:
    endpoint = RateEndpoint(**RATE, margin=0.1)
    contrast = endpoint.contrast(PILOT, PILOT, DESIGN)
    assert contrast.needed_control is not None
    assert contrast.needed_control == contrast.needed_treatment
    assert yes_share(endpoint, rates(0.3, 0.3, contrast.needed_control)) == pytest.approx(0.8, abs=0.02)


def test_the_needed_subjects_are_those_of_the_textbook() -> None:
    contrast = RateEndpoint(**RATE, margin=0.1).contrast(PILOT, PILOT, DESIGN)
    # Twice the variance, times the square of the normal quantiles 1.645 and 0.842 over the margin.
    assert contrast.needed_control == math.ceil(2 * 0.21 * ((1.6448536 + 0.8416212) / 0.1) ** 2)


def test_the_needed_subjects_are_those_of_the_last_look() -> None:
    designs = [Design(0.05, 0.8, 0.5, Looks(planned=5, look=look)) for look in (1, 5)]
    first, last = (RateEndpoint(**RATE, margin=0.1).contrast(PILOT, PILOT, each) for each in designs)
    assert first.needed_control == last.needed_control
    assert first.power < 0.05 < last.power


def test_what_cannot_be_compared_is_inconclusive_and_says_why() -> None:
    of_mean = MeanEndpoint(**MEAN, margin=0.1)
    ratio = of_mean.model_copy(update={"scale": "ratio"})
    cases = (
        (of_mean, np.arange(20.0), "an arm has 20 subjects or cases, fewer than 30"),
        (of_mean, np.full(50, 2.5), "nothing varies"),
        (ratio, np.linspace(-2, -1, 50), "a ratio needs values above 0"),
    )
    for endpoint, values, note in cases:
        contrast = compared(endpoint, arm("control", values), arm("treatment", values))
        assert (contrast.verdict, contrast.note) == ("inconclusive", note)
        assert math.isnan(contrast.p_value)
        assert overall([contrast]) == "inconclusive"


@pytest.mark.parametrize("center", [1e-9, 0.02, 0.1])
def test_a_ratio_of_values_that_are_hardly_above_0_is_inconclusive(center: float) -> None:
    noise = np.random.default_rng(0).normal(size=50)
    near, far = noise - noise.mean() + center, noise + 9
    for first, second in ((near, near), (near, far), (far, near)):
        endpoint = MeanEndpoint(**MEAN, margin=0.1, scale="ratio")
        contrast = compared(endpoint, arm("control", first), arm("treatment", second))
        assert contrast.verdict == "inconclusive"
        assert "errors of less than half" in contrast.note


@pytest.mark.parametrize("scale", ["difference", "ratio"])
@pytest.mark.parametrize("size", [1e-200, 1e100, 1e160, 1e200, 1e307])
@pytest.mark.parametrize("margin", [1e-200, 0.1, 1e200])
def test_numbers_of_any_size_are_compared_or_inconclusive(scale: Any, size: float, margin: float) -> None:
    values = np.random.default_rng(0).normal(3, 1, 50)
    of_mean = MeanEndpoint(**MEAN, margin=margin, scale=scale)
    for other in (values * size, values[::-1] * size * 1.1, values):
        contrast = compared(of_mean, arm("control", values * size), arm("treatment", other))
        assert contrast.verdict in {"yes", "no", "inconclusive"}
        assert contrast.needed_control is None or contrast.needed_control >= 30
    wide = ArmEstimate(1.0, 0.4, 2, 2)
    endpoint = MeanEndpoint(**MEAN, margin=margin, scale=scale, minimum=2)
    assert endpoint.contrast(wide, wide, Design(1e-9, 0.8, 0.5)).high > 1


def test_a_margin_that_shares_cannot_differ_by_is_refused() -> None:
    for margin in (1, 2.0):
        with pytest.raises(ValidationError, match=r"a margin of 2 points is 0\.02"):
            RateEndpoint(**RATE, margin=margin)
        with pytest.raises(ValidationError, match=r"a margin of 2 points is 0\.02"):
            QualityEndpoint(score="f1", margin=margin)
        assert RateEndpoint(**RATE, margin=margin, scale="ratio").margin == margin
        assert MeanEndpoint(**MEAN, margin=margin).margin == margin


def test_the_power_of_several_claims_is_that_of_the_level_they_share() -> None:
    pilot = ArmEstimate(1.0, 0.1, 200, 200)
    claim = MeanEndpoint(**MEAN, margin=0.3, hypothesis="superiority")
    several = Design(0.05, 0.8, 0.5, claims=4)
    one, shared, strict = (
        claim.contrast(pilot, pilot, design) for design in (DESIGN, several, Design(0.0125, 0.8, 0.5))
    )
    for number in ("power", "detectable", "needed_control"):
        assert getattr(shared, number) == getattr(strict, number) != getattr(one, number)
    assert (shared.low, shared.high) == (one.low, one.high)
    equal = claim.model_copy(update={"hypothesis": "non_inferiority"})
    # as texts, since some numbers are NaN, which does not equal itself
    assert repr(equal.contrast(pilot, pilot, several)) == repr(equal.contrast(pilot, pilot, DESIGN))


@pytest.mark.slow
def test_the_needed_subjects_of_several_claims_show_each_with_the_wanted_power() -> None:
    claim = MeanEndpoint(**MEAN, margin=0.3, hypothesis="superiority")
    design, pilot = Design(0.05, 0.8, 0.5, claims=3), ArmEstimate(0.0, 0.1, 100, 100)
    rows = claim.contrast(pilot, pilot, design).needed_control
    assert rows is not None
    chance, yes = np.random.default_rng(7), 0
    for _ in range(2000):
        draws = [(chance.normal(size=rows), chance.normal(shift, 1, rows)) for shift in (0.3, 0, 0)]
        contrasts = [claim.contrast(mean(control), mean(treatment), design) for control, treatment in draws]
        yes += with_verdicts(contrasts, design)[0].verdict == "yes"
    # Holm's method may give back what the other claims did not use, so it is a little more.
    assert yes / 2000 == pytest.approx(0.805, abs=0.025)


def test_endpoints_of_one_column_have_their_own_names() -> None:
    less, more = (RateEndpoint(**{**RATE, "value": value}, margin=0.1) for value in ("Yes", "No"))
    better = less.model_copy(update={"hypothesis": "superiority"})
    assert [*by_label([less, more])] == ["x_Yes_rate", "x_No_rate"]
    assert [*by_label([less, better])] == ["x_Yes_rate_non_inferiority", "x_Yes_rate_superiority"]
    recalls = [QualityEndpoint(score="recall", positive=name, margin=0.1) for name in "ab"]
    assert [*by_label(recalls)] == ["recall_a", "recall_b"]
    with pytest.raises(ConfigError, match="x_Yes_rate stands there more than once"):
        by_label([less, less])
