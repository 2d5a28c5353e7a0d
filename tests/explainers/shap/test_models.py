"""Models that shap reads for MXT: tables of any width, and explainers that outlive their models."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import catboost
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
import shap
import xgboost
from sklearn.ensemble import RandomForestRegressor

from mxt.explainers import TreeExplainer
from mxt.explainers.base.kernels.engine import available

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

needs_kernels = pytest.mark.skipif(not available(), reason="no compiled kernels")

ROWS = np.random.default_rng(0).normal(size=(6, 4))
FRAME = pd.DataFrame(ROWS, columns=list("abcd"))
WIDTH = ROWS.shape[1]


def tree(values: list[list[float]], column: int = 1) -> dict[str, Any]:
    """A tree of two leaves that tests one column, in shap's own form."""
    return {
        "children_left": np.array([1, -1, -1]),
        "children_right": np.array([2, -1, -1]),
        "children_default": np.array([1, -1, -1]),
        "features": np.array([column, -1, -1]),
        "thresholds": np.array([0.0, 0, 0]),
        "values": np.array(values),
        "node_sample_weight": np.array([4.0, 1, 3]),
    }


STUMP = {name: part[-1:] for name, part in tree([[0.0], [1.0], [3.0]]).items()} | {
    "features": np.array([-1]),
    "node_sample_weight": np.array([5.0]),
}
MODELS: dict[str, Any] = {
    "one output": {"trees": [tree([[0.0], [1.0], [3.0]]), tree([[0.0], [2.0], [-1.0]], column=0)]},
    "two outputs": {"trees": [tree([[0.0, 0.0], [1.0, 2.0], [3.0, 5.0]])]},
    "no test": {"trees": [STUMP]},
    "a stump and a tree": {"trees": [STUMP, tree([[0.0], [1.0], [3.0]])]},
    "two targets of a forest": RandomForestRegressor(3, max_depth=1, random_state=0).fit(
        ROWS, np.column_stack([ROWS[:, 0], -ROWS[:, 0]])
    ),
}
SORTS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "array": lambda frame: frame.to_numpy(),
    "array of objects": lambda frame: frame.to_numpy().astype(object),
    "frame": lambda frame: frame,
    "part of a frame": lambda frame: frame[2:5],
    "list": lambda frame: frame.to_numpy().tolist(),
    "tuple": lambda frame: tuple(map(tuple, frame.to_numpy())),
    "sparse matrix": scipy.sparse.csr_matrix,
    "sparse array": scipy.sparse.csc_array,
    "Arrow table": pa.Table.from_pandas,
    "DMatrix": xgboost.DMatrix,
    "Pool": catboost.Pool,
    "no rows": lambda frame: frame[:0],
    "series": lambda frame: frame.iloc[0],
    "row": lambda frame: frame.to_numpy()[0],
    "list of numbers": lambda frame: frame.to_numpy()[0].tolist(),
}
EACH_MODEL = pytest.mark.parametrize("model", MODELS)


@pytest.fixture(autouse=True)
def no_warning_of_shaps() -> Iterator[None]:
    with warnings.catch_warnings(action="ignore", category=PendingDeprecationWarning):
        yield


def rows_of(sort: str) -> np.ndarray:
    """The rows of a table of that sort; those of a single row as one."""
    cut = {"part of a frame": slice(2, 5), "no rows": slice(0), "series": slice(1), "row": slice(1)}
    return ROWS[cut.get(sort, slice(1) if sort == "list of numbers" else slice(None))]


def by_shap(model: str, sort: str, *, interactions: bool = False) -> np.ndarray:
    """What shap gives for the same rows, as an array."""
    explainer, rows = shap.TreeExplainer(MODELS[model]), rows_of(sort)
    padded = rows if len(rows) else ROWS
    found = np.asarray(
        explainer.shap_interaction_values(padded)
        if interactions
        else explainer.shap_values(padded, check_additivity=False)
    )[: len(rows)]
    return found[0] if sort in {"series", "row", "list of numbers"} else found


@needs_kernels
@EACH_MODEL
@pytest.mark.parametrize("sort", SORTS)
def test_columns_that_no_tree_tests_keep_their_places(model: str, sort: str) -> None:
    found = TreeExplainer(MODELS[model]).shap_values(SORTS[sort](FRAME))
    wanted = by_shap(model, sort)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@needs_kernels
@EACH_MODEL
@pytest.mark.parametrize("sort", SORTS)
def test_so_they_do_in_interactions(model: str, sort: str) -> None:
    found = TreeExplainer(MODELS[model]).shap_interaction_values(SORTS[sort](FRAME))
    wanted = by_shap(model, sort, interactions=True)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@needs_kernels
@EACH_MODEL
@pytest.mark.parametrize("background", ["array", "frame"])
def test_so_they_do_against_a_background_and_in_a_call(model: str, background: str) -> None:
    given = SORTS[background](FRAME)
    ours, theirs = TreeExplainer(MODELS[model], given)(FRAME), shap.TreeExplainer(MODELS[model], given)(FRAME)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours.values, theirs.values, atol=1e-12)
    np.testing.assert_allclose(ours.base_values, theirs.base_values, atol=1e-12)
    assert ours.feature_names == theirs.feature_names
