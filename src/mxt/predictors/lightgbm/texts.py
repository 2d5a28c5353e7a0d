"""Texts of LightGBM models, checked before LightGBM reads them: it believes every number in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from mxt.predictors.lightgbm.header import Header

_CATEGORICAL = 1
"""Bit of a node's decision_type."""
_PARAMETER = re.compile(r"\[[a-z0-9_]+: ?.*\]")
_OF_NODES = ("split_gain", "threshold", "internal_value", "internal_weight", "internal_count")
_COUNTS = ("num_class", "num_tree_per_iteration", "max_feature_idx", "tree_sizes")
"""Numbers of the header; Python reads 1_0 as ten, and LightGBM as one."""
_OF_WALKS = ("split_feature", "decision_type", "left_child", "right_child")
_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
"""Arrays of a tree, of which LightGBM ends the whole process if they are too short or hold no numbers."""


def unsound(text: str, header: Header) -> str | None:
    """The part whose numbers do not fit together; None if there is none."""
    head, *blocks = text.partition("\nend of trees")[0].split("\nTree=")
    facts = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    try:
        classes = int(facts["num_class"])
        counted = not any("_" in facts[name] for name in _COUNTS)
        named = counted and len(facts["feature_names"].split(" ")) == header.columns == len(header.spans)
        if not _are_where_promised(text, facts.get("tree_sizes", "")):
            return "table of trees"
        if not _are_parameters(text):
            return "parameters"
        if not (named and 0 < header.trees_per_round <= classes <= max(header.trees, 1)):
            return "header"
        trees = [*map(_fields, blocks)]
        for number, fields in enumerate(trees):
            if not (fields and _is_sound(fields, header)):
                return f"tree {number}"
        whole = _are_numbers([fields.get(name, "") for fields in trees for name in _OF_NODES + _OF_LEAVES])
    except (KeyError, ValueError, IndexError, OverflowError):
        return "text"
    return None if whole else "text"


def _are_where_promised(text: str, sizes: str) -> bool:
    """Whether trees of plain text begin where their sizes say, by which LightGBM finds them."""
    _, begun, trees = text.partition("\nTree=")
    trees = (begun[1:] + trees).partition("\nend of trees")[0]
    plain = trees.replace("\n", "")
    at = 0
    for number, size in enumerate(map(int, sizes.split())):
        if size <= 0 or not trees.startswith(f"Tree={number}\n", at):
            return False
        at += size
    rest = trees[at:] if sizes else ""
    return plain.isascii() and plain.isprintable() and not rest.strip()


def _are_parameters(text: str) -> bool:
    """Whether each line of the parameters, if there are any, is a name and a value: ``[max_depth: 3]``."""
    lines = text.partition("\nparameters:")[2].partition("\nend of parameters\n")[0].split("\n")
    return all(not line or (line.isprintable() and _PARAMETER.fullmatch(line)) for line in lines)


def _count(numbers: str) -> int:
    """How many numbers a list holds, if no blank in it is too many."""
    return numbers.count(" ") + 1 if numbers else 0


def _are_numbers(lists: list[str]) -> bool:
    """Whether lists hold as many numbers as they have places; raises a ValueError for another text."""
    return len([*map(float, " ".join(lists).split())]) == sum(map(_count, lists))


def _fields(block: str) -> dict[str, str]:
    """The fields of a tree; none if one is given twice, or numbers have parts that LightGBM passes over."""
    _, *lines = block.rstrip("\n").split("\n")
    fields = dict(line.split("=", 1) for line in lines)
    return fields if len(fields) == len(lines) and "_" not in "".join(fields.values()) else {}


def _is_sound(fields: dict[str, str], header: Header) -> bool:
    """Whether a tree has as many leaves as it claims, and each walk through it ends at one of them."""
    import numpy as np

    leaves, sets = int(fields["num_leaves"]), int(fields["num_cat"])
    linear = fields.get("is_linear", "0") != "0"
    if not (
        0 < leaves == _count(fields["leaf_value"])
        and sets >= 0
        and (not linear or _is_sound_linear(fields, leaves))
    ):
        return False
    if leaves == 1:
        return True
    counts = {**dict.fromkeys(_OF_LEAVES, leaves), **dict.fromkeys(_OF_NODES, leaves - 1)}
    if "threshold" not in fields or any(
        _count(fields[name]) != count for name, count in counts.items() if name in fields
    ):
        return False
    nodes = np.array([fields[name].split() for name in _OF_WALKS], dtype=np.int64)
    tested, decision, places = nodes[0], nodes[1], np.arange(leaves - 1)
    below = nodes.shape[1] == len(places) and _ends(nodes[2:], places, leaves)
    return bool(below and ((tested >= 0) & (tested < header.columns)).all()) and _has_sets(
        fields, sets, (decision & _CATEGORICAL).astype(bool)
    )


def _ends(children: np.ndarray, places: np.ndarray, leaves: int) -> bool:
    """Whether children are leaves, written as complements, or nodes behind their parents."""
    behind = (children > places) & (children < leaves - 1)
    return bool((behind | ((children < 0) & (~children < leaves))).all())


def _has_sets(fields: dict[str, str], sets: int, categorical: np.ndarray) -> bool:
    """Whether the sets of categories that nodes refer to are there."""
    import numpy as np

    if not sets:
        return not categorical.any()
    bounds = np.array(fields["cat_boundaries"].split(), dtype=np.int64)
    chosen = np.array(fields["threshold"].split(), dtype=float)[categorical]
    fits = len(bounds) == sets + 1 and bounds[0] == 0 and (np.diff(bounds) >= 0).all()
    return bool(
        fits
        and bounds[-1] == len(fields["cat_threshold"].split())
        and ((chosen >= 0) & (chosen < sets)).all()
    )


def _is_sound_linear(fields: dict[str, str], leaves: int) -> bool:
    """Whether the leaves' linear models have the columns and coefficients that they claim."""
    counts = [int(count) for count in fields["num_features"].split()]
    parts = (len(fields["leaf_features"].split()), len(fields["leaf_coeff"].split()))
    return len(counts) == leaves and min(counts) >= 0 and parts == (sum(counts), sum(counts))
