"""What the engine refuses: in one sentence, by a class of its own, before a kernel runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from explainers.base.kernels.forests import forest
from mxt.errors import DataError, ModelError
from mxt.explainers.base.kernels.engine import Engine, available
from mxt.predictors.base.trees import TreeEnsemble

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values_are_refused_by_their_columns_name(value: float) -> None:
    rows = pd.DataFrame(np.zeros((3, 5)), columns=list("abcde"))
    rows.loc[1, "b"] = value
    engine = Engine(forest(np.random.default_rng(0)))
    for refuse in (engine.values, engine.interactions, engine.predict):
        with pytest.raises(DataError, match=r"infinite values, in the columns \['b'\]"):
            refuse(rows)
    with pytest.raises(DataError, match="infinite"):
        Engine(forest(np.random.default_rng(0)), background=rows)


def test_a_double_that_no_float32_holds_is_refused_where_the_library_rounds() -> None:
    rows = np.full((1, 5), 1e39)
    Engine(forest(np.random.default_rng(0))).values(rows)
    with pytest.raises(DataError, match="infinite"):
        Engine(forest(np.random.default_rng(0), precision="float32")).values(rows)


def test_a_background_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="The background has no rows"):
        Engine(forest(np.random.default_rng(0)), background=np.zeros((0, 5)))


def test_trees_without_training_weight_need_a_background() -> None:
    trees = forest(np.random.default_rng(0))
    weightless = replace(trees, cover=np.zeros_like(trees.cover))
    with pytest.raises(ModelError, match="keep no training weight"):
        Engine(weightless)
    rows = np.zeros((3, 5))
    found = Engine(weightless, background=rows).values(rows + 1)
    np.testing.assert_array_equal(found, Engine(trees, background=rows).values(rows + 1))


def test_a_table_of_other_columns_is_refused() -> None:
    engine = Engine(forest(np.random.default_rng(0)))
    with pytest.raises(ModelError, match="The trees test 5 columns; the table has 4"):
        engine.values(np.zeros((1, 4)))
    with pytest.raises(ModelError, match="The column 'c' holds no numbers"):
        engine.values(pd.DataFrame({name: ["x"] if name == "c" else [1.0] for name in "abcde"}))


def damaged(trees: TreeEnsemble, name: str, value: int) -> TreeEnsemble:
    places = getattr(trees, name).copy()
    places[np.flatnonzero(trees.left >= 0)[-1] if name != "roots" else 0] = value
    return replace(trees, **{name: places})


@pytest.mark.parametrize(
    ("name", "value"),
    [("left", 10**6), ("right", 10**6), ("right", -1), ("feature", 5), ("feature", -1), ("category", 0),
     ("roots", 10**6), ("roots", -1), ("left", 0)],
)  # fmt: skip
def test_arrays_that_make_no_trees_are_refused(name: str, value: int) -> None:
    trees = forest(np.random.default_rng(0))
    with pytest.raises(ModelError, match="the model may be damaged"):
        Engine(damaged(trees, name, value))


@pytest.mark.parametrize("players", [[0, 1], [0, 1, 2, 3, -1]])
def test_players_that_do_not_match_the_columns_are_refused(players: list[int]) -> None:
    with pytest.raises(ModelError, match="The trees test 5 columns"):
        Engine(forest(np.random.default_rng(0)), players)
