"""BCa intervals against scipy's, and how often they hold the truth."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from mxt.stats import bootstrap
from mxt.stats.bootstrap import bca, of_indices

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.stats.bootstrap import Statistic


def mean_of(values: np.ndarray) -> Statistic:
    return lambda counts: counts @ values / counts.sum(axis=1)


def spread_of(values: np.ndarray) -> Statistic:
    """The standard deviation of counted values."""

    def spread(counts: np.ndarray) -> np.ndarray:
        means = counts @ values / counts.sum(axis=1)
        return np.sqrt(np.maximum(counts @ values**2 / counts.sum(axis=1) - means**2, 0))

    return spread


@pytest.mark.parametrize(("ours", "theirs"), [(mean_of, np.mean), (spread_of, np.std)])
def test_the_ends_are_those_of_scipy(
    ours: Callable[[np.ndarray], Statistic], theirs: Callable[[np.ndarray], float]
) -> None:
    # Both draw at random: 40,000 resamples leave each end an error of about 1 % of the width.
    values = np.random.default_rng(0).exponential(size=120)
    found = bca(ours(values), 120, resamples=40_000)
    expected = stats.bootstrap((values,), theirs, n_resamples=40_000, rng=1, batch=2000).confidence_interval
    width = expected.high - expected.low
    assert found.estimate == pytest.approx(theirs(values), abs=1e-12)
    assert found.low == pytest.approx(expected.low, abs=0.03 * width)
    assert found.high == pytest.approx(expected.high, abs=0.03 * width)


def test_the_acceleration_is_that_of_scipys_formula_and_grouped_near_it() -> None:
    values = np.random.default_rng(0).exponential(size=400)
    sizes = np.ones(400, dtype=int)
    apart = values.mean() - (values.sum() - values) / 399
    exact = (apart**3).sum() / (6 * (apart**2).sum() ** 1.5)
    assert bootstrap._acceleration(mean_of(values), sizes, 0) == pytest.approx(exact, rel=1e-9)
    many = np.random.default_rng(1).exponential(size=20_000)
    grouped = bootstrap._acceleration(mean_of(many), np.ones(20_000, dtype=int), 0)
    assert grouped == pytest.approx(stats.skew(many) / 6 / np.sqrt(20_000), abs=3 * 0.4 / 500)


def test_an_interval_is_decided_by_its_seed_and_not_by_the_parts_it_is_drawn_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(0).exponential(size=300)
    whole = bca(mean_of(values), 300)
    assert bca(mean_of(values), 300) == whole
    assert bca(mean_of(values), 300, seed=1) != whole
    monkeypatch.setattr(bootstrap, "CELLS", 1000)
    assert bca(mean_of(values), 300) == pytest.approx(whole, abs=1e-12)


def test_alike_rows_can_be_counted_in_cells() -> None:
    right = np.repeat([1.0, 0.0], [700, 300])
    whole = bca(mean_of(right), 1000, resamples=20_000)
    cells = bca(mean_of(np.array([1.0, 0.0])), np.array([700, 300]), resamples=20_000)
    assert cells.estimate == whole.estimate == 0.7
    assert cells[1:] == pytest.approx(whole[1:], abs=0.003)


def test_a_function_of_row_numbers_gives_what_counts_give() -> None:
    values = np.random.default_rng(0).exponential(size=50)
    indexed = of_indices(lambda rows: float(values[rows].mean()))
    assert bca(indexed, 50, 500) == pytest.approx(bca(mean_of(values), 50, 500), abs=1e-12)


def test_a_statistic_that_does_not_vary_has_an_interval_of_no_width() -> None:
    assert list(bca(mean_of(np.ones(20)), 20)) == [1, 1, 1]


def test_an_interval_holds_its_estimate_however_biased() -> None:
    values = np.random.default_rng(0).normal(size=100)
    largest = of_indices(lambda rows: float(-np.unique(rows).size + 0 * values[0]))
    found = bca(largest, 100)
    assert found.low <= found.estimate <= found.high


@pytest.mark.parametrize(
    ("statistic", "rows"),
    [
        (lambda counts: np.full(len(counts), np.nan), 50),
        (lambda counts: counts[:, 0] * 1.0, 1),
        (lambda counts: np.where(counts[:, 0] > 0, 1.0, np.nan), 50),
    ],
)
def test_nothing_is_told_of_one_row_or_of_what_is_not_defined(statistic: Statistic, rows: int) -> None:
    assert np.isnan(bca(statistic, rows)[1:]).all()


slowly = functools.partial(pytest.param, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("draw", "statistic", "truth", "rows"),
    [
        (lambda chance, size: chance.normal(size=size), mean_of, 0.0, 60),
        slowly(lambda chance, size: chance.exponential(size=size), mean_of, 1.0, 200),
        slowly(lambda chance, size: chance.normal(size=size), spread_of, 1.0, 400),
        slowly(lambda chance, size: (chance.random(size) < 0.3) * 1.0, mean_of, 0.3, 200),
    ],
)
def test_intervals_hold_the_truth_93_to_97_times_of_a_hundred(
    draw: Callable[[np.random.Generator, int], np.ndarray],
    statistic: Callable[[np.ndarray], Statistic],
    truth: float,
    rows: int,
) -> None:
    chance, held, runs = np.random.default_rng(2), 0, 1500
    for seed in range(runs):
        found = bca(statistic(draw(chance, rows)), rows, resamples=1000, seed=seed)
        held += bool(found.low <= truth <= found.high)
    assert 0.93 <= held / runs <= 0.97
