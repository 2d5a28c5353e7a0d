"""Parquet as other programs write it: what they note beside the cells does not steer the reader."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.readers.parquet import ParquetReader
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

WRONG = b'{"index_columns": ["nowhere"], "columns": [{"name": "nowhere"}], "column_indexes": []}'
NUMBERS = ("Int8", "Int64", "UInt64", "Float64", "int64[pyarrow]", "double[pyarrow]")


def frame(kind: str, *cells: object) -> pd.DataFrame:
    """A frame of one column."""
    return pd.DataFrame({"x": pd.Series(cells, dtype=object).astype(kind)})  # type: ignore[call-overload] # a name


FRAMES = {
    **{kind: frame(kind, 1, 0, None, 1) for kind in (*NUMBERS, "boolean", "bool[pyarrow]")},
    **{kind: frame(kind, "a", None) for kind in ("string", "string[python]")},
    "full boolean": pd.DataFrame({"x": pd.array([True, False], "boolean")}),
    "category": pd.DataFrame({"x": pd.Categorical(["b", "a", None])}),
    "ordered": pd.DataFrame({"x": pd.Categorical(["b", "a"], ["b", "a"], ordered=True)}),
    "categories of numbers": pd.DataFrame({"x": pd.Categorical([2, 1, 2])}),
    "decimal": pd.DataFrame({"x": [Decimal("1.10"), None]}),
    "day": pd.DataFrame({"x": [dt.date(2024, 2, 29), None]}),
    "zone": pd.DataFrame({"x": pd.date_range("2024-03-30", periods=3, tz="Europe/Berlin")}),
    "nothing": pd.DataFrame({"x": [None, None], "y": [1, 2]}),
    "numbers as names": pd.DataFrame([[1, 2], [3, 4]]),
    "named index": pd.DataFrame({"x": [1, 2]}, pd.Index([7, 9], name="id")),
    "nameless index": pd.DataFrame({"x": [1, 2]}, [9, 7]),
    "two indexes": pd.DataFrame(
        {"x": [1, 2]}, pd.MultiIndex.from_tuples([(7, "a"), (9, "b")], names=["id", "k"])
    ),
    "period": pd.DataFrame({"x": pd.period_range("2024-01", periods=2, freq="M")}),
}


def rewritten(path: Path, pandas: bytes | None) -> Path:
    """The same cells in a file with other metadata of pandas, or without any."""
    table = pq.read_table(path)
    noted = {**(table.schema.metadata or {}), b"pandas": pandas} if pandas else None
    other = path.with_name("other.parquet")
    pq.write_table(table.replace_schema_metadata(noted), other)
    return other


@pytest.mark.parametrize("name", FRAMES)
def test_the_same_cells_are_the_same_table_whatever_metadata_a_file_has(name: str, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    FRAMES[name].to_parquet(path)
    id_column = "id" if "id" in pq.read_schema(path).names else None
    expected = pa.Table.from_batches([*ParquetReader(path=str(path)).arrow()])
    whole = ParquetReader(path=str(path), id_column=id_column).read()
    assert all(isinstance(column, str) for column in whole.columns)
    for pandas in (None, WRONG, b"{{"):
        reader = ParquetReader(path=str(rewritten(path, pandas)), id_column=id_column)
        pd.testing.assert_frame_equal(reader.read(), whole)
        assert fingerprint(reader.arrow()) == fingerprint(expected.to_batches())


@pytest.mark.parametrize("kind", NUMBERS)
def test_nullable_columns_are_plain_ones(kind: str, tmp_path: Path) -> None:
    FRAMES[kind].to_parquet(tmp_path / "table.parquet")
    column = ParquetReader(path=str(tmp_path / "table.parquet")).read()["x"]
    assert column.dtype == "float64"
    assert column.fillna(9).tolist() == [1, 0, 9, 1]


def test_an_index_in_the_file_may_be_the_id(tmp_path: Path) -> None:
    FRAMES["named index"].to_parquet(tmp_path / "table.parquet")
    table = ParquetReader(path=str(tmp_path / "table.parquet"), id_column="id").read()
    assert table.index.tolist() == [7, 9]
    assert table.columns.tolist() == ["x"]


def test_an_index_that_only_the_metadata_hold_is_named(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1, 2]}, pd.RangeIndex(5, 7, name="id")).to_parquet(tmp_path / "table.parquet")
    message = r"no columns \['id'\]; it has \['x'\]\. The index 'id' stands in the file's metadata alone"
    with pytest.raises(DataError, match=message):
        ParquetReader(path=str(tmp_path / "table.parquet"), id_column="id").read()


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.large_string())]
)
def test_texts_are_texts_however_they_are_stored(kind: pa.DataType, tmp_path: Path) -> None:
    for name, stored in (("plain", pa.string()), ("other", kind)):
        pq.write_table(pa.table({"x": pa.array(["a", None, "b"]).cast(stored)}), tmp_path / name)
    plain, other = (ParquetReader(path=str(tmp_path / name)) for name in ("plain", "other"))
    pd.testing.assert_frame_equal(other.read(), plain.read())
    assert fingerprint(other.arrow()) == fingerprint(plain.arrow())


@pytest.mark.parametrize(
    "cells",
    [
        [[1], [2, 3]],
        [{"a": 1}, {"a": 2}],
        pa.array([1, 2], pa.duration("s")),
        pa.array([1, 2], pa.time32("s")),
    ],
    ids=["lists", "records", "durations", "times of day"],
)
def test_columns_that_are_no_cells_are_refused_with_the_line_to_write(cells: object, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"x": cells, "y": [1, 2]}), path)
    with pytest.raises(DataError, match=r"'x' holds .*\. Set `columns: \['y'\]`\.$"):
        ParquetReader(path=str(path)).read()
    assert ParquetReader(path=str(path), columns=("y",)).read()["y"].tolist() == [1, 2]


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "table.parquet")
    with pytest.raises(DataError, match="two columns have the same name"):
        ParquetReader(path=str(tmp_path / "table.parquet")).read()
