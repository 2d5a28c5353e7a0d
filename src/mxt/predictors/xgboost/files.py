"""Files of xgboost models, read as data before xgboost reads them: it trusts the sizes that a file states.

Source: xgboost's doc/model.schema and src/tree/tree_model.cc, src/gbm/gbtree_model.cc.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.predictors.xgboost.trees import BROKEN, Document, gradient_booster, outputs_of
from mxt.predictors.xgboost.ubj import read_ubj

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

_BY_NODE = {
    *("left_children", "right_children", "parents", "split_indices", "split_type", "split_conditions"),
    *("default_left", "loss_changes", "sum_hessian"),
}
"""Arrays of a tree with a value for each node."""
_NO_PARENT = 2**31 - 1
_LINEAR = "gblinear"


def require_whole(file: Path) -> None:
    """Raise a ModelError unless xgboost can read a file without reading beyond its arrays."""
    raw = file.read_bytes()
    try:
        document: Document = json.loads(raw) if raw[1:2] in b'" \t\r\n' else read_ubj(raw)
        sound = _is_sound(document)
    except (*BROKEN, RecursionError) as error:
        msg = "its file was cut or is damaged; it cannot be read to its end"
        raise ModelError(msg) from error
    if not sound:
        msg = "its file is damaged: the nodes of its trees do not fit together"
        raise ModelError(msg)


def _is_sound(document: Document) -> bool:
    learner, outputs = document["learner"], outputs_of(document)
    columns = int(learner["learner_model_param"]["num_feature"])
    if learner["gradient_booster"]["name"] == _LINEAR:
        weights = learner["gradient_booster"]["model"]["weights"]
        return len(weights) == (columns + 1) * outputs
    model = gradient_booster(document)["model"]
    trees, groups = model["trees"], [*model["tree_info"]]
    ends = [int(end) for end in model.get("iteration_indptr", [])]
    counted = len(trees) == len(groups) == int(model["gbtree_model_param"]["num_trees"])
    rounds = ends == sorted(ends) and (not ends or (ends[0] == 0 and ends[-1] == len(trees)))
    return (
        counted
        and rounds
        and all(0 <= group < outputs for group in groups)
        and all(_is_tree(tree, columns) for tree in trees)
    )


def _is_tree(tree: Document, columns: int) -> bool:
    import numpy as np

    nodes, vector = (int(tree["tree_param"][name]) for name in ("num_nodes", "size_leaf_vector"))
    vector = max(vector, 1)
    if nodes < 1 or any(len(tree[name]) != nodes for name in _BY_NODE & tree.keys()):
        return False
    left, right, above = (np.asarray(tree[name]) for name in ("left_children", "right_children", "parents"))
    inner = left != -1
    leaves = len(tree.get("leaf_weights", ())) // vector
    return bool(
        _within(left[inner], 1, nodes)
        and _within(right[inner], 1, nodes)
        and _within(right[~inner], *((0, leaves) if leaves else (-1, 0)))
        and _within(above[above != _NO_PARENT], -1, nodes)
        and _within(np.asarray(tree["split_indices"]), 0, columns)
        and len(tree["base_weights"]) == nodes * vector
        and len(np.unique(np.concatenate([left[inner], right[inner]]))) == 2 * inner.sum()
        and _are_sets(tree, nodes)
    )


def _are_sets(tree: Document, nodes: int) -> bool:
    """Whether the sets of categories lie within the tree's list of categories."""
    import numpy as np

    names = ("categories_nodes", "categories_segments", "categories_sizes")
    at, starts, sizes = (np.asarray(tree.get(name, ()), dtype=np.int64) for name in names)
    categories = np.asarray(tree.get("categories", ()))
    ends = starts + sizes
    return bool(
        len(at) == len(starts) == len(sizes)
        and _within(at, 0, nodes)
        and _within(sizes, 0, len(categories) + 1)
        and _within(starts, 0, len(categories) + 1)
        and _within(ends, 0, len(categories) + 1)
        and (categories >= 0).all()
    )


def _within(numbers: np.ndarray, least: int, end: int) -> bool:
    return bool(((numbers >= least) & (numbers < end)).all())
