"""Stored models of xgboost, checked before xgboost reads them: it believes their lengths and numbers."""

from __future__ import annotations

import json
from typing import Any

from mxt.errors import ModelError
from mxt.predictors.xgboost.trees import gradient_booster, outputs_of
from mxt.predictors.xgboost.ubj import read_ubj

_BY_NODE = ("right_children", "split_indices", "split_conditions", "default_left", "split_type")


def require_sound(content: bytes) -> None:
    """Raise a ModelError for a file that was cut, claims more than it holds, or has trees without an end."""
    try:
        is_text = content[:1] == b"{" and content[1:2] in b'"\n\r\t '
        document = json.loads(content) if is_text else read_ubj(content)
        sound = _is_sound(document)
    except (
        KeyError,
        ValueError,
        IndexError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        msg = f"its file is no whole model of xgboost ({type(error).__name__}); its files may be broken"
        raise ModelError(msg) from error
    if not sound:
        msg = "it is damaged: the nodes of its trees do not fit together"
        raise ModelError(msg)


def _is_sound(document: dict[str, Any]) -> bool:
    """Whether all trees of a document can be walked; of a linear model there are none."""
    booster = gradient_booster(document)
    model = booster["model"]
    if "trees" not in model:
        return True
    columns = max(int(document["learner"]["learner_model_param"]["num_feature"]), 1)
    trees, groups = model["trees"], [int(group) for group in model["tree_info"]]
    counted = int(model["gbtree_model_param"]["num_trees"]) == len(trees) == len(groups)
    grouped = all(0 <= group < outputs_of(document) for group in groups)
    return counted and grouped and all(_ends(tree, columns) for tree in trees)


def _ends(tree: dict[str, Any], columns: int) -> bool:
    """Whether each node but the root is the child of one node at most, and tests a column that there is."""
    import numpy as np

    left, right = (np.asarray(tree[name], dtype=np.int64) for name in ("left_children", "right_children"))
    count = int(tree["tree_param"]["num_nodes"])
    if not 0 < count == len(left) or any(len(tree[name]) != count for name in _BY_NODE if name in tree):
        return False
    inner = np.flatnonzero(left != -1)
    children = np.concatenate([left[inner], right[inner]])
    tested = np.asarray(tree["split_indices"], dtype=np.int64)[inner]
    if len(children) and not (children.min() > 0 and children.max() < count):
        return False
    once = np.bincount(children, minlength=1).max() <= 1
    return bool(once and ((tested >= 0) & (tested < columns)).all()) and _has_sets(tree)


def _has_sets(tree: dict[str, Any]) -> bool:
    """Whether the categories that nodes test are there."""
    if not len(tree.get("categories_nodes", ())):
        return True
    sizes = [int(size) for size in tree["categories_sizes"]]
    begins = [int(begin) for begin in tree["categories_segments"]]
    held = len(tree["categories"])
    pairs = [*zip(begins, sizes, strict=True)]
    return all(begin >= 0 and size >= 0 and begin + size <= held for begin, size in pairs)
