"""Trees of ONNX: a walk through them gives ONNX Runtime's own raw scores."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from onnx import TensorProto, helper
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeRegressor

from mxt.errors import ModelError
from mxt.predictors.onnx import OnnxPredictor
from mxt.predictors.onnx.trees import read_trees
from predictors.walk import walk

COLUMNS = ["first", "second", "third"]


def rows(count: int = 300, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)


def converted(estimator: Any, classes: int = 0, **options: Any) -> onnx.ModelProto:
    from skl2onnx import to_onnx

    matrix = rows()
    goal = matrix[:, 0] * matrix[:, 1]
    if classes:
        goal = np.digitize(goal, np.quantile(goal, np.arange(1, classes) / classes))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = estimator.fit(matrix, goal)
        return to_onnx(fitted, matrix[:1], options={id(fitted): options} if options else None)


CASES: dict[str, tuple[Any, int, dict[str, Any], str]] = {
    "tree": (DecisionTreeRegressor(max_depth=4), 0, {}, "target"),
    "forest": (RandomForestRegressor(5, max_depth=4), 0, {}, "target"),
    "boosting": (GradientBoostingRegressor(n_estimators=5), 0, {}, "target"),
    "forest_of_two": (RandomForestClassifier(5, max_depth=4), 2, {}, "probability"),
    "forest_of_three": (RandomForestClassifier(5, max_depth=4), 3, {"zipmap": False}, "probability"),
    "boosting_of_two": (GradientBoostingClassifier(n_estimators=5), 2, {}, "log-odds"),
    "boosting_of_three": (GradientBoostingClassifier(n_estimators=5), 3, {"zipmap": False}, "margin"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_walk_gives_the_runtimes_raw_scores(name: str) -> None:
    estimator, classes, options, unit = CASES[name]
    made = OnnxPredictor(converted(estimator, classes, **options), COLUMNS, [])
    inputs = pd.DataFrame(rows(200, seed=1), columns=COLUMNS)
    assert made.trees is not None
    scores = made.scores(inputs)
    assert scores.unit == unit
    np.testing.assert_allclose(walk(made.trees, made.encode(inputs)), scores.values, atol=2e-6)
    assert not made.trees.cover.any()


def handmade(mode: str, *, missing_true: int = 0, **options: Any) -> onnx.ModelProto:
    """Two stumps on two columns, both at 1.5 or 2, in the first version's attributes."""
    threshold = 2.0 if "EQ" in mode and "L" not in mode else 1.5
    told = {
        "nodes_treeids": [0, 0, 0, 1, 1, 1],
        "nodes_nodeids": [0, 1, 2, 0, 1, 2],
        "nodes_featureids": [0, 0, 0, 1, 0, 0],
        "nodes_modes": [mode, "LEAF", "LEAF"] * 2,
        "nodes_values": [threshold, 0.0, 0.0] * 2,
        "nodes_truenodeids": [1, 0, 0] * 2,
        "nodes_falsenodeids": [2, 0, 0] * 2,
        "nodes_missing_value_tracks_true": [missing_true, 0, 0] * 2,
        "target_treeids": [0, 0, 1, 1],
        "target_nodeids": [1, 2, 1, 2],
        "target_ids": [0] * 4,
        "target_weights": [1.0, 2.0, 10.0, 20.0],
        "n_targets": 1,
        "base_values": [0.5],
    }
    node = helper.make_node("TreeEnsembleRegressor", ["X"], ["Y"], domain="ai.onnx.ml", **{**told, **options})
    return graph_of(node, TensorProto.FLOAT, 3)


def graph_of(node: Any, kind: int, version: int) -> onnx.ModelProto:
    given, told = (
        helper.make_tensor_value_info(name, kind, [None, size]) for name, size in (("X", 2), ("Y", 1))
    )
    opsets = [helper.make_opsetid("ai.onnx.ml", version), helper.make_opsetid("", 18)]
    return helper.make_model(
        helper.make_graph([node], "trees", [given], [told]), opset_imports=opsets, ir_version=9
    )


def odd_rows(kind: type) -> np.ndarray:
    beside = [np.nextafter(kind(1.5), kind(9)), np.nextafter(kind(1.5), kind(-9))]
    cells = [1.5, 1, 2, 3, -1, 0, np.nan, np.inf, -np.inf, *beside]
    return np.array([(one, other) for one in cells for other in cells])


