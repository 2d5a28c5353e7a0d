"""ONNX's six tests of a node, as an ensemble's two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mxt.errors import ModelError
from mxt.predictors.onnx.branches import EQ, GT, GTE, LEAF, LEQ, LT, NEQ, Nodes, expressed
from predictors.walk import walk

ROWS = np.array([[1.0], [2.0], [np.nextafter(2.0, 3.0)], [3.0], [np.nan]])


def stump(test: int, limit: float = 2.0, *, missing_true: bool = False, **changes: Any) -> Nodes:
    """A test whose true branch gives 1, and whose false branch gives 0; the leaves come first."""
    arrays = {
        "mode": [LEAF, LEAF, test],
        "feature": [0, 0, 0],
        "threshold": [0, 0, limit],
        "true": [0, 0, 1],
        "false": [0, 0, 0],
        "missing_true": [False, False, missing_true],
        "roots": [2],
        "weights": [[0.0], [1.0], [0.0]],
    }
    return Nodes(**{name: np.array(values) for name, values in (arrays | changes).items()})


@pytest.mark.parametrize(
    ("mode", "passes"),
    [
        (LEQ, [1, 1, 0, 0, 0]),
        (LT, [1, 0, 0, 0, 0]),
        (GTE, [0, 1, 1, 1, 0]),
        (GT, [0, 0, 1, 1, 0]),
        (EQ, [0, 1, 0, 0, 0]),
        (NEQ, [1, 0, 1, 1, 1]),
    ],
)
def test_each_test_sends_each_value_where_onnx_sends_it(mode: int, passes: list[int]) -> None:
    trees = expressed(stump(mode), np.zeros(1), 1, double=True)
    assert trees is not None
    assert walk(trees, ROWS)[:, 0].tolist() == passes


@pytest.mark.parametrize("mode", [LEQ, LT, GTE, GT])
def test_a_missing_value_takes_the_branch_that_the_node_names(mode: int) -> None:
    trees = expressed(stump(mode, missing_true=True), np.zeros(1), 1, double=True)
    assert trees is not None
    assert walk(trees, ROWS)[-1, 0] == 1


def test_tests_that_the_form_cannot_hold_are_left_to_others() -> None:
    base = np.zeros(1)
    assert expressed(stump(EQ, 2.5), base, 1, double=True) is None
    assert expressed(stump(EQ, missing_true=True), base, 1, double=True) is None
    both = Nodes(
        mode=np.array([LEQ, EQ, LEAF, LEAF, LEAF]),
        feature=np.zeros(5, int),
        threshold=np.array([2.0, 1, 0, 0, 0]),
        true=np.array([1, 2, 0, 0, 0]),
        false=np.array([4, 3, 0, 0, 0]),
        missing_true=np.zeros(5, bool),
        roots=np.array([0]),
        weights=np.zeros((5, 1)),
    )
    assert expressed(both, base, 1, double=True) is None


def test_nodes_that_form_a_circle_are_refused() -> None:
    with pytest.raises(ModelError, match="form a circle"):
        expressed(stump(LEQ, true=[0, 0, 2]), np.zeros(1), 1, double=True)
