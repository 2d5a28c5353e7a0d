"""Laws with known answers, at the edges of what trees and tables may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from explainers.base.kernels import oracle
from explainers.base.kernels.forests import any_forest, conjunction, forest, stumps, table
from mxt.errors import ModelError
from mxt.explainers.base.kernels.engine import Engine, available
from mxt.predictors.base.trees import TreeEnsemble

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")

EXACT: dict[str, Any] = {"rtol": 0, "atol": 1e-12}


def no_trees(columns: int = 3, outputs: int = 2) -> TreeEnsemble:
    none = np.zeros(0, np.int32)
    base = np.arange(1.0, outputs + 1)
    return TreeEnsemble(
        none, none, none, none, none.astype(float), none.astype(bool), none, none.astype(float),
        np.zeros((0, outputs)), base, columns,
    )  # fmt: skip


@pytest.mark.parametrize("players", [1, 2, 3, 9, 16, 17, 20, 21, 64, 65, 100, 255, 256])
def test_a_conjunction_is_shared_as_its_formula_says(players: int) -> None:
    share = 0.5 ** (1 / players)
    rows = np.full((2, players), -1.0)
    rows[1, 0] = 1.0
    found = Engine(conjunction(players, share)).values(rows)[:, :, 0]
    powers = share ** np.arange(1, players + 1)
    np.testing.assert_allclose(found[0], (1 - powers[-1]) / players, **EXACT)
    np.testing.assert_allclose(found[1, 0], -powers.mean(), **EXACT)
    np.testing.assert_allclose(found[1, 1:].sum(), powers.mean() - powers[-1], **EXACT)
    np.testing.assert_allclose(found[1, 1:], found[1, -1], **EXACT)


@pytest.mark.parametrize("players", [2, 3, 9, 40])
def test_pairs_of_a_conjunction_interact_as_its_formula_says(players: int) -> None:
    share = 0.5 ** (1 / players)
    found = Engine(conjunction(players, share)).interactions(np.full((1, players), -1.0))[0, :, :, 0]
    sizes = share ** (players - np.arange(players + 1.0))
    index = (sizes[2:] - 2 * sizes[1:-1] + sizes[:-2]).mean()
    np.testing.assert_allclose(found[~np.eye(players, dtype=bool)], index / 2, **EXACT)
    np.testing.assert_allclose(found.sum(axis=1), (1 - sizes[0]) / players, **EXACT)


@pytest.mark.parametrize("players", [1, 3, 8, 9, 16, 17, 65, 300])
def test_a_conjunction_against_rows_that_fail_it_is_shared_equally(players: int) -> None:
    failing = np.ones((5, players))
    engine = Engine(conjunction(players, 0.5), background=failing)
    np.testing.assert_allclose(engine.values(-failing[:2]), 1 / players, **EXACT)
    np.testing.assert_array_equal(engine.values(failing), 0)


@pytest.mark.parametrize("background", [None, np.array([[-1.0, 1, 1, 1, 1], [1, -1, 1, -1, 1]])])
def test_a_path_of_a_thousand_tests_on_five_columns_is_one_test_each(background: np.ndarray | None) -> None:
    rows = np.random.default_rng(0).choice([-1.0, 1.0, np.nan], (40, 5))
    deep = Engine(conjunction(5, 0.999, tests=1000), background=background)
    once = Engine(conjunction(5, 0.999**200), background=background)
    np.testing.assert_allclose(deep.values(rows), once.values(rows), **EXACT)
    np.testing.assert_allclose(deep.interactions(rows), once.interactions(rows), **EXACT)


def test_a_path_of_more_columns_than_the_quadrature_has_points_for_is_refused() -> None:
    with pytest.raises(ModelError, match="more than 256 columns; give a background"):
        Engine(conjunction(257, 0.99))
    grouped = Engine(conjunction(257, 0.99), players=[*range(256), 255])
    assert grouped.values(np.full((1, 257), -1.0)).shape == (1, 256, 1)


def test_a_tree_that_is_deeper_than_threads_can_walk_is_refused() -> None:
    for background in (None, np.zeros((1, 5))):
        with pytest.raises(ModelError, match="more than 1,000 levels deep"):
            Engine(conjunction(5, 0.999, tests=1001), background=background)


@pytest.mark.parametrize("each", [1, 254, 255, 300, 33_000])
def test_columns_of_stumps_get_what_their_own_stumps_add(each: int) -> None:
    """Codes of one, two and four bytes: the last for 66,000 split values of one column."""
    rng = np.random.default_rng(each)
    columns = 2 if each > 1000 else 3
    trees = stumps(rng, columns, each)
    if each > 1000:
        trees = replace(trees, feature=np.where(trees.feature < 0, -1, 0).astype(np.int32))
        trees = replace(trees, threshold=trees.threshold + np.arange(len(trees.left)) * 1e-9)
    rows = table(rng, trees, 70)
    engine = Engine(trees)
    assert engine._binning.width == (4 if each > 1000 else 2 if each > 254 else 1)
    inner = trees.roots
    cells = rows[:, trees.feature[inner]]
    left = np.where(np.isnan(cells), trees.missing_left[inner], cells <= trees.threshold[inner])
    value, cover = trees.values[:, 0], trees.cover
    added = np.where(left, value[inner + 1], value[inner + 2])
    mean = (value[inner + 1] * cover[inner + 1] + value[inner + 2] * cover[inner + 2]) / cover[inner]
    own = (trees.feature[inner][:, None] == np.arange(columns)).astype(float)
    np.testing.assert_allclose(engine.values(rows)[:, :, 0], (added - mean) @ own, **EXACT)
    np.testing.assert_allclose(engine.predict(rows)[:, 0], trees.base + added.sum(axis=1), **EXACT)


def test_without_trees_all_is_base() -> None:
    rows = np.zeros((4, 3))
    for engine in (Engine(no_trees()), Engine(no_trees(), background=rows)):
        np.testing.assert_array_equal(engine.base, [1, 2])
        np.testing.assert_array_equal(engine.values(rows), np.zeros((4, 3, 2)))
        np.testing.assert_array_equal(engine.interactions(rows), np.zeros((4, 3, 3, 2)))
        np.testing.assert_array_equal(engine.predict(rows), np.tile([1.0, 2.0], (4, 1)))


def test_trees_of_one_leaf_add_to_the_base_alone() -> None:
    trees = forest(np.random.default_rng(0), depth=0, trees=4, outputs=2)
    rows = np.zeros((4, 5))
    for engine in (Engine(trees), Engine(trees, background=rows)):
        np.testing.assert_allclose(engine.base, trees.base + trees.values.sum(axis=0), **EXACT)
        np.testing.assert_array_equal(engine.values(rows), np.zeros((4, 5, 2)))
        np.testing.assert_array_equal(engine.interactions(rows), np.zeros((4, 5, 5, 2)))


@pytest.mark.parametrize("against", [False, True])
def test_no_rows_give_no_values(against: bool) -> None:  # noqa: FBT001 - both cases of one law
    trees = forest(np.random.default_rng(0), outputs=2)
    engine = Engine(trees, background=np.zeros((1, 5)) if against else None)
    assert engine.values(np.zeros((0, 5))).shape == (0, 5, 2)
    assert engine.interactions(np.zeros((0, 5))).shape == (0, 5, 5, 2)
    assert engine.predict(np.zeros((0, 5))).shape == (0, 2)


def test_a_row_of_gaps_is_explained() -> None:
    rng = np.random.default_rng(0)
    trees = any_forest(rng)
    gaps = np.full((1, trees.columns), np.nan)
    scores = oracle.path_game(trees, gaps[0], list(range(trees.columns)))
    np.testing.assert_allclose(Engine(trees).values(gaps)[0], oracle.values(scores), **EXACT)


def test_leaves_of_any_size_add_up() -> None:
    for size in (1e-300, 1e-12, 1e12, 1e300):
        rng = np.random.default_rng(0)
        trees = forest(rng, depth=6)
        trees = replace(trees, values=trees.values * size, base=trees.base * size)
        rows = table(rng, trees, 100)
        for engine in (Engine(trees), Engine(trees, background=rows)):
            gap = engine.values(rows).sum(axis=1) + engine.base - engine.predict(rows)
            assert np.abs(gap).max() <= 1e-13 * np.abs(trees.values).max()


def test_values_of_many_columns_and_rows_are_those_of_pairs_of_rows() -> None:
    """Tables count the background's rows; pairs, whose interactions sum to values, walk down with each."""
    rng = np.random.default_rng(0)
    trees = forest(rng, columns=30, trees=3, depth=12, grid=np.linspace(-2, 2, 50))
    background, rows = table(rng, trees, 1000), table(rng, trees, 30)
    engine = Engine(trees, background=background)
    np.testing.assert_allclose(engine.interactions(rows).sum(axis=2), engine.values(rows), **EXACT)


