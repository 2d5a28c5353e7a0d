"""The trees of a LightGBM model, read from its text form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.predictors.base.trees import Missing, TreeEnsemble, require_sound
from mxt.predictors.lightgbm.header import Header, read_header
from mxt.predictors.lightgbm.layout import Layout
from mxt.predictors.lightgbm.texts import unsound

if TYPE_CHECKING:
    import numpy as np

CATEGORICAL, DEFAULT_LEFT, MISSING_SHIFT, MISSING_MASK = 1, 2, 2, 3
"""Bits of a node's decision_type (LightGBM's include/LightGBM/tree.h)."""

_ZERO = 1.0000000180025095e-35
"""LightGBM reads cells up to this size as zeros, so none is left below a threshold of minus this."""
_MISSING: tuple[Missing, ...] = ("none", "zero", "nan")


def require_whole(text: str) -> None:
    """Raise a ModelError for a text that was cut, or whose numbers claim more than stands in it.

    LightGBM ends the whole process over a cut text, and takes as much memory as a text claims to need.
    """
    header = read_header(text)
    begun, promised = f"\n{text}".count("\nTree="), header.trees
    after = text.rpartition("\nend of parameters\n")[2].strip() if "\nparameters:" in text else ""
    key, _, categories = after.partition(":")
    try:
        whole = begun == promised and "\nend of trees\n" in text and key in {"", "pandas_categorical"}
        whole = whole and "\0" not in text  # where LightGBM would look for the text's end for ever
        if key:
            json.loads(categories)
    except ValueError:
        whole = False
    if not whole:
        msg = f"The LightGBM model was cut: its header promises {promised} trees; {begun} begin in it."
        raise ModelError(msg)
    part = unsound(text, header)
    if part is not None:
        msg = f"The LightGBM model is damaged: its {part} does not hold what it claims."
        raise ModelError(msg)


def read_trees(text: str) -> TreeEnsemble | None:
    """The trees of a LightGBM model's text, with training counts as covers.

    Returns:
        None for trees that the ensemble's form cannot hold: with linear models in leaves, or with a column
        that is a number in one tree and a category in another, or has other missing values there.
    """
    header = read_header(text)
    blocks = text.partition("\nend of trees")[0].split("\nTree=")[1:]
    if any("\nis_linear=1" in block for block in blocks):
        return None
    trees = _joined([_Tree.read(block) for block in blocks], header)
    return None if trees is None else require_sound(trees, "LightGBM")


@dataclass(frozen=True)
class _Tree:
    """One tree: arrays over its inner nodes, then arrays over its leaves."""

    feature: np.ndarray
    threshold: np.ndarray
    decision: np.ndarray
    left: np.ndarray
    """Child, or the complement of a leaf's number."""
    right: np.ndarray
    count: np.ndarray
    leaf_value: np.ndarray
    leaf_count: np.ndarray
    sets: list[np.ndarray]

    @classmethod
    def read(cls, block: str) -> _Tree:
        import numpy as np

        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)

        def numbers(name: str, kind: type) -> np.ndarray:
            return np.array(fields.get(name, "").split(), dtype=kind)

        leaves = numbers("leaf_value", float)
        return cls(
            numbers("split_feature", np.int32),
            numbers("threshold", float),
            numbers("decision_type", np.int32),
            numbers("left_child", np.int32),
            numbers("right_child", np.int32),
            numbers("internal_count", float),
            leaves,
            numbers("leaf_count", float) if len(leaves) > 1 else np.ones(1),
            _sets(numbers("cat_boundaries", int), numbers("cat_threshold", np.uint32)),
        )


def _sets(boundaries: np.ndarray, words: np.ndarray) -> list[np.ndarray]:
    """The categories that each bit set holds, lowest bit first."""
    import numpy as np

    return [
        np.flatnonzero(np.unpackbits(words[start:stop].astype("<u4").view(np.uint8), bitorder="little"))
        for start, stop in pairwise(boundaries)
    ]


def _joined(trees: list[_Tree], header: Header) -> TreeEnsemble | None:
    """All trees as one ensemble."""
    import numpy as np

    layout = Layout([len(tree.feature) for tree in trees], [len(tree.leaf_value) for tree in trees])
    decision = layout.over_nodes([tree.decision for tree in trees], 0)
    feature = layout.over_nodes([tree.feature for tree in trees], -1)
    threshold = layout.over_nodes([tree.threshold for tree in trees], 0)
    cover = layout.over_nodes([tree.count for tree in trees], 0)
    cover[~layout.inner] = np.concatenate([tree.leaf_count for tree in trees])
    threshold[threshold == -_ZERO] = np.nextafter(-_ZERO, -1)
    categorical = (decision & CATEGORICAL).astype(bool)
    missing = _missing_of(feature, decision, layout.inner, header.columns)
    if missing is None:
        return None
    starts = np.cumsum([0, *(len(tree.sets) for tree in trees)])[:-1]
    firsts = layout.over_nodes(
        [np.full(len(tree.feature), start) for tree, start in zip(trees, starts, strict=True)], 0
    )
    category = np.where(categorical, threshold + firsts, -1).astype(np.int32)
    sets = tuple(members.astype(np.int64) for tree in trees for members in tree.sets)
    return TreeEnsemble(
        roots=layout.roots.astype(np.int32),
        left=layout.children([tree.left for tree in trees]),
        right=layout.children([tree.right for tree in trees]),
        feature=feature,
        threshold=np.where(categorical, 0, threshold),
        missing_left=(decision & DEFAULT_LEFT).astype(bool) & ~categorical,
        category=category,
        cover=cover,
        values=_values(trees, layout, header),
        base=np.zeros(header.trees_per_round),
        columns=header.columns,
        sets=sets,
        missing=missing,
        known=_known(feature, category, sets, header.columns),
    )


def _values(trees: list[_Tree], layout: Layout, header: Header) -> np.ndarray:
    """The summand of each leaf, shape (nodes, outputs); tree i adds to output ``i % trees_per_round``."""
    import numpy as np

    values = np.zeros((len(layout.inner), header.trees_per_round))
    outputs = np.repeat(np.arange(len(trees)) % header.trees_per_round, layout.leaves)
    leaves = np.concatenate([tree.leaf_value for tree in trees])
    values[~layout.inner, outputs] = leaves / header.rounds_averaged
    return values


def _missing_of(
    feature: np.ndarray, decision: np.ndarray, inner: np.ndarray, columns: int
) -> tuple[Missing, ...] | None:
    """The missing values of each column, or None if the nodes of a column disagree."""
    import numpy as np

    categorical = (decision & CATEGORICAL).astype(bool)
    kinds = np.where(categorical, 3, (decision >> MISSING_SHIFT) & MISSING_MASK)
    by_column = np.full(columns, -1)
    by_column[feature[inner]] = kinds[inner]
    if (by_column[feature[inner]] != kinds[inner]).any():
        return None
    names = (*_MISSING, "nan", "nan")
    return tuple(names[kind] for kind in by_column)


def _known(
    feature: np.ndarray, category: np.ndarray, sets: tuple[np.ndarray, ...], columns: int
) -> tuple[np.ndarray | None, ...]:
    """The categories that some node sends left; all others go right everywhere, as missing values do."""
    import numpy as np

    known: list[np.ndarray | None] = [None] * columns
    for column in np.unique(feature[category >= 0]):
        used = np.unique(category[(feature == column) & (category >= 0)])
        known[column] = np.unique(np.concatenate([sets[place] for place in used]))
    return tuple(known)
