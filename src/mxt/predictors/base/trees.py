"""One form for the trees of every library: flat arrays that a kernel can walk, and what they must keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mxt.errors import ModelError

if TYPE_CHECKING:
    import numpy as np

Precision = Literal["float32", "float64"]
Missing = Literal["nan", "zero", "none"]


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    """A sum of decision trees over the columns that a core model sees.

    Law: ``score[i, k] == base[k] + sum over trees of values[leaf of row i in the tree, k]``, where the scores
    are those of `Predictor.scores` before any calibration. Nodes of all trees lie one after the other; a
    leaf has ``left == -1``.

    A row goes left at a node if its value, rounded to `precision`, is at most `threshold`; at a categorical
    node, if its value is one of ``sets[category]``. A missing value goes left where `missing_left` is true.
    """

    roots: np.ndarray
    """Root node of each tree, int32, shape (trees,)."""
    left: np.ndarray
    """Left child, or -1 at a leaf, int32, shape (nodes,)."""
    right: np.ndarray
    """Right child, or -1 at a leaf, int32, shape (nodes,)."""
    feature: np.ndarray
    """Column that is tested, or -1 at a leaf, int32, shape (nodes,)."""
    threshold: np.ndarray
    """Largest value that goes left, float64, shape (nodes,); a library's ``x < t`` is the float below t."""
    missing_left: np.ndarray
    """Whether a missing value goes left, bool, shape (nodes,)."""
    category: np.ndarray
    """Index into `sets` at a categorical node, else -1, int32, shape (nodes,)."""
    cover: np.ndarray
    """Training weight that reached each node, float64, shape (nodes,); all zero if the library keeps none."""
    values: np.ndarray
    """What a leaf adds to each output, float64, shape (nodes, outputs); zero at inner nodes."""
    base: np.ndarray
    """Score before any tree, float64, shape (outputs,)."""
    columns: int
    """Number of columns that the core model sees."""
    precision: Precision = "float64"
    """The type to which the library rounds values before it compares them."""
    sets: tuple[np.ndarray, ...] = ()
    """Category codes that go left, each an int64 array."""
    missing: tuple[Missing, ...] = ()
    """The missing values of each column: NaN, also zero (at most 1e-35), or none (NaN is 0); () is NaN."""
    known: tuple[np.ndarray | None, ...] = ()
    """For each column of categories, the codes outside of which a value is missing; None for numbers."""


def require_sound(trees: TreeEnsemble, library: str) -> TreeEnsemble:
    """The ensemble itself, if each walk from a root ends at a leaf and all numbers are finite.

    Raises:
        ModelError: The check fails; the model's file was damaged.
    """
    if not (_is_forest(trees) and _is_finite(trees)):
        msg = f"The {library} model is damaged: the nodes of its trees do not fit together."
        raise ModelError(msg)
    return trees


def _is_forest(trees: TreeEnsemble) -> bool:
    """Whether children are nodes of their parent's tree, none has two parents, and none is a root.

    A walk then visits no node twice, so it ends.
    """
    import numpy as np

    nodes = np.flatnonzero(trees.left >= 0)
    children = np.concatenate([trees.left[nodes], trees.right[nodes]])
    if ((children < 0) | (children >= len(trees.left))).any():
        return False
    owners = np.searchsorted(trees.roots, np.arange(len(trees.left)), side="right")
    parents = np.bincount(children, minlength=len(trees.left))
    parents[trees.roots] += 1
    return bool((owners[children] == owners[np.tile(nodes, 2)]).all() and (parents <= 1).all())


def _is_finite(trees: TreeEnsemble) -> bool:
    """Whether leaves, base and thresholds are numbers, and columns and sets exist."""
    import numpy as np

    nodes = trees.left >= 0
    tested = trees.feature[nodes]
    numbers = np.isfinite(trees.values).all() and np.isfinite(trees.base).all()
    return bool(
        numbers
        and not np.isnan(trees.threshold).any()
        and ((tested >= 0) & (tested < trees.columns)).all()
        and (trees.category < len(trees.sets)).all()
        and (trees.cover >= 0).all()
    )
