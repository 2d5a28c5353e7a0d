"""Texts of LightGBM models, checked before LightGBM reads them: it believes every number in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from mxt.predictors.lightgbm.header import Header

_CATEGORICAL = 1
"""Bit of a node's decision_type."""


def unsound(text: str, header: Header) -> str | None:
    """The part whose numbers do not fit together; None if there is none."""
    head, *blocks = text.partition("\nend of trees")[0].split("\nTree=")
    facts = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    try:
        classes = int(facts["num_class"])
        named = len(facts["feature_names"].split(" ")) == header.columns == len(header.spans)
        if not (named and 0 < header.trees_per_round <= classes <= max(header.trees, 1)):
            return "header"
        for number, block in enumerate(blocks):
            if not _is_sound(block, header):
                return f"tree {number}"
    except (KeyError, ValueError, IndexError, OverflowError):
        return "text"
    return None


def _is_sound(block: str, header: Header) -> bool:
    """Whether a tree has as many leaves as it claims, and each walk through it ends at one of them."""
    import numpy as np

    fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    leaves, sets = int(fields["num_leaves"]), int(fields.get("num_cat", "0"))
    if not (0 < leaves == len(fields["leaf_value"].split()) and sets >= 0):
        return False
    if fields.get("is_linear", "0") != "0" and not _is_sound_linear(fields, leaves):
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
