"""Path lengths of isolation forests.

Source: Liu, Ting and Zhou 2008, doi:10.1109/ICDM.2008.17: an anomaly's path to its leaf is short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from sklearn.ensemble import IsolationForest
    from sklearn.tree._tree import Tree


def expected_length(samples: np.ndarray) -> np.ndarray:
    """The mean path length c(n) in a tree that isolates n samples, each shape (any,); equation 1."""
    import numpy as np

    splits = samples - 1  # one split parts two samples
    counts = np.where(splits > 1, samples, 3).astype(np.float64)
    harmonic = np.log(counts - 1) + np.euler_gamma
    return np.where(splits > 1, 2 * harmonic - 2 * (counts - 1) / counts, np.where(splits == 1, 1.0, 0.0))


def path_lengths(tree: Tree) -> np.ndarray:
    """Path length of each node: its depth, and the mean number of splits that would isolate its samples."""
    return tree.compute_node_depths() - 1 + expected_length(tree.n_node_samples)


def lengths_of(core: IsolationForest, samples: np.ndarray) -> np.ndarray:
    """The mean path lengths behind `score_samples` of an isolation forest, shape (rows,); equation 2."""
    import numpy as np

    return -expected_length(np.array([core.max_samples_])) * np.log2(-samples)
