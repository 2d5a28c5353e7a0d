"""The trees of an ONNX graph (ai.onnx.ml tree ensembles), read from its attributes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mxt.predictors.base.trees import TreeEnsemble, require_sound
from mxt.predictors.onnx.branches import LEAF, MODES, NEQ, Nodes, expressed

if TYPE_CHECKING:
    import numpy as np

OPERATORS = ("TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble")
_HARMLESS = {"ZipMap", "Cast", "Identity"}
_FLOATS, _DOUBLE = {1, 11}, 11
"""Element types of onnx.TensorProto."""


def attributes(node: Any) -> dict[str, Any]:
    """A node's attributes: numbers and texts as they are, lists and tensors as arrays."""
    import numpy as np
    import onnx

    found: dict[str, Any] = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.to_array(value)
        elif isinstance(value, bytes):
            value = value.decode()
        elif not isinstance(value, (int, float)):
            value = np.array([item.decode() if isinstance(item, bytes) else item for item in value])
        found[attribute.name.removesuffix("_as_tensor")] = value
    return found


def ensemble_of(graph: Any) -> Any | None:
    """The graph's one tree ensemble, if nothing else in the graph changes its numbers."""
    found = [node for node in graph.node if node.op_type in OPERATORS]
    others = [node for node in graph.node if node.op_type not in OPERATORS]
    if len(found) != 1 or any(node.op_type not in _HARMLESS for node in others):
        return None
    ensemble, inputs = found[0], {given.name for given in graph.input}
    labels = {ensemble.output[0]} if ensemble.op_type == "TreeEnsembleClassifier" else set()
    for node in others:
        if node.op_type == "Cast" and node.input[0] not in labels and attributes(node)["to"] not in _FLOATS:
            return None
        labels |= {*node.output} if node.input[0] in labels else set()
    return ensemble if [*ensemble.input] == [*inputs] else None


def read_trees(graph: Any) -> TreeEnsemble | None:
    """The trees of a graph that is one tree ensemble; ONNX keeps no covers.

    Of two classes only the second's score is told; where softmax joins two scores, their difference.

    Returns:
        None if the graph does more, or does it in a way the form cannot hold: least or largest leaf
        instead of sum, tests for equality beside tests for order, several sets at one node.
    """
    import numpy as np

    node = ensemble_of(graph)
    if node is None:
        return None
    told = attributes(node)
    if _name(told.get("aggregate_function", 1)) not in {"SUM", "AVERAGE"}:
        return None
    nodes = _of_version_5(told) if node.op_type == "TreeEnsemble" else _of_version_1(told)
    outputs = None if nodes is None else _outputs(nodes.weights, told, post_transform(told))
    if nodes is None or outputs is None:
        return None
    values, base = outputs
    if _name(told.get("aggregate_function", 1)) == "AVERAGE":
        values = values / len(nodes.roots)
    double = graph.input[0].type.tensor_type.elem_type == _DOUBLE
    columns = _width(graph, nodes.feature)
    found = expressed(replace(nodes, weights=values), np.asarray(base, float), columns, double=double)
    return None if found is None else require_sound(found, "ONNX")


def post_transform(told: dict[str, Any]) -> str:
    """What the ensemble's attributes say is done to its scores: NONE, LOGISTIC, SOFTMAX, ..."""
    found = told.get("post_transform", "NONE")
    names = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")
    return found if isinstance(found, str) else names[found]


def labels_of(told: dict[str, Any]) -> list[Any]:
    """The classes among a node's attributes, empty for none."""
    for name in ("classlabels_strings", "classlabels_int64s", "classlabels_ints"):
        if name in told and len(told[name]):
            return list(told[name].tolist())
    return []


def _name(aggregate: Any) -> str:
    return aggregate if isinstance(aggregate, str) else ("AVERAGE", "SUM", "MIN", "MAX")[aggregate]


