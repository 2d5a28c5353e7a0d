"""An ensemble is sound if every walk from a root ends at a leaf."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mxt.errors import ModelError
from mxt.predictors.base.trees import TreeEnsemble, require_sound
from predictors.walk import walk

STUMP = TreeEnsemble(
    roots=np.array([0, 3]),
    left=np.array([1, -1, -1, 4, -1, -1]),
    right=np.array([2, -1, -1, 5, -1, -1]),
    feature=np.array([0, -1, -1, 1, -1, -1]),
    threshold=np.array([0.5, 0, 0, 2.0, 0, 0]),
    missing_left=np.array([True, False, False, False, False, False]),
    category=np.full(6, -1),
    cover=np.array([4.0, 3, 1, 4, 2, 2]),
    values=np.array([[0.0], [1], [10], [0], [100], [1000]]),
    base=np.array([0.25]),
    columns=2,
)
"""Two trees of one test each."""


def test_a_score_is_the_base_and_a_leaf_of_each_tree() -> None:
    rows = np.array([[0.5, 2.0], [0.6, 2.1], [np.nan, np.nan]])
    np.testing.assert_array_equal(
        walk(require_sound(STUMP, "made-up"), rows)[:, 0], [101.25, 1010.25, 1001.25]
    )


@pytest.mark.parametrize(
    "damage",
    [
        {"left": [0, -1, -1, 4, -1, -1]},
        {"left": [2, -1, -1, 4, -1, -1]},
        {"left": [4, -1, -1, 5, -1, -1]},
        {"right": [9, -1, -1, 5, -1, -1]},
        {"feature": [2, -1, -1, 1, -1, -1]},
        {"threshold": [np.nan, 0, 0, 2, 0, 0]},
        {"values": [[0.0], [np.inf], [0], [0], [0], [0]]},
        {"base": [np.nan]},
        {"category": [0, -1, -1, -1, -1, -1]},
        {"cover": [-1.0, 3, 1, 4, 2, 2]},
    ],
    ids=lambda damage: next(iter(damage)),
)
def test_nodes_that_do_not_fit_together_are_refused(damage: dict[str, Any]) -> None:
    changed: dict[str, Any] = {name: np.array(values) for name, values in damage.items()}
    with pytest.raises(ModelError, match="The made-up model is damaged"):
        require_sound(replace(STUMP, **changed), "made-up")
