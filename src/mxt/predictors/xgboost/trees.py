"""The trees of an xgboost model, read from the UBJSON that the booster saves.

Source: xgboost's doc/model.schema and src/tree/tree_model.cc, src/tree/multi_target_tree_model.cc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.base.trees import TreeEnsemble, require_sound
from mxt.predictors.xgboost.margins import base_margins
from mxt.predictors.xgboost.ubj import read_ubj

if TYPE_CHECKING:
    import numpy as np
    import xgboost as xgb

    from mxt.predictors.base.outputs import Label

Document = dict[str, Any]  # a schema of xgboost's own, deep and different by version
"""A booster's model: dicts, lists, texts and arrays, named as in xgboost's schema."""

BROKEN = (KeyError, ValueError, IndexError, TypeError, AttributeError, ArithmeticError)


def read_document(raw: bytes) -> Document:
    """Parse the bytes of `Booster.save_raw`.

    Raises:
        ModelError: It was cut or is damaged.
    """
    try:
        document: Document = read_ubj(raw)
        document["learner"]["gradient_booster"]["name"]
    except BROKEN as error:
        msg = "The xgboost model was cut or is damaged; it cannot be read to its end."
        raise ModelError(msg) from error
    return document


def document_of(booster: xgb.Booster) -> Document:
    """A booster's own document."""
    return read_document(bytes(booster.save_raw("ubj")))


def gradient_booster(document: Document) -> Document:
    """The part with the trees; before xgboost 3.4, dropout (DART) had them one level deeper."""
    booster = document["learner"]["gradient_booster"]
    return booster.get("gbtree", booster)


def outputs_of(document: Document) -> int:
    """How many margins the booster gives for a row."""
    parameters = document["learner"]["learner_model_param"]
    return max(int(parameters["num_class"]), int(parameters["num_target"]), 1)


def outputs_named(document: Document, classes: list[Label]) -> list[str]:
    """The class of each margin: with one margin the positive class, with several targets their numbers."""
    count = outputs_of(document)
    if count == 1:
        return [str(name) for name in classes[-1:]] or [""]
    return [str(name) for name in classes or range(count)]


def rounds_used(model: xgb.Booster | xgb.XGBModel) -> tuple[int, int]:
    """The boosting rounds that a model predicts with: its wrapper stops at the best round; (0, 0) is all."""
    best = getattr(model, "best_iteration", None) if hasattr(model, "get_booster") else None
    return (0, best + 1) if best is not None else (0, 0)


def read_trees(document: Document, rounds: tuple[int, int] = (0, 0)) -> TreeEnsemble | None:
    """The trees of a booster, with sums of hessians as covers.

    Args:
        document: The booster's.
        rounds: First boosting round and the one after the last; (0, 0) is all.

    Returns:
        None for a linear booster.

    Raises:
        ModelError: The document is damaged, or the objective is not known.
    """
    if document["learner"]["gradient_booster"]["name"] == "gblinear":
        return None
    try:
        base = _base(document["learner"], outputs_of(document))
        trees = _joined(document, rounds, base)
    except BROKEN as error:
        msg = "The xgboost model is damaged: its trees cannot be read."
        raise ModelError(msg) from error
    return require_sound(trees, "xgboost")


def _base(learner: Document, outputs: int) -> np.ndarray:
    """The margin before any tree, shape (outputs,)."""
    scores = str(learner["learner_model_param"]["base_score"]).strip("[]").split(",")
    return base_margins(learner["objective"]["name"], [float(score) for score in scores], outputs)


def _joined(document: Document, rounds: tuple[int, int], base: np.ndarray) -> TreeEnsemble:
    """The trees of the boosting rounds, joined into one ensemble."""
    import numpy as np

    used = _Used(document, rounds)
    left, right = used.joined("left_children", np.int32), used.joined("right_children", np.int32)
    leaf, start = left == -1, used.starts
    left, leaves_at = np.where(leaf, -1, left + start), right
    right = np.where(leaf, -1, right + start)
    category, sets = used.categories()
    chosen = category >= 0  # xgboost sends the members of a set right, the ensemble sends them left
    below = np.nextafter(used.joined("split_conditions", np.float32), np.float32(-np.inf))
    return TreeEnsemble(
        roots=used.roots.astype(np.int32),
        left=np.where(chosen, right, left).astype(np.int32),
        right=np.where(chosen, left, right).astype(np.int32),
        feature=np.where(leaf, -1, used.joined("split_indices", np.int32)).astype(np.int32),
        threshold=np.where(leaf | chosen, 0, below).astype(np.float64),
        missing_left=(used.joined("default_left", bool) ^ chosen) & ~leaf,
        category=category,
        cover=used.covers(),
        values=used.values(leaf, leaves_at, len(base)),
        base=base,
        columns=int(document["learner"]["learner_model_param"]["num_feature"]),
        precision="float32",
        sets=sets,
    )


