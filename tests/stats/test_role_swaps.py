"""Exchanges of roles are named; retraining makes none."""

from __future__ import annotations

import numpy as np
import pytest

from mxt.stats.explanation_diff import Pair
from mxt.stats.role_swaps import Swap, swaps

LEAST = 0.01


def lines(slopes: list[float], rows: int = 500, seed: int = 0) -> np.ndarray:
    """Contributions of a linear model to independent columns."""
    return np.random.default_rng(seed).normal(size=(rows, len(slopes))) * slopes


def found(before: np.ndarray, after: np.ndarray) -> list[Swap]:
    count, columns = before.shape
    return swaps(Pair(before, after, np.zeros(count, dtype=bool), np.ones(columns, dtype=bool)), LEAST)


def test_a_model_beside_itself_has_no_exchange() -> None:
    values = lines([3, 1, 1, 0.5, 0])
    values[:, 2] = values[:, 1]  # two columns that tell the same
    assert found(values, values) == []


def test_exchanged_slopes_are_an_exchange_of_weight() -> None:
    assert found(lines([3, 1, 1, 0.5]), lines([3, 0.5, 1, 1])) == [Swap(1, 3, "weight")]


def test_two_exchanges_are_both_named() -> None:
    named = found(lines([3, 1, 2, 0.5, 0.7]), lines([1, 3, 0.5, 2, 0.7]))
    assert sorted(named) == [Swap(0, 1, "weight"), Swap(2, 3, "weight")]


def test_exchanged_names_of_columns_of_one_weight_are_an_exchange_of_rows() -> None:
    values = lines([1, 1, 1, 0.5])
    assert found(values, values[:, [0, 2, 1, 3]]) == [Swap(1, 2, "rows")]


def test_exchanged_slopes_of_one_size_are_an_exchange_of_direction() -> None:
    assert found(lines([3, 1, -1, 0.5]), lines([3, -1, 1, 0.5])) == [Swap(1, 2, "direction")]


def test_a_target_whose_classes_were_exchanged_is_no_exchange_of_columns() -> None:
    values = lines([3, 1, -1, 0.5])
    assert found(values, -values) == []


def test_a_column_that_alone_gained_weight_exchanged_nothing() -> None:
    assert found(lines([3, 1, 1, 0.5]), lines([3, 1, 1, 2])) == []


@pytest.mark.parametrize("seed", range(20))
def test_a_model_that_changed_a_little_everywhere_has_no_exchange(seed: int) -> None:
    chance = np.random.default_rng(seed)
    slopes = np.linspace(0.2, 2, 12)
    moved = slopes * chance.lognormal(sigma=0.2, size=12)
    assert found(lines(list(slopes)), lines(list(moved))) == []
