"""Tables of every type that shap accepts, as frames with the model's column names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
import shap
import xgboost
from shap.utils._exceptions import InvalidFeaturePerturbationError

from mxt import explain
from mxt.errors import DataError
from mxt.explainers import TreeExplainer
from mxt.explainers.shap.tables import (
    array_of,
    cells_of,
    frame_of,
    is_named,
    is_row,
    perturbation,
    rows_of,
    width_of,
)

ROWS = np.array([[1.0, 0.0], [3.0, 4.0], [0.0, 6.0]], dtype=np.float32)
NAMED = pd.DataFrame(ROWS, columns=["a b", "c"])
TABLES: dict[str, Any] = {
    "array": ROWS,
    "list": ROWS.tolist(),
    "frame": NAMED,
    "Arrow table": pa.Table.from_pandas(NAMED),
    "sparse": scipy.sparse.csr_matrix(ROWS),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_frame_has_the_models_names_and_the_tables_cells(name: str) -> None:
    frame = frame_of(TABLES[name], ["a b", "c"])
    assert [*frame.columns] == ["a b", "c"]
    np.testing.assert_array_equal(frame.to_numpy(), ROWS)
    np.testing.assert_array_equal(array_of(TABLES[name]), ROWS)
    assert width_of(TABLES[name]) == 2
    assert is_named(TABLES[name]) == (name in {"frame", "Arrow table"})
    assert not is_row(TABLES[name])


def test_cells_that_a_sparse_table_leaves_out_are_what_the_library_takes_them_for() -> None:
    missing = np.where(ROWS == 0, np.nan, ROWS)
    sparse = frame_of(TABLES["sparse"], [], float("nan"))
    np.testing.assert_array_equal(sparse.to_numpy(), missing)
    np.testing.assert_array_equal(frame_of(xgboost.DMatrix(missing), []).to_numpy(), missing)


@pytest.mark.parametrize("row", [NAMED.iloc[1], ROWS[1], ROWS[1].tolist()])
def test_a_single_row_is_a_table_of_one(row: Any) -> None:
    assert is_row(row)
    assert width_of(row) == 2
    assert frame_of(row, ["a b", "c"]).to_numpy().tolist() == [[3, 4]]


def test_columns_are_matched_by_position_but_not_in_another_order() -> None:
    assert [*frame_of(NAMED, ["x", "y"]).columns] == ["x", "y"]
    assert [*frame_of(NAMED, ["a_b", "c"]).columns] == ["a_b", "c"]
    with pytest.raises(DataError, match="in another order"):
        frame_of(NAMED[["c", "a b"]], ["a_b", "c"])
    with pytest.raises(DataError, match="takes 3 columns; the table has 2"):
        frame_of(NAMED, ["x", "y", "z"])
    with pytest.raises(DataError, match=r"the array is of shape \(1, 1, 2\)"):
        frame_of(np.zeros((1, 1, 2)), [])


def test_the_rows_of_a_background_are_all_rows_of_its_masker() -> None:
    assert rows_of(None, NAMED) is NAMED
    masker = shap.maskers.Independent(ROWS, max_samples=9)
    np.testing.assert_array_equal(rows_of(None, masker), ROWS)


def test_absent_columns_are_treated_by_what_there_is_to_compare_with() -> None:
    assert perturbation("auto", against_rows=True) == "interventional"
    assert perturbation("auto", against_rows=False) == "tree_path_dependent"
    with pytest.warns(FutureWarning, match="without data"):
        assert perturbation("interventional", against_rows=False) == "tree_path_dependent"
    with pytest.raises(InvalidFeaturePerturbationError, match="Got sideways"):
        perturbation("sideways", against_rows=True)


@pytest.mark.parametrize("kinds", [("Float64", "boolean"), ("double[pyarrow]", "bool[pyarrow]")])
def test_what_nullable_types_miss_is_nan_so_that_plots_can_show_it(kinds: tuple[str, str]) -> None:
    table = pd.DataFrame({"a": [1.5, None], "b": [None, True]}).astype(dict(zip("ab", kinds, strict=True)))
    cells = cells_of(table)
    assert cells.dtype == np.float64
    np.testing.assert_array_equal(cells, [[1.5, np.nan], [np.nan, 1.0]])
    np.testing.assert_array_equal(array_of(table["a"]), [1.5, np.nan])
    words = cells_of(table.assign(c=pd.Series(["u", None], dtype="string")))
    assert words[:, 2].tolist() == ["u", pytest.approx(np.nan, nan_ok=True)]


def test_explanations_of_nullable_tables_are_those_of_plain_ones() -> None:
    plain = pd.DataFrame({"a": [0.0, np.nan, 2.0, 3.0] * 5, "b": [True, False] * 10})
    model = xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(plain, [0, 1, 1, 0] * 5)
    for kinds in (("Float64", "boolean"), ("double[pyarrow]", "bool[pyarrow]")):
        table = plain.astype(dict(zip("ab", kinds, strict=True)))
        for explained in (explain(model, table), TreeExplainer(model)(table)):
            np.testing.assert_array_equal(explained.values, explain(model, plain).values)
            np.testing.assert_array_equal(explained.data.astype(float), plain.astype(float))
