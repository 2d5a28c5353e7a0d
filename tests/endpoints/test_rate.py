"""Rates: how often they are wrong, and how often they show what is there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from endpoints.experiments import (
    RATE,
    arm,
    assert_seldom_wrong,
    assert_wrong_once_in_twenty,
    compared,
    rates,
    yes_share,
)
from mxt.endpoints.rate import RateEndpoint
from mxt.errors import DataError

NULLS = {
    "no difference": (RateEndpoint(**RATE, margin=0.05, hypothesis="superiority"), (0.3, 0.3)),
    "worse by the margin": (RateEndpoint(**RATE, margin=0.05), (0.3, 0.25)),
    "worse by the margin where less is better": (
        RateEndpoint(**{**RATE, "higher_is_better": False}, margin=0.05),
        (0.1, 0.15),
    ),
}
each_null = pytest.mark.parametrize(("endpoint", "shares"), NULLS.values(), ids=NULLS)


@each_null
def test_a_rate_without_a_gain_seldom_says_yes(endpoint: RateEndpoint, shares: tuple[float, float]) -> None:
    assert_seldom_wrong(endpoint, rates(*shares))


@pytest.mark.slow
@each_null
def test_a_rate_without_a_gain_says_yes_once_in_twenty(
    endpoint: RateEndpoint, shares: tuple[float, float]
) -> None:
    assert_wrong_once_in_twenty(endpoint, rates(*shares))


def power(control: float, treatment: float, bound: float, rows: int = 400) -> float:
    error = math.sqrt((control * (1 - control) + treatment * (1 - treatment)) / rows)
    return float(stats.norm.sf(stats.norm.ppf(0.95) - (treatment - control - bound) / error))


@pytest.mark.slow
def test_a_higher_rate_is_shown_with_the_power_of_theory() -> None:
    endpoint = RateEndpoint(**RATE, margin=0.08, hypothesis="superiority")
    assert yes_share(endpoint, rates(0.3, 0.38)) == pytest.approx(power(0.3, 0.38, 0), abs=0.02)


@pytest.mark.slow
def test_an_equal_rate_is_shown_to_be_no_worse_with_the_power_of_theory() -> None:
    share = yes_share(RateEndpoint(**RATE, margin=0.08), rates(0.3, 0.3))
    assert share == pytest.approx(power(0.3, 0.3, -0.08), abs=0.02)


@pytest.mark.parametrize(("values", "value"), [([0, 1], 1), ([False, True], True), (["no", "1"], 1)])
def test_a_value_is_counted_however_the_table_writes_it(values: list[Any], value: Any) -> None:
    control, treatment = (
        arm(name, np.repeat(np.array(values, dtype=object), counts))
        for name, counts in (("control", (60, 40)), ("treatment", (45, 55)))
    )
    contrast = compared(RateEndpoint(**{**RATE, "value": value}, margin=0.1), control, treatment)
    assert (contrast.control, contrast.treatment) == (0.4, 0.55)
    assert contrast.effect == pytest.approx(0.15)


def test_a_value_that_no_row_has_is_refused() -> None:
    numbers = arm("control", np.arange(50.0))
    with pytest.raises(DataError, match="no row has the value 'Maybe'"):
        compared(RateEndpoint(**{**RATE, "value": "Maybe"}, margin=0.1), numbers, numbers)
