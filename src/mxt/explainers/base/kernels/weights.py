"""Shares of the training weight at each node, and the mean prediction of trees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from mxt.predictors.base.trees import TreeEnsemble


def tree_of(trees: TreeEnsemble) -> np.ndarray:
    """Position of the tree of each node, shape (nodes,); -1 where no tree reaches the node."""
    import numpy as np

    owners = np.full(len(trees.left), -1)
    owners[trees.roots] = np.arange(len(trees.roots))
    for parents, children in _levels(trees):
        owners[children] = owners[parents]
    return owners


def _levels(trees: TreeEnsemble) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """Parents and their children, level by level from the roots down."""
    import numpy as np

    nodes = trees.roots
    while len(nodes := nodes[trees.left[nodes] >= 0]):
        parents, children = np.tile(nodes, 2), np.concatenate([trees.left[nodes], trees.right[nodes]])
        yield parents, children
        nodes = children


def shares(trees: TreeEnsemble) -> np.ndarray:
    """Each node's share of its parent's training weight, shape (nodes,); a half if the parent has none.

    So a tree whose root has no training weight gives each branch a half, as xgboost's own contributions do
    since version 3.4.

    Raises:
        ModelError: No node of any tree has training weight, since the library keeps none.
    """
    import numpy as np

    if (trees.left >= 0).any() and not trees.cover.any():
        msg = (
            "The trees keep no training weight (cover), which path-dependent values need; give a background "
            "and feature_perturbation: interventional."
        )
        raise ModelError(msg)
    shares = np.ones(len(trees.left))
    for parents, children in _levels(trees):
        known = trees.cover[parents] > 0
        shares[children] = np.divide(
            trees.cover[children], trees.cover[parents], out=np.full(len(parents), 0.5), where=known
        )
    return shares


def expectations(trees: TreeEnsemble, shares: np.ndarray) -> np.ndarray:
    """Mean prediction of the trees over the training weight, without their base, shape (outputs,)."""
    import numpy as np

    reached = np.zeros(len(trees.left))
    reached[trees.roots] = 1
    for parents, children in _levels(trees):
        reached[children] = reached[parents] * shares[children]
    return np.array([math.fsum(reached * trees.values[:, output]) for output in range(trees.values.shape[1])])
