"""Wilson's interval against scipy and statsmodels, and how often it holds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from statsmodels.stats.proportion import proportion_confint

from mxt.stats.proportions import wilson


@pytest.mark.parametrize(
    ("successes", "count"), [(0, 10), (3, 10), (10, 10), (1, 1), (81, 263), (7, 100_000)]
)
def test_the_interval_is_that_of_scipy_and_statsmodels(successes: int, count: int) -> None:
    found = wilson(successes, count)
    scipys = binomtest(successes, count).proportion_ci(method="wilson")
    assert found.low == pytest.approx(scipys.low, abs=1e-12)
    assert found.high == pytest.approx(scipys.high, abs=1e-12)
    assert found[1:] == pytest.approx(proportion_confint(successes, count, method="wilson"), abs=1e-12)


def test_the_worked_example_of_newcombe() -> None:
    # Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3: 81 of 263.
    assert wilson(81, 263)[1:] == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_many_proportions_are_told_at_once_and_none_of_no_rows() -> None:
    found = wilson(np.array([[0, 3], [10, 0]]), np.array([[10, 10], [10, 0]]))
    assert found.estimate.shape == found.low.shape == found.high.shape == (2, 2)
    assert found.low[0, 1] == wilson(3, 10).low
    assert found.low[0, 0] == 0
    assert found.high[1, 0] == 1
    assert np.isnan([part[1, 1] for part in found]).all()


@pytest.mark.parametrize(("count", "share"), [(30, 0.2), (30, 0.5), (100, 0.05), (100, 0.9), (1000, 0.01)])
def test_the_interval_holds_the_share_93_to_97_times_of_a_hundred(count: int, share: float) -> None:
    # Exact: the chance of each number of successes whose interval holds the share.
    found = wilson(np.arange(count + 1), count)
    holds = (found.low <= share) & (share <= found.high)
    assert 0.93 <= binom.pmf(np.arange(count + 1), count, share)[holds].sum() <= 0.97