def test_nodes_that_no_tree_reaches_count_for_nothing() -> None:
    rng = np.random.default_rng(0)
    trees = forest(rng, trees=3)
    rows = table(rng, trees, 20)
    fewer = replace(trees, roots=trees.roots[1:2])
    first, last = int(trees.roots[1]), int(trees.roots[2])
    alone = replace(
        fewer,
        roots=np.zeros(1, np.int32),
        left=np.where(trees.left < 0, -1, trees.left - first)[first:last],
        right=np.where(trees.right < 0, -1, trees.right - first)[first:last],
        **{
            name: getattr(trees, name)[first:last]
            for name in ("feature", "threshold", "missing_left", "category", "cover", "values")
        },
    )
    np.testing.assert_array_equal(Engine(fewer).base, Engine(alone).base)
    np.testing.assert_array_equal(Engine(fewer).values(rows), Engine(alone).values(rows))


def test_where_no_category_is_known_all_values_are_missing() -> None:
    rng = np.random.default_rng(0)
    trees = forest(rng, columns=2, categorical=frozenset({0, 1}), depth=3)
    unknown = replace(trees, known=(np.zeros(0, np.int64), np.zeros(0, np.int64)))
    rows = table(rng, trees, 30)
    gaps = np.full_like(rows, np.nan)
    np.testing.assert_array_equal(Engine(unknown).values(rows), Engine(unknown).values(gaps))


