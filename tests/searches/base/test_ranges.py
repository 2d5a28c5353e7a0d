"""Ranges are drawn from evenly, whole numbers alike, and none without an end is accepted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import kstest

from mxt.searches.base.ranges import Range


@pytest.mark.parametrize("log", [False, True])
def test_a_range_of_numbers_is_drawn_evenly(*, log: bool) -> None:
    state = np.random.RandomState(0)
    drawn = [Range(low=0.1, high=10.0, log=log).rvs(state) for _ in range(2000)]
    shares = (np.log10(drawn) + 1) / 2 if log else (np.array(drawn) - 0.1) / 9.9
    assert kstest(shares, "uniform").pvalue > 0.01


def test_whole_numbers_come_from_low_to_high_alike() -> None:
    state = np.random.RandomState(0)
    drawn = [Range(low=2, high=5).rvs(state) for _ in range(4000)]
    assert {*map(type, drawn)} == {int}
    counts = pd.Series(drawn).value_counts()
    assert {*counts.index} == {2, 3, 4, 5}
    assert abs(counts - 1000).max() < 5 * math.sqrt(4000 * 0.25 * 0.75)
    logarithmic = {Range(low=1, high=100, log=True).rvs(state) for _ in range(4000)}
    assert {1, 100} <= logarithmic
    assert max(logarithmic) == 100


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"low": 5, "high": 2}, "low must lie below high, and 5 to 2 is no such range"),
        ({"low": 0, "high": 2, "log": True}, "a logarithmic range must lie above 0; low is 0"),
        ({"low": float("nan"), "high": 2}, "low must lie below high"),
    ],
)
def test_a_range_that_is_none_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Range(**fields)
