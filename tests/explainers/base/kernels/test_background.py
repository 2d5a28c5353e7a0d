"""Trees of any depth against a background: walked or looked up, the same numbers, and the right ones."""

from __future__ import annotations

from functools import cache
from math import factorial
from typing import Any

import numpy as np
import pytest

from explainers.base.kernels.forests import CODES, conjunction, forest, table
from explainers.base.kernels.test_determinism import UNITS
from mxt.explainers.base.kernels.engine import Engine, available
from mxt.predictors.base.trees import TreeEnsemble

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")

EXACT: dict[str, Any] = {"rtol": 0, "atol": 1e-12}


@cache
def deep() -> TreeEnsemble:
    """Paths of up to 15 columns, some of them asked again, with categories and gaps."""
    return forest(
        np.random.default_rng(1),
        columns=25,
        trees=2,
        depth=15,
        categorical=frozenset({2, 3, 4}),
        kinds=("nan", "zero", "none"),
        grid=np.linspace(-1.5, 1.5, 40),
    )


def rows_of(trees: TreeEnsemble, rows: int, seed: int = 2) -> np.ndarray:
    """Few gaps and odd categories, so that rows pass tests and fail them about as often."""
    rng = np.random.default_rng(seed)
    found = table(rng, trees, rows)
    categorical = sorted(set(trees.feature[trees.category >= 0].tolist()))
    found[:, categorical] = rng.integers(CODES, size=(rows, len(categorical)))
    return np.where(np.isnan(found) & (rng.random(found.shape) < 0.8), 0.3, found)


def passes(trees: TreeEnsemble, rows: np.ndarray, node: int) -> np.ndarray:
    """Which rows go left at a node."""
    column = int(trees.feature[node])
    cells, kind, known = rows[:, column], trees.missing[column], trees.known[column]
    cells = np.where(np.isnan(cells), 0.0, cells) if kind == "none" else cells
    gone = np.isnan(cells) | ((kind == "zero") & (np.abs(cells) <= np.float32(1e-35)))
    if trees.category[node] >= 0:
        if known is not None:
            gone |= ~np.isin(cells, known)
        return np.where(gone, trees.missing_left[node], np.isin(cells, trees.sets[trees.category[node]]))
    return np.where(gone, trees.missing_left[node], cells <= trees.threshold[node])


