"""Checks that arrays form valid trees, which the kernels assume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    import numpy as np

    from mxt.predictors.base.trees import TreeEnsemble

MOST_LEVELS = 1000
"""Largest depth of a tree: the kernels walk trees by recursion, on threads whose stack may be small."""


def check(trees: TreeEnsemble, players: np.ndarray) -> None:
    """Refuse arrays that form no ensemble of trees, or that have no player for each column.

    Raises:
        ModelError: A node names a child, a column or a set that does not exist; nodes form a cycle; a tree is
            too deep; a leaf's value is not finite; or columns and players do not match.
    """
    import numpy as np

    if len(players) != trees.columns or (players < 0).any():
        msg = f"The trees test {trees.columns} columns; {len(players)} players were given, from 0 on."
        raise ModelError(msg)
    if not _within(trees):
        msg = "The trees name nodes, columns or categories that they do not hold; the model may be damaged."
        raise ModelError(msg)
    if not np.isfinite(trees.values).all():
        msg = "A leaf of the trees holds a value that is not finite; the model may be damaged."
        raise ModelError(msg)
    _check_levels(trees)


def _within(trees: TreeEnsemble) -> bool:
    """Whether every node, column and category that the trees name exists."""
    nodes, inner = len(trees.left), trees.left >= 0
    bounds = [
        (trees.roots, nodes),
        (trees.left[inner], nodes),
        (trees.right[inner], nodes),
        (trees.feature[inner], trees.columns),
        (trees.category[inner] + 1, len(trees.sets) + 1),
    ]
    return all(((places >= 0) & (places < most)).all() for places, most in bounds)


def _check_levels(trees: TreeEnsemble) -> None:
    """Refuse nodes that are reached in two ways, and trees that are too deep."""
    import numpy as np

    level, seen = trees.roots, 0
    for _ in range(MOST_LEVELS + 1):
        seen += len(level)
        if seen > len(trees.left):
            msg = "Nodes of the trees are reached in more than one way; the model may be damaged."
            raise ModelError(msg)
        inner = level[trees.left[level] >= 0]
        if not len(inner):
            return
        level = np.concatenate([trees.left[inner], trees.right[inner]])
    msg = f"A tree is more than {MOST_LEVELS:,} levels deep, which no kernel walks; train it with a limit."
    raise ModelError(msg)
