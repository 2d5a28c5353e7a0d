"""Nodes that no training weight reached, roots among them: each branch gets a half, as by definition."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import catboost
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

import mxt
from explainers.base.kernels import oracle
from explainers.base.kernels.forests import forest, table
from mxt.errors import ModelError
from mxt.explainers import TreeExplainer
from mxt.explainers.base.kernels.engine import Engine, available
from mxt.explainers.base.kernels.weights import tree_of
from mxt.predictors.base.library import predictor_of
from mxt.predictors.base.trees import TreeEnsemble

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")

EXACT: dict[str, Any] = {"rtol": 0, "atol": 1e-12}
NAMES = list("abcd")
LIBRARY_ANSWERS = tuple(map(int, xgb.__version__.split(".")[:2])) >= (3, 4)
"""Whether xgboost's own contributions are numbers where a node has no cover."""


def no_weight_at(trees: TreeEnsemble, nodes: np.ndarray) -> TreeEnsemble:
    return replace(trees, cover=np.where(nodes, 0.0, trees.cover))


def roots(trees: TreeEnsemble) -> TreeEnsemble:
    return no_weight_at(trees, np.isin(np.arange(len(trees.left)), trees.roots))


def one_root(trees: TreeEnsemble) -> TreeEnsemble:
    return no_weight_at(trees, np.arange(len(trees.left)) == trees.roots[1])


def one_tree(trees: TreeEnsemble) -> TreeEnsemble:
    return no_weight_at(trees, tree_of(trees) == 1)


def all_but_one_tree(trees: TreeEnsemble) -> TreeEnsemble:
    return no_weight_at(trees, tree_of(trees) != 1)


def leaves(trees: TreeEnsemble) -> TreeEnsemble:
    return no_weight_at(trees, trees.left < 0)


WHERE: list[Callable[[TreeEnsemble], TreeEnsemble]] = [roots, one_root, one_tree, all_but_one_tree, leaves]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("where", WHERE)
def test_values_and_interactions_are_those_of_the_game(where: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    trees = where(forest(rng, columns=4, outputs=2, shuffled=bool(seed % 2)))
    rows, players = table(rng, trees, 5), [0, 1, 2, 3]
    engine = Engine(trees)
    for row, values, pairs in zip(rows, engine.values(rows), engine.interactions(rows), strict=True):
        game = oracle.path_game(trees, row, players)
        np.testing.assert_allclose(engine.base, game[0], **EXACT)
        np.testing.assert_allclose(values, oracle.values(game), **EXACT)
        np.testing.assert_allclose(pairs, oracle.interactions(game), **EXACT)


@pytest.mark.parametrize("where", WHERE)
def test_columns_of_one_player_are_those_of_the_game(where: Any) -> None:
    rng = np.random.default_rng(7)
    trees, players = where(forest(rng, columns=4)), [0, 1, 1, 0]
    rows = table(rng, trees, 5)
    for row, values in zip(rows, Engine(trees, players).values(rows), strict=True):
        np.testing.assert_allclose(values, oracle.values(oracle.path_game(trees, row, players)), **EXACT)


def inputs() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).normal(size=(80, 4)).astype("float32"), columns=NAMES)


def target() -> np.ndarray:
    return (inputs()["a"] + inputs()["b"] * inputs()["c"]).to_numpy()


def emptied(booster: xgb.Booster, empty: Callable[[int, dict[str, Any]], list[int]]) -> xgb.Booster:
    """The booster with sums of hessians of 0 at the nodes that `empty` names, by tree."""
    document = json.loads(booster.save_raw("json"))
    for place, tree in enumerate(document["learner"]["gradient_booster"]["model"]["trees"]):
        for node in empty(place, tree):
            tree["sum_hessian"][node] = 0.0
    return xgb.Booster(model_file=bytearray(json.dumps(document), "ascii"))


NODES: dict[str, Callable[[int, dict[str, Any]], list[int]]] = {
    "roots": lambda _, __: [0],
    "one root": lambda place, _: [0] if place == 1 else [],
    "one tree": lambda place, tree: [*range(len(tree["sum_hessian"]))] if place == 1 else [],
    "an inner node": lambda _, __: [1],
    "a leaf": lambda _, tree: [tree["left_children"].index(-1)],
}


@pytest.mark.parametrize("name", NODES)
def test_an_xgboost_model_with_nodes_without_cover_is_explained(name: str) -> None:
    booster = xgb.train({"max_depth": 3, "nthread": 1}, xgb.DMatrix(inputs(), target()), 3)
    model = emptied(booster, NODES[name])
    found = mxt.explain(model, inputs()).explanation
    trees = predictor_of(model, NAMES, []).trees
    assert trees is not None
    for row, values in zip(inputs().to_numpy()[:5], found.values, strict=False):
        game = oracle.path_game(trees, row, [0, 1, 2, 3])
        np.testing.assert_allclose(found.base, game[0], **EXACT)
        np.testing.assert_allclose(values, oracle.values(game), **EXACT)
    if LIBRARY_ANSWERS:
        own = model.predict(xgb.DMatrix(inputs()), pred_contribs=True)
        np.testing.assert_allclose(found.values[:, :, 0], own[:, :-1], atol=1e-6)
        np.testing.assert_allclose(found.base, own[0, -1], atol=1e-6)


def test_stumps_of_no_weight_are_their_values() -> None:
    rng = np.random.default_rng(0)
    trees = replace(forest(rng, depth=0), cover=np.zeros(3))
    np.testing.assert_allclose(Engine(trees).base, trees.base + trees.values.sum(axis=0), **EXACT)
    assert not Engine(trees).values(np.zeros((2, 5))).any()


def test_a_catboost_tree_that_keeps_no_weights_has_none_in_any_tree(tmp_path: Path) -> None:
    """CatBoost counts the rows that it is given to explain instead, which is no property of the model."""
    plain = catboost.CatBoostRegressor(
        iterations=3, depth=2, verbose=0, allow_writing_files=False, random_seed=0
    ).fit(inputs(), target())
    plain.save_model(str(tmp_path / "plain.json"), format="json")
    document = json.loads((tmp_path / "plain.json").read_text())
    document["oblivious_trees"][1]["leaf_weights"] = [0] * 4
    (tmp_path / "part.json").write_text(json.dumps(document))
    model = catboost.CatBoostRegressor().load_model(str(tmp_path / "part.json"), format="json")
    with pytest.raises(ModelError, match=r"keep no training weight \(cover\)"):
        mxt.explain(model, inputs())
    with pytest.warns(UserWarning, match="shap itself does"):
        found = TreeExplainer(model).shap_values(inputs()[:9])
    own = model.get_feature_importance(catboost.Pool(inputs()[:9]), type="ShapValues")
    np.testing.assert_allclose(found, own[:, :-1], atol=1e-12)