def leaf_by_leaf(trees: TreeEnsemble, rows: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Shapley values of one output as a sum over leaves and pairs of rows, shape (rows, columns).

    Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, algorithm 3, without its walk.
    """
    found = np.zeros((len(rows), trees.columns))

    def walk(node: int, path: dict[int, tuple[np.ndarray, np.ndarray]]) -> None:
        if trees.left[node] >= 0:
            ours, theirs = passes(trees, rows, node), passes(trees, background, node)
            column = int(trees.feature[node])
            before = path.get(column, (np.True_, np.True_))
            walk(int(trees.left[node]), {**path, column: (before[0] & ours, before[1] & theirs)})
            walk(int(trees.right[node]), {**path, column: (before[0] & ~ours, before[1] & ~theirs)})
            return
        if not path:
            return
        ours = np.array([one for one, _ in path.values()])[:, :, None]
        theirs = np.array([other for _, other in path.values()])[:, None, :]
        left = (ours | theirs).all(axis=0)
        present, absent = (ours & ~theirs).sum(axis=0), (theirs & ~ours).sum(axis=0)
        value = float(trees.values[node, 0]) / len(background)
        for place, column in enumerate(path):
            wins, loses = left & ours[place] & ~theirs[place], left & theirs[place] & ~ours[place]
            found[:, column] += value * (wins * SHARES[present - 1, absent]).sum(axis=1)
            found[:, column] -= value * (loses * SHARES[present, absent - 1]).sum(axis=1)

    for root in trees.roots:
        walk(int(root), {})
    return found


SHARES = np.array(
    [[factorial(a) * factorial(b) / factorial(a + b + 1) for b in range(20)] for a in range(20)]
)


def found_by(
    engine: Engine, method: str, rows: np.ndarray, columns: int, unit: str, *options: float
) -> np.ndarray:
    """What a kernel adds for one output, shape (columns, rows)."""
    codes, count = engine._codes(rows)
    out = np.zeros((columns, count))
    getattr(engine._forests[0], method)(codes, count, out, 1, *options, unit=unit)
    return out


def explained(
    trees: TreeEnsemble, rows: np.ndarray, background: np.ndarray, entries: int, unit: str
) -> np.ndarray:
    """Values of an engine that keeps tables of so many numbers at most, shape (rows, columns)."""
    engine = Engine(trees, background=background[:1])
    engine._forests[0].set_background(*engine._codes(background), entries, 1)
    return found_by(engine, "add_background_values", rows, engine.players, unit).T


@pytest.mark.parametrize("count", [1, 63, pytest.param(300, marks=pytest.mark.slow)])
def test_deep_trees_are_explained_as_a_sum_over_leaves_and_pairs_of_rows(count: int) -> None:
    trees = deep()
    rows, background = rows_of(trees, 10), rows_of(trees, count, seed=3)
    found = Engine(trees, background=background).values(rows)[:, :, 0]
    np.testing.assert_allclose(found, leaf_by_leaf(trees, rows, background), **EXACT)


@pytest.mark.parametrize("unit", UNITS)
def test_walked_or_looked_up_values_are_the_same_bytes(unit: str) -> None:
    """One row at a time is walked; many are looked up, in tables that are kept or filled on the way."""
    trees = deep()
    rows, background = rows_of(trees, 3000), rows_of(trees, 90, seed=3)
    kept = explained(trees, rows, background, 2**26, unit)
    np.testing.assert_array_equal(explained(trees, rows, background, 0, unit), kept)
    alone = [explained(trees, rows[place : place + 1], background, 0, unit) for place in range(0, 3000, 100)]
    np.testing.assert_array_equal(np.concatenate(alone), kept[::100])


def test_a_background_of_many_rows_is_the_mean_of_its_parts() -> None:
    """It is looked at in stretches of 4,096 rows."""
    trees = deep()
    rows, background = rows_of(trees, 200), rows_of(trees, 9000, seed=3)
    parts = [Engine(trees, background=part).values(rows) for part in (background[:4096], background[4096:])]
    expected = (parts[0] * 4096 + parts[1] * 4904) / 9000
    np.testing.assert_allclose(Engine(trees, background=background).values(rows), expected, **EXACT)
    np.testing.assert_allclose(Engine(trees, background=background).values(rows[:1]), expected[:1], **EXACT)


@pytest.mark.parametrize("times", [1, 2, 40])
def test_background_rows_that_are_alike_count_each(times: int) -> None:
    trees = deep()
    rows, background = rows_of(trees, 300), rows_of(trees, 50, seed=3)
    once = Engine(trees, background=background).values(rows)
    found = Engine(trees, background=np.repeat(background, times, axis=0)).values(rows)
    np.testing.assert_allclose(found, once, **EXACT)


@pytest.mark.parametrize("unit", UNITS)
def test_interactions_of_deep_trees_sum_to_their_values(unit: str) -> None:
    trees = deep()
    rows, background = rows_of(trees, 40), rows_of(trees, 70, seed=3)
    engine = Engine(trees, background=background)
    out = found_by(engine, "add_background_interactions", rows, engine.players**2, unit)
    pairs = out.reshape(engine.players, engine.players, len(rows)).transpose(2, 0, 1)
    found = engine.interactions(rows)[:, :, :, 0]
    off_diagonal = ~np.eye(engine.players, dtype=bool)
    np.testing.assert_array_equal(pairs[:, off_diagonal], found[:, off_diagonal])
    np.testing.assert_array_equal(pairs, pairs.transpose(0, 2, 1))
    np.testing.assert_allclose(found.sum(axis=2), engine.values(rows)[:, :, 0], **EXACT)


@pytest.mark.parametrize("unit", UNITS)
def test_probabilities_of_deep_trees_add_up(unit: str) -> None:
    trees = deep()
    rows, background = rows_of(trees, 70), rows_of(trees, 100, seed=3)
    engine = Engine(trees, background=background)
    out = found_by(engine, "add_chances", rows, engine.players, unit, float(trees.base[0]))
    np.testing.assert_array_equal(out.T, engine.probabilities(rows)[:, :, 0])
    chances, known = (1 / (1 + np.exp(-engine.predict(given)[:, 0])) for given in (rows, background))
    np.testing.assert_allclose(out.sum(axis=0), chances - known.mean(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("unit", UNITS)
def test_paths_of_any_number_of_columns_are_walked(unit: str) -> None:
    for columns in (1, 8, 9, 16, 17, 25, 32, 33, 64, 65, 300):
        failing = np.ones((3, columns))
        found = explained(conjunction(columns, 0.5), -failing, failing, 0, unit)
        np.testing.assert_allclose(found, 1 / columns, **EXACT)
