"""ONNX's six tests of a node as the two of a `TreeEnsemble`: at most a threshold, or one of a set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.predictors.base.trees import Precision, TreeEnsemble

if TYPE_CHECKING:
    import numpy as np

MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "LEAF")
LEQ, LT, GTE, GT, EQ, NEQ, LEAF = range(7)


@dataclass(frozen=True)
class Nodes:
    """Nodes of all trees as ONNX has them; a row takes the true branch if ``value mode threshold`` holds."""

    mode: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    true: np.ndarray
    false: np.ndarray
    missing_true: np.ndarray
    roots: np.ndarray
    weights: np.ndarray
    """The summand of each leaf, shape (nodes, outputs)."""


def expressed(nodes: Nodes, base: np.ndarray, columns: int, *, double: bool) -> TreeEnsemble | None:
    """The nodes as an ensemble.

    Returns:
        None if a column is tested for order and for equality, or for equality with a fraction, or if missing
        values pass a test for equality.
    """
    import numpy as np

    nodes = _ordered(nodes)
    inner, equal = nodes.mode != LEAF, np.isin(nodes.mode, [EQ, NEQ])
    codes, ordered = nodes.threshold[equal], nodes.feature[inner & ~equal]
    broken = (codes != codes.astype(np.int64)).any() or nodes.missing_true[nodes.mode == EQ].any()
    if broken or len(np.intersect1d(nodes.feature[equal], ordered)):
        return None
    precision: Precision = "float64" if double else "float32"
    swapped = np.isin(nodes.mode, [GTE, GT, NEQ])
    unique, category = np.unique(codes.astype(np.int64), return_inverse=True)
    categories = np.full(len(inner), -1, dtype=np.int32)
    categories[equal] = category
    return TreeEnsemble(
        roots=nodes.roots.astype(np.int32),
        left=np.where(inner, np.where(swapped, nodes.false, nodes.true), -1).astype(np.int32),
        right=np.where(inner, np.where(swapped, nodes.true, nodes.false), -1).astype(np.int32),
        feature=np.where(inner, nodes.feature, -1).astype(np.int32),
        threshold=np.where(inner & ~equal, _thresholds(nodes, precision), 0),
        missing_left=inner & ~equal & (nodes.missing_true ^ swapped),
        category=categories,
        cover=np.zeros(len(inner)),
        values=nodes.weights,
        base=base,
        columns=columns,
        precision=precision,
        sets=tuple(unique[[place]] for place in range(len(unique))),
        known=_known(nodes, equal, columns),
    )


def _thresholds(nodes: Nodes, precision: Precision) -> np.ndarray:
    """The largest value on the lower side of each node."""
    import numpy as np

    below = np.nextafter(nodes.threshold.astype(precision), np.array(-np.inf, precision)).astype(float)
    return np.where(np.isin(nodes.mode, [LT, GTE]), below, nodes.threshold)


def _known(nodes: Nodes, equal: np.ndarray, columns: int) -> tuple[np.ndarray | None, ...]:
    """For each column, the codes that some node compares it with; any other code equals none of them."""
    import numpy as np

    known: list[np.ndarray | None] = [None] * columns
    for column in np.unique(nodes.feature[equal]):
        known[column] = np.unique(nodes.threshold[equal & (nodes.feature == column)]).astype(np.int64)
    return tuple(known)


def _ordered(nodes: Nodes) -> Nodes:
    """The same nodes, one tree after the other, each from its root downwards."""
    import numpy as np

    trees: list[np.ndarray] = []
    owners: list[np.ndarray] = []
    level, owner = nodes.roots, np.arange(len(nodes.roots))
    while len(level) or not trees:
        trees.append(level)
        owners.append(owner)
        inner = nodes.mode[level] != LEAF
        level = np.concatenate([nodes.true[level[inner]], nodes.false[level[inner]]])
        owner = np.tile(owner[inner], 2)
        if not len(nodes.roots) or sum(map(len, trees)) > len(nodes.mode):
            msg = "The ONNX model is damaged: the nodes of its trees form a circle."
            raise ModelError(msg)
    owned = np.concatenate(owners)
    order = np.concatenate(trees)[np.argsort(owned, kind="stable")]
    places = np.zeros(len(nodes.mode), dtype=np.int64)
    places[order] = np.arange(len(order))
    return Nodes(
        nodes.mode[order],
        nodes.feature[order],
        nodes.threshold[order],
        places[nodes.true[order]],
        places[nodes.false[order]],
        nodes.missing_true[order],
        places[nodes.roots],
        nodes.weights[order],
    )
