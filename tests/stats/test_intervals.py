"""Intervals against scipy, and how often they hold what they should."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mxt.stats.intervals import interval, mean_interval


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(0).exponential(size=(12, 3))
    found = mean_interval(values)
    error = stats.sem(values, axis=0)
    low, high = stats.t.interval(0.95, 11, values.mean(axis=0), error)
    np.testing.assert_allclose(found.estimate, values.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose([found.low, found.high], [low, high], rtol=1e-12)


def test_infinite_freedom_is_normal() -> None:
    found = interval(np.zeros(1), np.ones(1), float("inf"))
    assert found.high[0] == pytest.approx(stats.norm.ppf(0.975), rel=1e-12)


def test_one_value_has_no_interval() -> None:
    found = mean_interval(np.array([[2.0, 3.0]]))
    assert found.estimate.tolist() == [2, 3]
    assert np.isnan([found.low, found.high]).all()


def test_nineteen_intervals_of_twenty_hold_the_mean() -> None:
    samples = np.random.default_rng(1).normal(5, 2, size=(15, 4000))
    found = mean_interval(samples)
    assert ((found.low <= 5) & (found.high >= 5)).mean() == pytest.approx(0.95, abs=0.015)
