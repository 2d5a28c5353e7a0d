"""Tables in memory: their plain types, and the way to pandas and back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from contracts.stores import CANARY, every_type
from mxt.datasets.tables import (
    from_ipc,
    inferred,
    plain,
    refuse_repeated_ids,
    to_batch,
    to_frame,
    to_ipc,
    type_named,
)
from mxt.errors import DataError


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array(["a", "b"]).dictionary_encode(), pa.string()),
        (pa.array(["a"], pa.large_string()), pa.string()),
        (pa.array(["a"], pa.string_view()), pa.string()),
        (pa.array([date(2024, 2, 29)]), pa.timestamp("us")),
        (pa.array([1], pa.timestamp("s", "Europe/Paris")), pa.timestamp("us", "Europe/Paris")),
        (pa.array([1.5], pa.float16()), pa.float64()),
        (pa.array([Decimal("1.50")]), pa.decimal128(3, 2)),
        (pa.array([1], pa.int8()), pa.int8()),
    ],
)
def test_encodings_are_undone(column: pa.Array, kind: pa.DataType) -> None:
    batch = plain(pa.record_batch({"x": column}))
    assert batch.schema.field("x").type == kind
    assert batch.column("x").to_pylist()[0] == column.cast(kind).to_pylist()[0]


def test_times_finer_than_microseconds_are_refused_by_column() -> None:
    batch = pa.record_batch({"when": pa.array([1001], pa.timestamp("ns")), "x": [1]})
    with pytest.raises(DataError, match=r"\['when'\] are times that are no whole microseconds; round them"):
        plain(batch)


def test_the_former_reading_has_decimals_as_doubles() -> None:
    assert inferred(pa.record_batch({"x": [Decimal("1.50")]})).column("x").to_pylist() == [1.5]


def test_a_frame_comes_back_from_its_batch() -> None:
    table = every_type(40)
    pd.testing.assert_frame_equal(to_frame([to_batch(table)], "id"), table)
    pd.testing.assert_frame_equal(to_frame([from_ipc(to_ipc(to_batch(table)))], "id"), table)


def test_rows_are_numbered_from_the_first_where_there_is_no_id() -> None:
    batches = [pa.record_batch({"x": [1, 2]}), pa.record_batch({"x": [3]})]
    assert to_frame(batches, None, first_row=7).index.tolist() == [7, 8, 9]


def test_decimals_become_doubles_but_texts_as_ids() -> None:
    cells = [Decimal("0.30"), Decimal("12345678901234567.10")]
    frame = to_frame([pa.record_batch({"id": pa.array(cells), "x": pa.array(cells)})], "id")
    assert frame.index.tolist() == ["0.30", "12345678901234567.10"]
    assert frame["x"].tolist() == [0.3, 12345678901234567.1]


def test_booleans_that_miss_a_value_are_doubles() -> None:
    frame = to_frame([pa.record_batch({"flag": [True, None], "all": [True, False]})], None)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {"flag": "float64", "all": "bool"}


@pytest.mark.parametrize(
    ("ids", "counts"),
    [([CANARY, CANARY, None], "1 missing and 1"), ([1.0, 1.0, 1.0], "0 missing and 2")],
)
def test_ids_that_stand_for_several_rows_are_counted(ids: list[Any], counts: str) -> None:
    frame = pd.DataFrame({"x": range(3)}, index=pd.Index(ids, name="customer"))
    with pytest.raises(DataError, match=f"^crm: id column 'customer' has {counts} repeated") as caught:
        refuse_repeated_ids(frame, "crm")
    assert CANARY not in str(caught.value)


def test_an_empty_frame_keeps_its_columns() -> None:
    frame = pd.DataFrame({"x": pd.Series(dtype="int64")}, index=pd.Index([], name="id", dtype="str"))
    assert to_batch(frame).schema.names == ["id", "x"]


def test_the_ids_get_a_longer_name_where_a_column_has_theirs() -> None:
    frame = pd.DataFrame({"row": [5, 6], "row_id": [7, 8]}, index=pd.RangeIndex(2, name="row"))
    assert to_batch(frame).to_pydict() == {"row_id_id": [0, 1], "row": [5, 6], "row_id": [7, 8]}


@pytest.mark.parametrize(
    "kind",
    [
        *(pa.string(), pa.float64(), pa.date32(), pa.timestamp("us"), pa.timestamp("ns", "Europe/Zurich")),
        *(pa.decimal128(38, 2), pa.decimal256(70, -1), pa.large_string(), pa.bool_()),
    ],
    ids=str,
)
def test_types_are_known_by_their_text(kind: pa.DataType) -> None:
    assert type_named(str(kind)) == kind


def test_a_type_that_no_output_has_is_refused() -> None:
    with pytest.raises(DataError, match="'list<item: int64>' of a column is not known"):
        type_named("list<item: int64>")