class _Used:
    """The trees of some rounds, and their arrays joined over all nodes."""

    def __init__(self, document: Document, rounds: tuple[int, int]) -> None:
        import numpy as np

        booster = gradient_booster(document)
        model = booster["model"]
        if len(model["trees"]) != int(model["gbtree_model_param"]["num_trees"]):
            raise IndexError(len(model["trees"]))
        ends = model["iteration_indptr"]
        span = slice(int(ends[rounds[0]]), int(ends[rounds[1]])) if rounds[1] else slice(None)
        dropped = document["learner"]["gradient_booster"].get("weight_drop", model.get("weight_drop"))
        self.trees: list[Document] = model["trees"][span]
        self.groups = np.asarray(model["tree_info"], dtype=np.int64)[span]
        self.weights = np.ones(len(self.trees)) if dropped is None else np.asarray(dropped, np.float64)[span]
        if not len(self.groups) == len(self.weights) == len(self.trees):
            raise IndexError(len(self.groups))
        self.sizes = np.array([len(tree["left_children"]) for tree in self.trees], dtype=np.int64)
        self.roots = np.cumsum(self.sizes) - self.sizes
        self.starts = np.repeat(self.roots, self.sizes)

    def joined(self, name: str, kind: type) -> np.ndarray:
        """One array of each tree, over all nodes."""
        import numpy as np

        parts = [np.asarray(tree[name]) for tree in self.trees]
        if [len(part) for part in parts] != self.sizes.tolist():
            raise IndexError(name)
        return np.concatenate([np.empty(0, kind), *parts], dtype=kind, casting="unsafe")

    def covers(self) -> np.ndarray:
        """Sums of hessians, or zeros: xgboost kept none for vector leaves before 3.2."""
        import numpy as np

        if any("sum_hessian" not in tree for tree in self.trees):
            return np.zeros(len(self.starts))
        return self.joined("sum_hessian", np.float64)

    def values(self, leaf: np.ndarray, leaves_at: np.ndarray, outputs: int) -> np.ndarray:
        """The summand of each leaf, shape (nodes, outputs)."""
        import numpy as np

        weights, values = np.repeat(self.weights, self.sizes)[leaf], np.zeros((len(leaf), outputs))
        if self.trees and int(self.trees[0]["tree_param"]["size_leaf_vector"]) > 1:
            values[leaf] = self._vectors(leaf, leaves_at, outputs) * weights[:, np.newaxis]
            return values
        scalars = self.joined("split_conditions", np.float64)[leaf]
        values[leaf, np.repeat(self.groups, self.sizes)[leaf]] = scalars * weights
        return values

    def _vectors(self, leaf: np.ndarray, leaves_at: np.ndarray, outputs: int) -> np.ndarray:
        """The vectors of leaves; since xgboost 3.2, a leaf's right child is the place of its vector."""
        import numpy as np

        parts = []
        for tree, start, size in zip(self.trees, self.roots, self.sizes, strict=True):
            inside = leaf[start : start + size]
            if "leaf_weights" in tree:
                places = leaves_at[start : start + size][inside]
                parts.append(np.reshape(tree["leaf_weights"], (-1, outputs))[places])
            else:
                parts.append(np.reshape(tree["base_weights"], (-1, outputs))[inside])
        return np.concatenate(parts).astype(np.float64)

    def categories(self) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """For each node the index of its set of categories, or -1; and the sets."""
        import numpy as np

        category = np.full(len(self.starts), -1, dtype=np.int32)
        sets: list[np.ndarray] = []
        for tree, root in zip(self.trees, self.roots, strict=True):
            members = np.asarray(tree["categories"], dtype=np.int64)
            spans = (tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"])
            for node, start, size in zip(*(np.asarray(part).tolist() for part in spans), strict=True):
                category[root + node] = len(sets)
                sets.append(members[start : start + size])
        return category, tuple(sets)
