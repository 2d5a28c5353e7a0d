"""Trees stored as arrays of inner nodes and arrays of leaves, laid out as the nodes of one ensemble."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class Layout:
    """Positions of the nodes of each tree: first its inner nodes, then its leaves."""

    def __init__(self, inner: list[int], leaves: list[int]) -> None:
        import numpy as np

        self.leaves = np.array(leaves, dtype=np.int64)
        """Leaves of each tree."""
        self.roots = np.cumsum([0, *(np.array(inner) + self.leaves)])[:-1]
        self.root = np.repeat(self.roots, inner)
        """For each inner node, its tree's root."""
        self.first_leaf = np.repeat(self.roots + np.array(inner), inner)
        """For each inner node, its tree's first leaf."""
        self.inner = np.repeat(
            np.tile([True, False], len(inner)), np.column_stack([inner, self.leaves]).ravel()
        )

    def over_nodes(self, parts: list[np.ndarray], leaf: float) -> np.ndarray:
        """Values of inner nodes, with `leaf` at leaves."""
        import numpy as np

        values = np.concatenate(parts)
        whole = np.full(len(self.inner), leaf, dtype=values.dtype)
        whole[self.inner] = values
        return whole

    def children(self, parts: list[np.ndarray]) -> np.ndarray:
        """Children of all nodes, -1 at leaves; each part has complements for the numbers of leaves."""
        import numpy as np

        side = np.concatenate(parts)
        placed = np.where(side >= 0, self.root + side, self.first_leaf + ~side)
        return self.over_nodes([placed.astype(np.int32)], -1)
