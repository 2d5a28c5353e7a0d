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
_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
"""Arrays of a tree, of which LightGBM ends the whole process if they are too short or hold no numbers."""


def unsound(text: str, header: Header) -> str | None:
    """The part whose numbers do not fit together; None if there is none."""
    head, *blocks = text.partition("\nend of trees")[0].split("\nTree=")
    facts = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    try:
        classes = int(facts["num_class"])
        named = len(facts["feature_names"].split(" ")) == header.columns == len(header.spans)
        if not _are_where_promised(text, facts.get("tree_sizes", "")):
            return "table of trees"
        if not _are_parameters(text):
            return "parameters"
        if not (named and 0 < header.trees_per_round <= classes <= max(header.trees, 1)):
            return "header"
        for number, block in enumerate(blocks):
            if not _is_sound(block, header):
                return f"tree {number}"
    except (KeyError, ValueError, IndexError, OverflowError):
        return "text"
    return None


def _are_where_promised(text: str, sizes: str) -> bool:
    """Whether trees of plain text begin where their sizes say, by which LightGBM finds them."""
    _, begun, trees = text.partition("\nTree=")
    trees = (begun[1:] + trees).partition("\nend of trees")[0]
    at = 0
    for number, size in enumerate(map(int, sizes.split())):
        if size <= 0 or not trees.startswith(f"Tree={number}\n", at):
            return False
        at += size
    rest = trees[at:] if sizes else ""
    return trees.replace("\n", "").isascii() and trees.replace("\n", "").isprintable() and not rest.strip()


def _are_parameters(text: str) -> bool:
    """Whether each line of the parameters, if there are any, is a name and a value: ``[max_depth: 3]``."""
    lines = text.partition("\nparameters:")[2].partition("\nend of parameters\n")[0].split("\n")
    return all(not line or (line.isprintable() and _PARAMETER.fullmatch(line)) for line in lines)


def _holds(fields: dict[str, str], names: tuple[str, ...], count: int) -> bool:
    """Whether the arrays that a tree has of some names hold as many numbers."""
    import numpy as np

    return all(len(np.array(fields[name].split(), dtype=float)) == count for name in names if name in fields)


def _is_sound(block: str, header: Header) -> bool:
    """Whether a tree has as many leaves as it claims, and each walk through it ends at one of them."""
    import numpy as np

    lines = [line for line in block.split("\n") if "=" in line]
    fields = dict(line.split("=", 1) for line in lines)
    leaves, sets = int(fields["num_leaves"]), int(fields["num_cat"])
    linear = fields.get("is_linear", "0") != "0"
    if not (
        len(fields) == len(lines)
        and 0 < leaves == len(fields["leaf_value"].split())
        and sets >= 0
        and (not linear or _is_sound_linear(fields, leaves))
        and (leaves == 1 or _holds(fields, _OF_LEAVES, leaves))
        and (leaves == 1 or ("threshold" in fields and _holds(fields, _OF_NODES, leaves - 1)))
    ):
        return False
    if leaves == 1:
        return True
    names = ("split_feature", "decision_type", "left_child", "right_child")
    tested, decision, left, right = (np.array(fields[name].split(), dtype=np.int64) for name in names)
    places = np.arange(leaves - 1)
    if not all(len(part) == len(places) for part in (tested, decision, left, right)):
        return False
    below = _ends(left, places, leaves) and _ends(right, places, leaves)
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
