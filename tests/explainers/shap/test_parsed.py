"""Trees that shap has parsed, converted to MXT's form: the padding of shorter trees goes."""

from __future__ import annotations

import numpy as np
import pytest
from shap.explainers._tree import TreeEnsemble as Parsed

from explainers.shap.test_models import MODELS, ROWS
from mxt.explainers.base.kernels.engine import Engine, available
from mxt.explainers.shap.parsed import read_trees


@pytest.mark.parametrize("name", ["one output", "two outputs", "a stump and a tree"])
def test_nodes_of_all_trees_stand_in_one_row(name: str) -> None:
    trees = read_trees(Parsed(MODELS[name]), 4)
    assert trees is not None
    parts = MODELS[name]["trees"]
    sizes = [len(part["values"]) for part in parts]
    assert trees.roots.tolist() == np.cumsum([0, *sizes[:-1]]).tolist()
    assert len(trees.left) == sum(sizes)
    assert trees.cover.tolist() == [weight for part in parts for weight in part["node_sample_weight"]]
    assert not trees.values[trees.left >= 0].any()


@pytest.mark.skipif(not available(), reason="no compiled kernels")
def test_their_predictions_are_shaps() -> None:
    parsed = Parsed(MODELS["one output"], model_output="raw")
    trees = read_trees(parsed, 4)
    assert trees is not None
    np.testing.assert_allclose(Engine(trees).predict(ROWS)[:, 0], parsed.predict(ROWS), atol=1e-12)


def test_trees_that_shap_could_not_read_are_none() -> None:
    parsed = Parsed(MODELS["one output"])
    parsed.trees = None
    assert read_trees(parsed, 4) is None