def _of_version_1(told: dict[str, Any]) -> Nodes | None:
    """Attributes of TreeEnsembleClassifier and TreeEnsembleRegressor: nodes named by tree and number."""
    import numpy as np

    trees, numbers = told["nodes_treeids"].astype(int), told["nodes_nodeids"].astype(int)
    span = int(numbers.max()) + 1
    keys = trees * span + numbers
    order = np.argsort(keys)

    def places(tree: np.ndarray, number: np.ndarray) -> np.ndarray:
        return order[np.clip(np.searchsorted(keys[order], tree * span + number), 0, len(keys) - 1)]

    mode = np.array([MODES.index(name) for name in told["nodes_modes"]])
    true, false = (places(trees, told[f"nodes_{side}nodeids"].astype(int)) for side in ("true", "false"))
    inner = mode != LEAF
    part = "class" if "class_ids" in told else "target"
    ids = told[f"{part}_ids"].astype(int)
    if part == "class":
        count = len(labels_of(told))
        if count == 2 and len(np.unique(ids)) == 1:  # noqa: PLR2004 - two classes, one score
            count, ids = 1, np.zeros_like(ids)
    else:
        count = int(told.get("n_targets", 1))
    weights = np.zeros((len(mode), count))
    at = places(told[f"{part}_treeids"].astype(int), told[f"{part}_nodeids"].astype(int))
    np.add.at(weights, (at, ids), told[f"{part}_weights"].astype(float))
    return Nodes(
        mode,
        told["nodes_featureids"].astype(np.int32),
        told["nodes_values"].astype(float),
        true,
        false,
        told.get("nodes_missing_value_tracks_true", np.zeros(len(mode))).astype(bool),
        np.setdiff1d(np.arange(len(mode)), np.concatenate([true[inner], false[inner]])),
        weights * ~inner[:, None],
    )


def _of_version_5(told: dict[str, Any]) -> Nodes | None:
    """Attributes of TreeEnsemble: inner nodes, then leaves, which have numbers of their own."""
    import numpy as np

    mode = told["nodes_modes"].astype(int)
    if (mode > NEQ).any():
        return None
    inner, leaves = len(mode), len(told["leaf_weights"])

    def whole(part: Any, filling: float) -> np.ndarray:
        return np.concatenate([part, np.full(leaves, filling)])

    true, false = (
        whole(told[f"nodes_{side}nodeids"] + inner * told[f"nodes_{side}leafs"].astype(bool), 0).astype(int)
        for side in ("true", "false")
    )
    weights = np.zeros((inner + leaves, int(told.get("n_targets", 1))))
    np.add.at(weights, (inner + np.arange(leaves), told["leaf_targetids"].astype(int)), told["leaf_weights"])
    return Nodes(
        whole(mode, LEAF).astype(int),
        whole(told["nodes_featureids"], 0).astype(np.int32),
        whole(told["nodes_splits"], 0).astype(float),
        true,
        false,
        whole(told.get("nodes_missing_value_tracks_true", np.zeros(inner)), 0).astype(bool),
        told["tree_roots"].astype(int),
        weights,
    )


def _outputs(weights: np.ndarray, told: dict[str, Any], after: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Weights and base of the outputs that are explained, or None for transforms without a score."""
    import numpy as np

    count, classes = weights.shape[1], len(labels_of(told))
    base = np.asarray(told.get("base_values", np.zeros(count)), dtype=float)
    if after not in {"NONE", "LOGISTIC", "SOFTMAX"} or len(base) not in {0, count}:
        return None
    base = base if len(base) else np.zeros(count)
    if after == "SOFTMAX":
        if count == 1:
            return None
        return (weights[:, 1:] - weights[:, :1], base[1:] - base[:1]) if classes == 2 else (weights, base)  # noqa: PLR2004 - two classes
    return (weights[:, 1:], base[1:]) if classes == count == 2 else (weights, base)  # noqa: PLR2004 - as above


def _width(graph: Any, feature: np.ndarray) -> int:
    """Columns of the graph's input, or as many as its trees test where it does not say."""
    shape = graph.input[0].type.tensor_type.shape.dim
    told = shape[1].dim_value if len(shape) > 1 else 0
    return int(told or feature.max() + 1)
