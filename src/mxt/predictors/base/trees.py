"""One form for the trees of every library: flat arrays that a kernel can walk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

Precision = Literal["float32", "float64"]
Missing = Literal["nan", "zero", "none"]


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    """A sum of decision trees over the columns that a core model sees.

    Law: ``score[i, k] == base[k] + sum over trees of values[leaf of row i in the tree, k]``, where score is
    what `Predictor.scores` gives before any calibration. Nodes of all trees lie one after the other; a leaf
    has ``left == -1``.

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
    """What the library rounds values to before it compares them."""
    sets: tuple[np.ndarray, ...] = ()
    """Category codes that go left, each an int64 array."""
    missing: tuple[Missing, ...] = ()
    """What is missing in each column: NaN, also zero (at most 1e-35), or nothing (NaN is read as 0)."""
    known: tuple[np.ndarray | None, ...] = ()
    """For each column, the category codes outside of which a value is missing; None for numbers."""
