"""Quantiles and their intervals against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import quantile_test

from mxt.stats.quantiles import quantile


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("count", [20, 72, 200, 368, 1000])
def test_the_interval_is_that_of_scipy(share: float, count: int) -> None:
    values = np.random.default_rng(0).exponential(size=count)
    theirs = quantile_test(values, p=share).confidence_interval()
    found = quantile(values, share)
    np.testing.assert_array_equal([found.low, found.high], [theirs.low, theirs.high])
    assert found.estimate == np.quantile(values, share)


def test_a_sample_that_is_too_small_leaves_an_end_open() -> None:
    values = np.arange(367.0)
    assert np.isnan(quantile(values, 0.99).high)
    assert quantile(np.arange(368.0), 0.99).high == 367
    assert quantile(values, 0.99).low < 367


def test_the_interval_holds_the_quantile_at_least_95_times_of_a_hundred() -> None:
    samples = np.random.default_rng(1).exponential(size=(1000, 200))
    held = [quantile(sample, 0.95) for sample in samples]
    true = -np.log(0.05)
    assert 0.945 <= np.mean([found.low <= true <= found.high for found in held]) <= 0.985