def test_probabilities_scale_each_pair_of_rows() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        trees = any_forest(rng)
        row, background = table(rng, trees, 1), table(rng, trees, 3)
        expected = 0.0
        for other in background:
            scores = oracle.background_game(trees, row[0], other[None], list(range(trees.columns)))
            chances = 1 / (1 + np.exp(-scores[[0, -1]]))
            gap = scores[-1] - scores[0]
            slope = np.divide(chances[1] - chances[0], gap, out=np.zeros_like(gap), where=np.abs(gap) > 1e-9)
            expected = expected + oracle.values(scores) * slope / len(background)
        found = Engine(trees, background=background).probabilities(row)[0]
        same = np.abs(found - expected)
        assert same.max() < 1e-9


@pytest.mark.parametrize(
    "change",
    [
        np.asfortranarray,
        lambda rows: np.repeat(rows, 2, axis=0)[::2],
        lambda rows: np.repeat(rows, 2, axis=1)[:, ::2],
        lambda rows: rows[::-1].copy()[::-1],
        lambda rows: rows.astype(np.float32),
        lambda rows: rows.astype(object),
        pd.DataFrame,
        lambda rows: pd.DataFrame(rows).astype("Float64"),
        lambda rows: pd.DataFrame(rows).astype("float32"),
        lambda rows: pd.DataFrame(rows).astype({0: "float32", 1: "Float32", 2: object}),
    ],
)
def test_tables_of_any_layout_and_type_are_read_alike(change: Any) -> None:
    rng = np.random.default_rng(0)
    trees = forest(rng)
    rows = np.round(rng.normal(size=(100, 5)), 1).astype(np.float32).astype(float)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    np.testing.assert_array_equal(Engine(trees).values(change(rows)), Engine(trees).values(rows))


def test_a_table_that_may_not_be_written_is_read() -> None:
    rows = np.zeros((3, 5))
    rows.flags.writeable = False
    assert Engine(forest(np.random.default_rng(0))).values(rows).shape == (3, 5, 1)
