"""Permutation tests say what counting all permutations would, and p keeps its meaning when they stop."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from scipy.stats import kstest

from mxt.stats.permutation import PermutationTest, most_exceeding, permutation_test


@pytest.mark.parametrize(("permutations", "level"), [(19, 0.05), (99, 0.05), (1000, 0.05), (200, 0.013)])
def test_the_verdict_is_that_of_all_permutations(permutations: int, level: float) -> None:
    chance = np.random.default_rng(0)
    for share in (0.0, 0.5 * level, 0.9 * level, level, 1.1 * level, 0.5, 1.0):
        for _ in range(50):
            reaches = chance.random(permutations) < share
            found = permutation_test(0.0, np.where(reaches, 1.0, -1.0), permutations, level)
            whole = (reaches.sum() + 1) / (permutations + 1)
            assert (found.p_value < level) == (whole < level)
            if found.done == permutations:
                assert found.p_value == pytest.approx(whole, abs=1 / permutations)


def test_p_is_exact_wherever_it_can_be() -> None:
    """Among all orders of the observed statistic and m others, each equally likely, P(p <= x) = x."""
    permutations, level = 199, 0.05
    ranks = np.random.default_rng(0).random((40_000, permutations + 1))
    found = [permutation_test(row[0], row[1:], permutations, level) for row in ranks]
    p = np.array([test.p_value for test in found])
    for x in (1 / (permutations + 1 - 9), 0.02, level - 1e-9, 0.1, 0.3, 0.7):
        reached = max(value for value in p if value <= x)
        share = np.mean(p <= x)
        assert abs(share - reached) < 4 * np.sqrt(reached * (1 - reached) / len(p))
    assert np.mean([test.done for test in found]) < permutations / 3


def test_p_is_uniform_over_null_data_sets() -> None:
    """500 tables whose labels say nothing about their numbers; the statistic is a gap of class means."""
    chance, rows, permutations = np.random.default_rng(1), 60, 999
    p = []
    for _ in range(500):
        values, labels = chance.normal(size=rows), chance.random(rows) < 0.4
        orders = chance.permuted(np.tile(labels, (permutations, 1)), axis=1)
        gaps = np.abs(orders @ values / labels.sum() - ~orders @ values / (~labels).sum())
        gap = abs(values[labels].mean() - values[~labels].mean())
        p.append(permutation_test(gap, gaps, permutations, 0.05).p_value)
    assert kstest(p, "uniform").pvalue > 0.01
    assert abs(np.mean(np.array(p) < 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 500)


def test_it_looks_at_no_more_than_it_needs() -> None:
    never, always = iter([-1.0] * 10**6), iter([1.0] * 10**6)
    assert permutation_test(0.0, never, 1000, 0.05) == PermutationTest(1 / 952, 951, 0)
    assert permutation_test(0.0, always, 1000, 0.05) == PermutationTest(1.0, 50, 50)
    assert len(list(islice(never, 10**6))) == 10**6 - 951


def test_ties_and_undefined_statistics_speak_against_the_observed() -> None:
    assert permutation_test(0.5, [0.5] * 99, 99, 0.05).p_value == 1.0
    assert permutation_test(0.5, [float("nan")] * 99, 99, 0.05).p_value == 1.0


def test_too_few_permutations_are_known() -> None:
    assert most_exceeding(18, 0.05) == 0
    assert most_exceeding(19, 0.05) == 0
    assert most_exceeding(20, 0.05) == 1