def run(model: onnx.ModelProto, matrix: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return np.asarray(session.run(None, {"X": matrix})[0])


@pytest.mark.parametrize("missing_true", [0, 1])
@pytest.mark.parametrize(
    "mode", ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
)
def test_every_test_of_a_node_takes_the_runtimes_branch(mode: str, missing_true: int) -> None:
    model = handmade(mode, missing_true=missing_true)
    trees = read_trees(model.graph)
    if mode == "BRANCH_EQ" and missing_true:
        assert trees is None
        return
    assert trees is not None
    matrix = odd_rows(np.float32)
    np.testing.assert_array_equal(walk(trees, matrix), run(model, matrix.astype(np.float32)))


def test_an_average_divides_by_the_trees_and_keeps_the_base() -> None:
    model = handmade("BRANCH_LEQ", aggregate_function="AVERAGE")
    trees = read_trees(model.graph)
    assert trees is not None
    np.testing.assert_allclose(
        walk(trees, odd_rows(np.float32)), run(model, odd_rows(np.float32).astype(np.float32))
    )


@pytest.mark.parametrize("options", [{"aggregate_function": "MAX"}, {"post_transform": "PROBIT"}])
def test_what_is_no_sum_with_a_score_is_left_to_others(options: dict[str, Any]) -> None:
    assert read_trees(handmade("BRANCH_LEQ", **options).graph) is None


def test_equality_beside_order_on_one_column_is_left_to_others() -> None:
    modes = ["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_EQ", "LEAF", "LEAF"]
    values, columns = [2.0, 0.0, 0.0] * 2, [0] * 6
    model = handmade("BRANCH_EQ", nodes_modes=modes, nodes_values=values, nodes_featureids=columns)
    assert read_trees(model.graph) is None


@pytest.mark.parametrize("mode", range(6))
def test_the_fifth_version_of_the_operator_is_read_too(mode: int) -> None:
    threshold = 2.0 if mode > 3 else 1.5
    node = helper.make_node(
        "TreeEnsemble",
        ["X"],
        ["Y"],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=1,
        post_transform=0,
        tree_roots=[0, 1],
        nodes_modes=helper.make_tensor("modes", TensorProto.UINT8, (2,), [mode, mode]),
        nodes_featureids=[0, 1],
        nodes_splits=helper.make_tensor("splits", TensorProto.DOUBLE, (2,), [threshold, threshold]),
        nodes_truenodeids=[0, 2],
        nodes_trueleafs=[1, 1],
        nodes_falsenodeids=[1, 3],
        nodes_falseleafs=[1, 1],
        leaf_targetids=[0, 0, 0, 0],
        leaf_weights=helper.make_tensor("weights", TensorProto.DOUBLE, (4,), [1.0, 2.0, 10.0, 20.0]),
    )
    model = graph_of(node, TensorProto.DOUBLE, 5)
    trees, matrix = read_trees(model.graph), odd_rows(np.float64)
    assert trees is not None
    assert trees.precision == "float64"
    np.testing.assert_array_equal(walk(trees, matrix), run(model, matrix))


def test_a_scaler_before_the_trees_leaves_only_predictions() -> None:
    from skl2onnx import to_onnx
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    matrix = rows()
    fitted = make_pipeline(StandardScaler(), DecisionTreeRegressor(max_depth=3)).fit(matrix, matrix[:, 0])
    made = OnnxPredictor(to_onnx(fitted, matrix[:1]), COLUMNS, [])
    assert made.trees is None
    inputs = pd.DataFrame(rows(50, 1), columns=COLUMNS)
    np.testing.assert_allclose(made.scores(inputs).values[:, 0], fitted.predict(inputs.to_numpy()), atol=1e-5)


def test_nodes_in_a_circle_are_refused() -> None:
    told: dict[str, Any] = {
        "nodes_truenodeids": [1, 0, 0, 1, 0, 0],
        "nodes_modes": ["BRANCH_LEQ", "BRANCH_LEQ", "LEAF"] * 2,
    }
    model = handmade("BRANCH_LEQ", nodes_falsenodeids=[2, 1, 0, 2, 1, 0], **told)
    with pytest.raises(ModelError, match="form a circle"):
        read_trees(model.graph)
