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
    import numpy as np

_BY_NODE = (
    *("left_children", "right_children", "parents", "split_indices", "split_type", "split_conditions"),
    *("default_left", "loss_changes", "sum_hessian"),
)
"""Arrays of a tree with a value for each node."""
_NO_PARENT = 2**31 - 1
_LINEAR = "gblinear"


def require_whole(content: bytes, member: str = "") -> None:
    """Raise a ModelError unless xgboost can read a file without reading beyond its arrays, or for ever.

    Args:
        content: The file's bytes.
        member: Under which name it holds the model; empty if it is the model.
    """
    try:
        is_text = content[1] in b'" \t\r\n'
        document: Document = json.loads(content, object_pairs_hook=_object) if is_text else read_ubj(content)
        sound = _is_sound(document[member] if member else document)
    except (*BROKEN, RecursionError) as error:
        msg = "its file was cut or is damaged; it cannot be read to its end"
        raise ModelError(msg) from error
    if not sound:
        msg = "its file is damaged: the nodes of its trees do not fit together"
        raise ModelError(msg)


def _object(members: list[tuple[str, object]]) -> Document:
    """An object of JSON, in which no two members have one name."""
    document = dict(members)
    if len(document) != len(members):
        raise KeyError(len(members))
    return document


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
    dropped = learner["gradient_booster"].get("weight_drop", model.get("weight_drop", trees))
    grouped = len(dropped) == len(trees) and all(0 <= group < outputs for group in groups)
    return counted and rounds and grouped and (not trees or _Trees(trees).are_sound(columns))


class _Trees:
    """The trees of a document, and their arrays joined over all nodes."""

    def __init__(self, trees: list[Document]) -> None:
        import numpy as np

        self._trees = trees
        self._sizes = np.array([int(tree["tree_param"]["num_nodes"]) for tree in trees])
        vectors = np.array([int(tree["tree_param"]["size_leaf_vector"]) for tree in trees])
        self._vectors = np.maximum(vectors, 1)

    def are_sound(self, columns: int) -> bool:
        """Whether all arrays are as long as they claim, and each walk from a root ends at a leaf."""
        sizes, weights = self._sizes.tolist(), (self._sizes * self._vectors).tolist()
        return (
            min(sizes) >= 1
            and [len(tree["base_weights"]) for tree in self._trees] == weights
            and all(
                len(tree[name]) == size
                for tree, size in zip(self._trees, sizes, strict=True)
                for name in _BY_NODE
                if name in tree
            )
            and self._walks_end(columns)
            and self._have_sets()
        )

    def _joined(self, name: str) -> np.ndarray:
        """An array of each tree, as one."""
        import numpy as np

        return np.concatenate([np.asarray(tree[name]) for tree in self._trees]).astype(np.int64)

    def _walks_end(self, columns: int) -> bool:
        """Whether no node is the child of two, and children, parents, columns and leaves are there."""
        import numpy as np

        size = np.repeat(self._sizes, self._sizes)
        begin = np.repeat(np.cumsum(self._sizes) - self._sizes, self._sizes)
        left, right, above = map(self._joined, ("left_children", "right_children", "parents"))
        vectors = np.array([len(tree.get("leaf_weights", ())) for tree in self._trees]) // self._vectors
        leaves = np.repeat(np.where(vectors > 0, vectors, 0), self._sizes)
        inner = left != -1
        children = np.concatenate([left[inner], right[inner]])
        inside = _within(children, 1, np.tile(size[inner], 2))
        return (
            inside
            and len(np.unique(children + np.tile(begin[inner], 2))) == len(children)
            and _within(right[~inner], np.where(leaves[~inner], 0, -1), leaves[~inner])
            and _within(above, -1, np.where(above == _NO_PARENT, _NO_PARENT + 1, size))
            and _within(self._joined("split_indices"), 0, columns)
        )

    def _have_sets(self) -> bool:
        """Whether the sets of categories lie within their tree's list of categories."""
        import numpy as np

        names = ("categories_nodes", "categories_segments", "categories_sizes")
        counts = [[len(tree.get(name, ())) for name in names] for tree in self._trees]
        if not np.any(counts):
            return True
        at, starts, sizes = map(self._joined, names)
        owners = np.repeat(np.arange(len(counts)), [count for count, *_ in counts])
        held = np.array([len(tree["categories"]) for tree in self._trees])[owners] + 1
        return (
            not np.ptp(counts, axis=1).any()
            and _within(at, 0, self._sizes[owners])
            and _within(sizes, 0, held)
            and _within(starts, 0, held)
            and _within(starts + sizes, 0, held)
            and bool((self._joined("categories") >= 0).all())
        )


def _within(numbers: np.ndarray, least: int | np.ndarray, end: int | np.ndarray) -> bool:
    return bool(((numbers >= least) & (numbers < end)).all())
