"""Accumulated differences and shuffled losses, by hand and by how often their intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mxt.stats.effects import Moves, Places, Walks, accumulated, shuffled_loss, spread, walked


def at_levels(levels: list[int] | np.ndarray) -> Places:
    """Rows that each have the value of a level."""
    return Places(np.asarray(levels), np.zeros((len(levels), 1)))


def test_differences_are_summed_and_centred_on_the_rows() -> None:
    moves = Moves(np.array([0, 1, 2]), np.array([0, 0, 1]), np.array([[1.0], [3.0], [-4.0]]))
    found = accumulated(moves, at_levels([0, 0, 1, 2]))
    np.testing.assert_allclose(found.estimate[:, 0], [0.0, 2.0, -2.0])
    raised = accumulated(moves, Places(np.array([0, 0, 1, 2]), np.array([[0.0], [0.0], [8.0], [0.0]])))
    np.testing.assert_allclose(raised.estimate[:, 0], [-2.0, 0.0, -4.0])


def test_one_level_has_no_effect_and_no_doubt() -> None:
    none = np.zeros(0, dtype=int)
    found = accumulated(Moves(none, none, np.zeros((0, 2))), Places(np.zeros(3, dtype=int), np.zeros((3, 2))))
    assert [part.tolist() for part in found] == [[[0, 0]]] * 3


def neighbours(of_rows: np.ndarray, slopes: np.ndarray, own: np.ndarray) -> Moves:
    """The rows at both ends of each step; a difference is the step's slope and what the row adds."""
    up, down = np.flatnonzero(of_rows < of_rows.max()), np.flatnonzero(of_rows > 0)
    rows, steps = np.concatenate([up, down]), np.concatenate([of_rows[up], of_rows[down] - 1])
    return Moves(rows, steps, (slopes[steps] + own[rows])[:, np.newaxis])


@pytest.mark.parametrize("noise", [0, 1, 4])
def test_nineteen_accumulated_intervals_of_twenty_hold_the_effect(noise: float) -> None:
    """A prediction equal to the column (no noise), or one that differs from row to row too."""
    chance, slopes = np.random.default_rng(0), np.array([1.0, -2.0, 0.5])
    truth, shares = np.append(0, slopes.cumsum()), np.array([0.1, 0.2, 0.3, 0.4])
    held = []
    for _ in range(600):
        of_rows, own = chance.choice(4, 120, p=shares), noise * chance.normal(size=120)
        found = accumulated(neighbours(of_rows, slopes, own), at_levels(of_rows))
        centred = truth - shares @ truth
        held.append((found.low[:, 0] <= centred) & (centred <= found.high[:, 0]))
    np.testing.assert_allclose(np.mean(held, axis=0), 0.95, atol=0.03)


def test_the_error_of_a_prediction_equal_to_the_column_is_that_of_its_mean() -> None:
    of_rows = np.random.default_rng(3).integers(0, 5, 80)
    found = accumulated(neighbours(of_rows, np.ones(4), np.zeros(80)), at_levels(of_rows))
    reach = stats.t.ppf(0.975, 79) * of_rows.std(ddof=1) / np.sqrt(80)
    np.testing.assert_allclose(found.high - found.estimate, reach)
    np.testing.assert_allclose(found.estimate[:, 0], np.arange(5) - of_rows.mean(), atol=1e-12)


def test_a_row_moved_twice_counts_once_in_the_interval() -> None:
    """All rows lie at the last level, so the centre is there, and two equal steps away from the first."""
    rows, pull = np.tile(np.arange(50), 2), np.random.default_rng(1).normal(size=50)
    differences = np.tile(pull, 2)[:, np.newaxis]
    found = accumulated(Moves(rows, np.repeat([0, 1], 50), differences), at_levels([2] * 50))
    error = 2 * pull.std(ddof=1) / np.sqrt(50)
    assert (found.high - found.estimate)[0, 0] == pytest.approx(stats.t.ppf(0.975, 98) * error)
    assert found.low[2, 0] == found.high[2, 0] == pytest.approx(0)


def test_a_step_with_few_moves_has_the_freedom_of_few() -> None:
    """All rows lie at the first level, so that the second differs from the centre by one mean of three."""
    pull = np.array([1.0, 2.0, 6.0])
    found = accumulated(Moves(np.arange(3), np.zeros(3, dtype=int), pull[:, np.newaxis]), at_levels([0] * 40))
    reach = stats.t.ppf(0.975, 2) * pull.std(ddof=1) / np.sqrt(3)
    assert (found.high - found.estimate)[1, 0] == pytest.approx(reach)


def test_a_step_with_one_move_leaves_the_error_unknown_where_it_counts() -> None:
    differences = np.array([[1.0], [2.0], [5.0]])
    moves = Moves(np.array([0, 1, 2]), np.array([0, 0, 1]), differences)
    found = accumulated(moves, at_levels([0, 0, 0, 1, 1]))
    assert np.isnan(found.low[:, 0]).tolist() == [False, False, True]
    assert np.isnan(accumulated(moves, at_levels([0, 0, 2, 1, 1])).high).all()


def test_a_walk_adds_the_steps_and_the_rest() -> None:
    moves = Moves(np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1]), np.array([[1.0], [3.0], [4.0], [4.0]]))
    rests = np.array([[0.0], [0.5], [0.0], [0.0]])
    found = walked(moves, Walks(np.array([0, 0, 0, 2]), np.array([0, 1, 2, 1]), rests))[:, 0]
    own = np.array([0, 2 + 0.5, 2 + 4, -4])
    # Two rows walk up the first step, which two rows measure: each of these pulls two by half its deviation.
    np.testing.assert_allclose(found, own + np.array([-1, 1, 0, 0]))
    assert found.mean() == pytest.approx(own.mean())


def test_the_spread_of_walks_is_that_of_the_mean_rise() -> None:
    """Rows of one level, walking up a step that a fifth of them measures, with a slope of their own."""
    chance, means, errors = np.random.default_rng(4), [], []
    for _ in range(800):
        slopes = 1 + chance.normal(size=(100, 1))
        walks = Walks(np.zeros(100, dtype=int), (chance.random(100) < 0.7).astype(int), np.zeros((100, 1)))
        rises = walked(Moves(np.arange(20), np.zeros(20, dtype=int), slopes[:20]), walks)
        means.append(rises.mean())
        errors.append(rises.var() / 100)
    assert np.mean(errors) == pytest.approx(np.var(means), rel=0.15)


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
