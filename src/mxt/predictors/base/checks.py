"""What the arrays of a tree ensemble must keep, whatever file they were read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from mxt.predictors.base.trees import TreeEnsemble


def require_sound(trees: TreeEnsemble, library: str) -> TreeEnsemble:
    """The ensemble itself, if each walk from a root ends at a leaf and all numbers are finite.

    Raises:
        ModelError: It is not so; the model's file was damaged.
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
