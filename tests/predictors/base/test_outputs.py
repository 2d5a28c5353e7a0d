"""Labels lose the type of the library that holds them, and nothing else."""

from __future__ import annotations

import numpy as np

from mxt.predictors.base.outputs import plain


def test_labels_of_numpy_become_pythons() -> None:
    labels = [*np.array([1, 2]), *np.array([True]), *np.array(["a"]), np.float32(0.5), "b", 3]
    assert plain(labels) == [1, 2, True, "a", 0.5, "b", 3]
    assert [type(label) for label in plain(labels)] == [int, int, bool, str, float, str, int]
