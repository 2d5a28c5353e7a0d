"""The engine against enumeration of all coalitions, on 200 random small models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explainers.base.kernels import oracle
from explainers.base.kernels.forests import any_forest, table
from mxt.explainers.base.kernels.engine import Engine, available

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")

MODELS = range(200)
EXACT: dict[str, Any] = {"rtol": 0, "atol": 1e-12}


def grouped(rng: np.random.Generator, columns: int) -> list[int]:
    """A player for each column: its own, or one that it shares."""
    if rng.random() < 0.5:
        return list(range(columns))
    drawn = rng.integers(columns, size=columns)
    return np.unique(drawn, return_inverse=True)[1].tolist()


@pytest.mark.parametrize("seed", MODELS)
def test_values_and_interactions_along_paths_are_those_of_the_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    trees = any_forest(rng)
    players, rows = grouped(rng, trees.columns), table(rng, trees, 3)
    engine = Engine(trees, players)
    values, interactions = engine.values(rows), engine.interactions(rows)
    for place, row in enumerate(rows):
        scores = oracle.path_game(trees, row, players)
        np.testing.assert_allclose(engine.base, scores[0], **EXACT)
        np.testing.assert_allclose(values[place], oracle.values(scores), **EXACT)
        np.testing.assert_allclose(interactions[place], oracle.interactions(scores), **EXACT)


@pytest.mark.parametrize("seed", MODELS)
def test_values_and_interactions_against_a_background_are_those_of_the_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    trees = any_forest(rng)
    players, rows = grouped(rng, trees.columns), table(rng, trees, 2)
    background = table(rng, trees, int(rng.integers(1, 4)))
    engine = Engine(trees, players, background)
    values, interactions = engine.values(rows), engine.interactions(rows)
    for place, row in enumerate(rows):
        scores = oracle.background_game(trees, row, background, players)
        np.testing.assert_allclose(engine.base, scores[0], **EXACT)
        np.testing.assert_allclose(values[place], oracle.values(scores), **EXACT)
        np.testing.assert_allclose(interactions[place], oracle.interactions(scores), **EXACT)


@pytest.mark.parametrize("seed", MODELS)
def test_predictions_are_those_of_a_walk_down_each_tree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    trees = any_forest(rng)
    rows = table(rng, trees, 50)
    walked = [oracle.score(trees, row) for row in rows]
    np.testing.assert_allclose(Engine(trees).predict(rows), walked, **EXACT)
