"""How much of the training weight goes each way, and what trees predict if nothing is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from mxt.predictors.base.trees import TreeEnsemble


def tree_of(trees: TreeEnsemble) -> np.ndarray:
    """The tree of each node, or -1 where no tree reaches it, shape (nodes,)."""
    import numpy as np

    owners = np.full(len(trees.left), -1)
    owners[trees.roots] = np.arange(len(trees.roots))
    for parents, children in _levels(trees):
        owners[children] = owners[parents]
    return owners


def _levels(trees: TreeEnsemble) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """Parents and their children, from the roots down."""
    import numpy as np

    nodes = trees.roots
    while len(nodes := nodes[trees.left[nodes] >= 0]):
        parents, children = np.tile(nodes, 2), np.concatenate([trees.left[nodes], trees.right[nodes]])
        yield parents, children
        nodes = children


def shares(trees: TreeEnsemble) -> np.ndarray:
    """Each node's share of its parent's training weight; a half where that has none, shape (nodes,).

    A root is no exception: a tree that no training weight reached gives each branch a half, as xgboost's own
    contributions do from 3.4 on.

    Raises:
        ModelError: No node of any tree has training weight: the library keeps none.
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
    """The sum over leaves of value times share of the training weight, shape (outputs,)."""
    import numpy as np

    reached = np.zeros(len(trees.left))
    reached[trees.roots] = 1
    for parents, children in _levels(trees):
        reached[children] = reached[parents] * shares[children]
    return np.array([math.fsum(reached * trees.values[:, output]) for output in range(trees.values.shape[1])])
