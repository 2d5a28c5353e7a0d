"""Casts that lose nothing, and numbers that texts stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from mxt.schemas.casts import (
    cast,
    holds_numbers,
    is_missing,
    misses_values,
    number_of,
    plain,
    texts_among_numbers,
    texts_and_others,
)


@pytest.mark.parametrize(
    ("cells", "expected", "kind"),
    [
        ([1.0, 2.0], "int64", "int64"),
        ([1.5, 2.0], "int64", "float64"),
        ([300, 1], "int8", "int64"),
        ([-1, 1], "uint8", "int64"),
        ([1.0, 0.0], "bool", "bool"),
        ([2, 1], "bool", "int64"),
        ([True, False], "int64", "int64"),
        ([1, 2], "float32", "float32"),
        ([1, None], "int64", "float64"),
        ([None, None], "bool", "float64"),
        (["1", "2"], "int64", "str"),
    ],
)
def test_a_column_is_cast_only_where_each_value_fits(cells: list[Any], expected: str, kind: str) -> None:
    column = pd.Series(cells, dtype="float64" if cells == [None, None] else None)
    new = cast(column, pa.Column(expected))
    assert str(new.dtype) == kind
    assert [a == b or pd.isna(a) for a, b in zip(new, column, strict=True)] == [True] * 2


def test_whole_numbers_beyond_2_53_become_the_nearest_double() -> None:
    assert cast(pd.Series([2**53 + 1]), pa.Column("float64")).tolist() == [float(2**53)]


def test_categories_of_numbers_are_numbers_and_categories_of_texts_stay() -> None:
    assert plain(pd.Series([2, 1, 2], dtype="category")).tolist() == [2, 1, 2]
    assert plain(pd.Series(["a"], dtype="category")).dtype == "category"


@pytest.mark.parametrize(
    ("cells", "expected", "misses"),
    [
        ([1.0, None], "int64", True),
        ([1.5, None], "int64", False),
        ([0.0, None], "bool", True),
        ([1.0, 2.0], "int64", False),
        ([1.0, None], "float64", False),
    ],
)
def test_doubles_may_be_whole_numbers_of_which_some_are_missing(
    cells: list[Any], expected: str, *, misses: bool
) -> None:
    assert misses_values(pd.Series(cells), pa.Column(expected)) is misses


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("7", 7),
        ("-07", -7),
        ("1e3", 1000.0),
        ("TRUE", True),
        (np.float32(0.5), 0.5),
        (np.bool_(False), False),  # noqa: FBT003 - a cell
        (2**70, 2**70),
        (str(2**70), 2**70),
    ],
)
def test_a_text_is_the_number_that_it_reads_as(value: object, number: float) -> None:
    assert number_of(value) == number
    assert isinstance(number_of(value), bool) == isinstance(number, bool)


@pytest.mark.parametrize("value", ["1_000", "seven", "", None, "0x1F", np.str_("x")])
def test_other_values_are_no_numbers(value: object) -> None:
    assert number_of(value) is None


def test_a_schema_declares_texts_and_others() -> None:
    schema = pa.DataFrameSchema({"a": pa.Column("str"), "b": pa.Column("int64"), "c": pa.Column(None)})
    assert texts_and_others(schema) == (frozenset("a"), frozenset("b"))


def test_columns_of_any_type_of_numbers_hold_numbers_and_booleans_do_not() -> None:
    assert all(holds_numbers(pd.Series([1], dtype=name)) for name in ("int8", "Int64", "double[pyarrow]"))
    assert not any(
        holds_numbers(pd.Series([1], dtype=name)) for name in ("bool", "boolean", "str", "category")
    )


@pytest.mark.parametrize(
    ("cells", "texts"),
    [([1, 2], 0), (["1", "2"], 0), (["a", "b"], 0), ([1, "a", "2"], 1), (["1", "a", "b"], 2), ([[], 1], 1)],
)
def test_texts_among_numbers_are_counted(cells: list[object], texts: int) -> None:
    assert texts_among_numbers(pd.Series(cells)) == texts


def test_cells_are_missing_in_four_forms() -> None:
    assert all(map(is_missing, (None, float("nan"), np.float32("nan"), pd.NaT, pd.NA)))
    assert not any(map(is_missing, (0, "", "<NA>", False, np.int8(3), pd.Timestamp("2026-01-01"))))


@pytest.mark.parametrize(
    ("kinds", "cells", "expected", "kind"),
    [
        (("boolean", "bool[pyarrow]"), [True, False], "bool", "bool"),
        (("boolean", "bool[pyarrow]"), [True, None], "bool", "float64"),
        (("Int64", "int64[pyarrow]"), [1, 2], "int64", "int64"),
        (("Int64", "int64[pyarrow]"), [1, None], "int64", "float64"),
        (("Int8", "int8[pyarrow]"), [1, 2], "float64", "float64"),
        (("Float64", "double[pyarrow]"), [1.5, None], "float64", "float64"),
        (("Float64", "double[pyarrow]"), [1.0, 2.0], "int64", "int64"),
        (("Int64", "int64[pyarrow]"), [1, 2], "Int64", "Int64"),
    ],
)
def test_columns_of_nullable_types_and_of_arrows_are_cast_as_plain_ones(
    kinds: tuple[str, ...], cells: list[Any], expected: str, kind: str
) -> None:
    for own in kinds:
        column = pd.Series(cells, dtype=object).astype(own)  # type: ignore[call-overload] # a name
        new = cast(column, pa.Column(expected))
        assert str(new.dtype) == kind
        assert [a == b or pd.isna(a) for a, b in zip(new, cells, strict=True)] == [True] * 2
