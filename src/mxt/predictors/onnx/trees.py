"""The trees of an ONNX graph (ai.onnx.ml tree ensembles), read from its attributes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mxt.predictors.base.outputs import BINARY
from mxt.predictors.base.trees import TreeEnsemble, require_sound
from mxt.predictors.onnx.branches import LEAF, MODES, NEQ, Nodes, expressed

if TYPE_CHECKING:
    import numpy as np
    from onnx import GraphProto, NodeProto

    from mxt.predictors.base.outputs import Label

OPERATORS = ("TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble")
_AGGREGATES = ("AVERAGE", "SUM", "MIN", "MAX")
_TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")
_HARMLESS = {"ZipMap", "Cast", "Identity"}
_FLOATS, _DOUBLE = {1, 11}, 11
"""Element types of onnx.TensorProto."""


Attributes = dict[str, Any]  # numbers, texts and arrays, by names that the operators define


def attributes(node: NodeProto) -> Attributes:
    """A node's attributes: numbers and texts as they are, lists and tensors as arrays."""
    import numpy as np
    import onnx

    known: Attributes = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.to_array(value)
        elif isinstance(value, bytes):
            value = value.decode()
        elif not isinstance(value, (int, float)):
            value = np.array([item.decode() if isinstance(item, bytes) else item for item in value])
        known[attribute.name.removesuffix("_as_tensor")] = value
    return known


def ensemble_of(graph: GraphProto) -> NodeProto | None:
    """The graph's one tree ensemble, if nothing else in the graph changes its numbers."""
    ensembles = [node for node in graph.node if node.op_type in OPERATORS]
    others = [node for node in graph.node if node.op_type not in OPERATORS]
    if len(ensembles) != 1 or any(node.op_type not in _HARMLESS for node in others):
        return None
    ensemble, inputs = ensembles[0], {tensor.name for tensor in graph.input}
    labels = {ensemble.output[0]} if ensemble.op_type == "TreeEnsembleClassifier" else set()
    for node in others:
        if node.op_type == "Cast" and node.input[0] not in labels and attributes(node)["to"] not in _FLOATS:
            return None
        labels |= {*node.output} if node.input[0] in labels else set()
    return ensemble if [*ensemble.input] == [*inputs] else None


def read_trees(graph: GraphProto) -> TreeEnsemble | None:
    """The trees of a graph that is one tree ensemble; ONNX keeps no covers.

    The values of two classes are the score of the second; with softmax, the difference of both scores.

    Returns:
        None if the graph does more, or in a way that the ensemble's form cannot hold: the least or largest
        leaf instead of their sum, tests for equality beside tests for order, several sets at one node.
    """
    import numpy as np

    node = ensemble_of(graph)
    if node is None:
        return None
    known = attributes(node)
    aggregate = _name(known.get("aggregate_function", "SUM"), _AGGREGATES)
    if aggregate not in {"SUM", "AVERAGE"}:
        return None
    nodes = _of_version_5(known) if node.op_type == "TreeEnsemble" else _of_version_1(known)
    outputs = None if nodes is None else _outputs(nodes.weights, known, post_transform(known))
    if nodes is None or outputs is None:
        return None
    values, base = outputs
    if aggregate == "AVERAGE":
        values = values / len(nodes.roots)
    double = graph.input[0].type.tensor_type.elem_type == _DOUBLE
    columns = _width(graph, nodes.feature)
    trees = expressed(replace(nodes, weights=values), np.asarray(base, float), columns, double=double)
    return None if trees is None else require_sound(trees, "ONNX")


def post_transform(known: Attributes) -> str:
    """The transformation of an ensemble's scores: NONE, LOGISTIC, SOFTMAX, ..."""
    return _name(known.get("post_transform", "NONE"), _TRANSFORMS)


def labels_of(known: Attributes) -> list[Label]:
    """The classes among a node's attributes, empty for none."""
    for name in ("classlabels_strings", "classlabels_int64s", "classlabels_ints"):
        if name in known and len(known[name]):
            return list(known[name].tolist())
    return []


def _name(value: str | int, names: tuple[str, ...]) -> str:
    """The name that an attribute holds, or of which it holds the number."""
    return value if isinstance(value, str) else names[value]


