"""The population stability index against worked numbers, identities and simulation."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from mxt.stats.divergence import PRIOR_COUNT, population_stability, population_stability_noise

counts = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=30).map(
    np.array
)


def test_the_index_by_hand() -> None:
    # 50, 30, 20 against 30, 30, 40 of a hundred rows, each with half a row more.
    p, q = (50.5 / 101.5, 30.5 / 101.5, 20.5 / 101.5), (30.5 / 101.5, 30.5 / 101.5, 40.5 / 101.5)
    by_hand = (q[0] - p[0]) * log(q[0] / p[0]) + (q[2] - p[2]) * log(q[2] / p[2])
    found = population_stability(np.array([50, 30, 20]), np.array([30, 30, 40]))
    assert found == pytest.approx(by_hand, abs=1e-12)
    assert found == pytest.approx(0.23353, abs=1e-5)


def test_many_rows_give_the_textbook_number() -> None:
    # 10, 20, 40, 30 % against 5, 15, 40, 40 %, worked without a prior:
    # 0.05 ln 2 + 0.05 ln(4/3) + 0 + 0.1 ln(4/3) = 0.077809
    shares = np.array([[0.10, 0.20, 0.40, 0.30], [0.05, 0.15, 0.40, 0.40]])
    found = population_stability(*(shares * 10**9))
    assert found == pytest.approx(0.05 * log(2) + 0.15 * log(4 / 3), abs=1e-8)
    assert found == pytest.approx(0.077809, abs=1e-6)


@settings(deadline=None)
@given(pairs=counts)
def test_the_index_is_the_sum_of_both_relative_entropies(pairs: np.ndarray) -> None:
    p, q = pairs.T + PRIOR_COUNT
    found = population_stability(*pairs.T)
    assert found == pytest.approx(entropy(p, q) + entropy(q, p), abs=1e-9)
    assert found >= 0
    assert found == pytest.approx(population_stability(pairs[:, 1], pairs[:, 0]), abs=1e-12)


@settings(deadline=None)
@given(pairs=counts)
def test_a_distribution_is_at_no_distance_from_itself(pairs: np.ndarray) -> None:
    assert population_stability(pairs[:, 0], pairs[:, 0]) == 0


def test_an_empty_bin_costs_no_more_than_its_rows_can_tell() -> None:
    # The true index of N(0, 1) against N(1, 1) is 1, their symmetric relative entropy.
    edges = np.quantile(np.random.default_rng(0).normal(size=2000), np.linspace(0, 1, 11)[1:-1])
    before, after = (
        np.bincount(np.searchsorted(edges, np.random.default_rng(seed).normal(mean, size=2000)), minlength=10)
        for seed, mean in ((1, 0), (2, 1))
    )
    assert population_stability(before, after) == pytest.approx(0.95, abs=0.15)
    before[0], after[0] = 0, 400
    assert population_stability(before, after) < 3


@pytest.mark.parametrize("level", [0.1, 0.01])
@pytest.mark.parametrize(
    ("bins", "reference_rows", "current_rows"), [(2, 500, 500), (10, 1000, 3000), (20, 5000, 2000)]
)
def test_chance_exceeds_the_noise_as_often_as_its_level(
    level: float, bins: int, reference_rows: int, current_rows: int
) -> None:
    chance, runs = np.random.default_rng(bins), 4000
    shares = np.full(bins, 1 / bins)
    noise = population_stability_noise(bins, reference_rows, current_rows, level)
    before = chance.multinomial(reference_rows, shares, size=runs)
    after = chance.multinomial(current_rows, shares, size=runs)
    exceeded = np.mean([population_stability(*pair) > noise for pair in zip(before, after, strict=True)])
    assert exceeded == pytest.approx(level, abs=4 * (level * (1 - level) / runs) ** 0.5)


def test_noise_shrinks_with_rows_and_grows_with_bins() -> None:
    noise = [population_stability_noise(10, rows, 2 * rows, 0.001) for rows in (10, 100, 1000)]
    assert noise[0] == pytest.approx(10 * noise[1])
    assert noise[1] == pytest.approx(10 * noise[2])
    # The 99.9 % point of chi-squared with 9 degrees of freedom is 27.877.
    assert noise[2] == pytest.approx(27.877 * (1 / 1000 + 1 / 2000), abs=1e-5)
    by_bins = [population_stability_noise(bins, 100, 100, 0.001) for bins in (2, 5, 10, 50)]
    assert by_bins == sorted(by_bins)
