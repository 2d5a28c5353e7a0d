"""Accumulated differences and shuffled losses, by hand and by how often their intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from mxt.stats.effects import Moves, accumulated, shuffled_loss, spread


def test_differences_are_summed_and_centred() -> None:
    moves = Moves(np.array([0, 1, 2]), np.array([0, 0, 1]), np.array([[1.0], [3.0], [-4.0]]))
    shares = np.array([0.5, 0.25, 0.25])
    found = accumulated(moves, shares)
    summed = np.array([0.0, 2.0, -2.0])
    np.testing.assert_allclose(found.estimate[:, 0], summed - shares @ summed)
    assert shares @ found.estimate[:, 0] == pytest.approx(0)


def test_one_level_has_no_effect_and_no_doubt() -> None:
    none = np.zeros(0, dtype=int)
    found = accumulated(Moves(none, none, np.zeros((0, 2))), np.ones(1))
    assert [part.tolist() for part in found] == [[[0, 0]]] * 3


def test_nineteen_accumulated_intervals_of_twenty_hold_the_effect() -> None:
    chance, rows, steps = np.random.default_rng(0), 120, 3
    of_rows, shares = np.arange(rows) % steps, np.array([0.1, 0.2, 0.3, 0.4])
    slopes = np.array([1.0, -2.0, 0.5])
    truth = np.append(0, slopes.cumsum())
    truth -= shares @ truth
    held = []
    for _ in range(600):
        differences = (slopes[of_rows] + chance.normal(size=rows))[:, np.newaxis]
        found = accumulated(Moves(np.arange(rows), of_rows, differences), shares)
        held.append((found.low[:, 0] <= truth) & (truth <= found.high[:, 0]))
    np.testing.assert_allclose(np.mean(held, axis=0), 0.95, atol=0.03)


def test_a_row_moved_twice_counts_once_in_the_interval() -> None:
    chance = np.random.default_rng(1)
    rows, shares = np.tile(np.arange(50), 2), np.array([0.0, 0.0, 1.0])
    pull = chance.normal(size=50)
    differences = np.tile(pull, 2)[:, np.newaxis]
    found = accumulated(Moves(rows, np.repeat([0, 1], 50), differences), shares)
    error = 2 * pull.std(ddof=1) / np.sqrt(50)
    assert (found.high - found.estimate)[0, 0] == pytest.approx(1.959964 * error, rel=1e-6)


def test_the_spread_weighs_levels_by_their_rows() -> None:
    effects, counts = np.array([[0.0], [1.0], [5.0]]), np.array([5, 3, 2])
    assert spread(effects, counts / 10)[0] == pytest.approx(np.repeat(effects[:, 0], counts).std())


def cycles(chance: np.random.Generator, rows: int, repeats: int) -> np.ndarray:
    donors = np.empty((repeats, rows), dtype=int)
    for found in donors:
        order = chance.permutation(rows)
        found[order] = np.roll(order, -1)
    return donors


def test_nineteen_shuffled_intervals_of_twenty_hold_the_growth_of_the_loss() -> None:
    """For y = 2 x + noise and the true model, the squared error grows by 2 * 4 * var(x) = 8."""
    chance, rows, held, growths = np.random.default_rng(2), 150, [], []
    for _ in range(500):
        x = chance.normal(size=rows)
        truth = 2 * x + chance.normal(size=rows)
        donors = cycles(chance, rows, 5)
        losses = ((2 * x - truth) ** 2)[:, np.newaxis]
        shuffled = np.stack([((2 * x[givers] - truth) ** 2)[:, np.newaxis] for givers in donors])
        found = shuffled_loss(losses, shuffled, donors)
        growths.append(found.estimate[0])
        held.append(found.low[0] <= 8 <= found.high[0])
        idle = shuffled_loss(losses, np.stack([losses] * 5), donors)
        assert idle.low[0] == idle.high[0] == 0
    assert np.mean(growths) == pytest.approx(8, abs=4 * np.std(growths) / np.sqrt(500))
    assert 0.92 <= np.mean(held) <= 0.99
