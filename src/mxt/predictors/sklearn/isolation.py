"""Path lengths of isolation forests.

Source: Liu, Ting and Zhou 2008, doi:10.1109/ICDM.2008.17: an anomaly's path to its leaf is short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def expected_length(samples: np.ndarray) -> np.ndarray:
    """The mean path length c(n) in a tree that isolates n samples, each shape (any,); equation 1."""
    import numpy as np

    found = np.where(samples == 2, 1.0, 0.0)  # noqa: PLR2004 - one split parts two samples
    many = samples > 2  # noqa: PLR2004 - as above
    counts = np.where(many, samples, 3).astype(np.float64)
    harmonic = np.log(counts - 1) + np.euler_gamma
    return np.where(many, 2 * harmonic - 2 * (counts - 1) / counts, found)


def path_lengths(tree: Any) -> np.ndarray:
    """Splits above each node, and those that would isolate its samples, shape (nodes,)."""
    return tree.compute_node_depths() - 1 + expected_length(tree.n_node_samples)


def lengths_of(core: Any, samples: np.ndarray) -> np.ndarray:
    """The mean path lengths that `score_samples` of an isolation forest tell, shape (rows,); equation 2."""
    import numpy as np

    return -expected_length(np.array([core.max_samples_])) * np.log2(-samples)
