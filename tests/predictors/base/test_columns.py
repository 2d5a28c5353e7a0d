"""Columns of a table are matched with a model's, and are read as numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import ModelError
from mxt.predictors.base.columns import (
    kind_of,
    numbers,
    plain_column,
    plain_columns,
    plain_extensions,
    source_columns,
    spelled,
)


@pytest.mark.parametrize(
    ("names", "given", "matched"),
    [
        (["a", "b"], ["b", "a"], ["a", "b"]),
        (["some_number", "b"], ["b", "some number"], ["some number", "b"]),
        (["Column_0", "Column_1"], ["age", "debt"], ["age", "debt"]),
        (["a", "b"], ["b", "debt"], ["a", "b"]),
        (["a", "b", "c"], ["x", "y"], ["a", "b", "c"]),
    ],
    ids=["by name", "spelled with spaces", "by place", "not against a name", "not of another number"],
)
def test_columns_are_matched_by_name_and_else_by_place(
    names: list[str], given: list[str], matched: list[str]
) -> None:
    assert source_columns(names, given) == matched


def test_columns_that_a_table_lacks_have_no_spelling() -> None:
    assert spelled(["a", "b"], ["a"]) is None


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, 2], "number"),
        (pd.Series([1, None], dtype="Int64"), "number"),
        (pd.Series([1.5, None], dtype=object), "number"),
        ([None, None], "number"),
        ([True, False], "boolean"),
        (pd.Series([True, None], dtype=object), "boolean"),
        (["a", None], "text"),
        (["a", 1], "text"),
        (pd.Categorical(["a", "b"]), "text"),
        (pd.Categorical([3, 7]), "number"),
        (pd.to_datetime(["2020-01-01"]), "other"),
        ([1j], "other"),
    ],
)
def test_the_kind_of_cells_does_not_depend_on_the_type_that_holds_them(cells: Any, kind: str) -> None:
    assert kind_of(pd.Series(cells)) == kind


def test_numbers_of_any_type_are_doubles_with_gaps() -> None:
    for cells in (pd.Series([1, None], dtype="Int64"), pd.Categorical([1.0, None]), pd.Series([True, None])):
        np.testing.assert_array_equal(numbers(pd.Series(cells), "LightGBM"), [1.0, np.nan])


def test_a_text_is_refused_by_the_columns_name_alone() -> None:
    with pytest.raises(ModelError, match="The LightGBM model takes numbers in the column 'debt'") as refusal:
        numbers(pd.Series(["secret"], name="debt"), "LightGBM")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("cells", "dtype", "plain"),
    [
        ([1, 2], "Int64", "int64"),
        ([1, None], "Int64", "float64"),
        ([True, False], "bool[pyarrow]", "bool"),
        ([True, None], "boolean", "float64"),
        (["a", None], "string", "str"),
        (["a", None], object, "str"),
        ([None, None], object, "float64"),
        ([None, None], "string", "str"),
        ([datetime(2026, 1, 1, tzinfo=UTC), None], "timestamp[us, UTC][pyarrow]", "datetime64[us, UTC]"),
        ([Decimal("1.5"), Decimal(2)], object, "float64"),
        (["a", "b"], "category", "category"),
    ],
)
def test_cells_get_the_type_that_pandas_has_always_had_for_them(cells: Any, dtype: Any, plain: str) -> None:
    column = pd.Series(cells, dtype=dtype, name="c")
    made = plain_column(column)
    assert made.dtype == plain
    assert made.dropna().tolist() == column.dropna().tolist()
    assert made.isna().tolist() == column.isna().tolist()


def test_a_table_of_plain_types_is_left_as_it_is() -> None:
    table = pd.DataFrame({"a": [1], "b": pd.array([1.5]), "c": pd.Series(["u"], dtype=object)})
    plain = plain_columns(table)
    assert plain.dtypes.tolist() == ["int64", "float64", "str"]
    assert plain_columns(plain) is plain
    assert plain_extensions(table).dtypes.tolist() == ["int64", "float64", "object"]
