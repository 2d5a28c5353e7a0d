"""Rank correlations are scipy's, row by row; leaders are the largest contributions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from mxt.stats.ranks import leading, leads, rank_correlations, shared_leaders


@pytest.mark.parametrize("ties", [False, True])
def test_rank_correlations_are_scipys(ties: bool) -> None:  # noqa: FBT001 - a case
    chance = np.random.default_rng(0)
    first, second = chance.normal(size=(2, 40, 7))
    if ties:
        first, second = first.round(), second.round()
    theirs = [spearmanr(*row).statistic for row in zip(first, second, strict=True)]
    np.testing.assert_allclose(rank_correlations(first, second), theirs, atol=1e-12)


def test_an_explanation_correlates_wholly_with_itself_and_its_negative() -> None:
    values = np.random.default_rng(1).normal(size=(30, 5)).round(1)
    assert (rank_correlations(values, values) == 1).all()
    assert (rank_correlations(values, -values) == -1).all()


def test_nothing_correlates_with_nothing_alone() -> None:
    nothing, something = np.zeros((1, 3)), np.array([[1.0, 2.0, 3.0]])
    assert rank_correlations(nothing, nothing) == 1
    assert rank_correlations(nothing, something) == 0


def test_leaders_are_the_largest_by_size_and_never_a_zero() -> None:
    values = np.array([[0.1, -3.0, 2.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    assert leading(values, 3).tolist() == [[1, 2, 0], [2, -1, -1]]
    assert leads(values, 2).tolist() == [[False, True, True, False], [False, False, True, False]]
    assert leading(values, 9).shape == (2, 4)


def test_shared_leaders_are_a_share_of_those_of_either() -> None:
    first, second = np.array([[3.0, 2.0, 1.0]] * 3), np.array([[3.0, 2.0, 1.0], [3, 1, 2], [0, 0, 0]])
    assert shared_leaders(first, second, 2).tolist() == [1, 1 / 3, 0]