def _of_version_1(known: Attributes) -> Nodes | None:
    """Nodes of a TreeEnsembleClassifier or TreeEnsembleRegressor, which names them by tree and number."""
    import numpy as np

    trees, numbers = known["nodes_treeids"].astype(int), known["nodes_nodeids"].astype(int)
    span = int(numbers.max()) + 1
    keys = trees * span + numbers
    order = np.argsort(keys)

    def places(tree: np.ndarray, number: np.ndarray) -> np.ndarray:
        return order[np.clip(np.searchsorted(keys[order], tree * span + number), 0, len(keys) - 1)]

    mode = np.array([MODES.index(name) for name in known["nodes_modes"]])
    true, false = (places(trees, known[f"nodes_{side}nodeids"].astype(int)) for side in ("true", "false"))
    inner = mode != LEAF
    part = "class" if "class_ids" in known else "target"
    ids = known[f"{part}_ids"].astype(int)
    if part == "class":
        count = len(labels_of(known))
        if count == BINARY and len(np.unique(ids)) == 1:  # with one score for both
            count, ids = 1, np.zeros_like(ids)
    else:
        count = int(known.get("n_targets", 1))
    weights = np.zeros((len(mode), count))
    at = places(known[f"{part}_treeids"].astype(int), known[f"{part}_nodeids"].astype(int))
    np.add.at(weights, (at, ids), known[f"{part}_weights"].astype(float))
    return Nodes(
        mode,
        known["nodes_featureids"].astype(np.int32),
        known["nodes_values"].astype(float),
        true,
        false,
        known.get("nodes_missing_value_tracks_true", np.zeros(len(mode))).astype(bool),
        np.setdiff1d(np.arange(len(mode)), np.concatenate([true[inner], false[inner]])),
        weights * ~inner[:, None],
    )


def _of_version_5(known: Attributes) -> Nodes | None:
    """Nodes of a TreeEnsemble, which numbers inner nodes and leaves apart; here leaves come last."""
    import numpy as np

    mode = known["nodes_modes"].astype(int)
    if (mode > NEQ).any():
        return None
    inner, leaves = len(mode), len(known["leaf_weights"])

    def whole(part: np.ndarray, filling: float) -> np.ndarray:
        """An array over inner nodes, with `filling` for the leaves."""
        return np.concatenate([part, np.full(leaves, filling)])

    true, false = (
        whole(known[f"nodes_{side}nodeids"] + inner * known[f"nodes_{side}leafs"].astype(bool), 0).astype(int)
        for side in ("true", "false")
    )
    weights = np.zeros((inner + leaves, int(known.get("n_targets", 1))))
    np.add.at(
        weights, (inner + np.arange(leaves), known["leaf_targetids"].astype(int)), known["leaf_weights"]
    )
    return Nodes(
        whole(mode, LEAF).astype(int),
        whole(known["nodes_featureids"], 0).astype(np.int32),
        whole(known["nodes_splits"], 0).astype(float),
        true,
        false,
        whole(known.get("nodes_missing_value_tracks_true", np.zeros(inner)), 0).astype(bool),
        known["tree_roots"].astype(int),
        weights,
    )


def _outputs(weights: np.ndarray, known: Attributes, after: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Weights and base of the explained outputs, or None for transformations without a score."""
    import numpy as np

    count, classes = weights.shape[1], len(labels_of(known))
    base = np.asarray(known.get("base_values", np.zeros(count)), dtype=float)
    if after not in {"NONE", "LOGISTIC", "SOFTMAX"} or len(base) not in {0, count}:
        return None
    base = base if len(base) else np.zeros(count)
    if after == "SOFTMAX":
        if count == 1:
            return None
        return (
            (weights[:, 1:] - weights[:, :1], base[1:] - base[:1]) if classes == BINARY else (weights, base)
        )
    return (weights[:, 1:], base[1:]) if classes == count == BINARY else (weights, base)


def _width(graph: GraphProto, feature: np.ndarray) -> int:
    """Columns of the graph's input; where the graph leaves that open, as many as its trees test."""
    shape = graph.input[0].type.tensor_type.shape.dim
    declared = shape[1].dim_value if len(shape) > 1 else 0
    return int(declared or feature.max() + 1)
