"""Stored models of xgboost, checked before xgboost reads them: it believes their lengths and numbers."""

from __future__ import annotations

import json
from typing import Any

from mxt.errors import ModelError
from mxt.predictors.xgboost.trees import gradient_booster, outputs_of
from mxt.predictors.xgboost.ubj import read_ubj

_BY_NODE = (
    "left_children",
    "right_children",
    "split_indices",
    "split_conditions",
    "default_left",
    "split_type",
)


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
    fits = all(_fits(tree) for tree in trees) and all(_has_sets(tree) for tree in trees)
    return counted and grouped and fits and (not trees or _ends(trees, columns))


def _fits(tree: dict[str, Any]) -> bool:
    """Whether a tree has as many nodes as it claims."""
    count = int(tree["tree_param"]["num_nodes"])
    return count > 0 and all(len(tree[name]) == count for name in _BY_NODE if name in tree)


def _ends(trees: list[dict[str, Any]], columns: int) -> bool:
    """Whether each node but the roots is the child of one node at most, and tests a column that there is."""
    import numpy as np

    sizes = [len(tree["left_children"]) for tree in trees]
    begin = np.repeat(np.cumsum([0, *sizes[:-1]]), sizes)
    size = np.repeat(sizes, sizes)
    left, right, tested = (
        np.concatenate([np.asarray(tree[name], dtype=np.int64) for tree in trees])
        for name in ("left_children", "right_children", "split_indices")
    )
    inner = np.flatnonzero(left != -1)
    children = np.concatenate([left[inner], right[inner]])
    if not ((children > 0) & (children < np.tile(size[inner], 2))).all():
        return False
    once = np.bincount(children + np.tile(begin[inner], 2), minlength=1).max() <= 1
    return bool(once and ((tested[inner] >= 0) & (tested[inner] < columns)).all())


def _has_sets(tree: dict[str, Any]) -> bool:
    """Whether the categories that nodes test are there."""
    if not len(tree.get("categories_nodes", ())):
        return True
    sizes = [int(size) for size in tree["categories_sizes"]]
    begins = [int(begin) for begin in tree["categories_segments"]]
    held = len(tree["categories"])
    pairs = [*zip(begins, sizes, strict=True)]
    return all(begin >= 0 and size >= 0 and begin + size <= held for begin, size in pairs)
