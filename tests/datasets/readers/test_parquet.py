"""Parquet files that are read from somewhere in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mxt.datasets.conditions import Sample
from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.tables import to_frame
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

ROWS, FILES, GROUP = 90, 3, 12


@pytest.fixture(params=["file", "folder"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Ninety rows in groups of twelve: in one file, or in three files of thirty by a column of their path."""
    for number in range(FILES if request.param == "folder" else 1):
        share = ROWS if request.param == "file" else ROWS // FILES
        rows = range(number * share, (number + 1) * share)
        table = pa.table({"x": rows, "odd": [row % 2 for row in rows]})
        file = tmp_path / "table" / f"year={2020 + number}" / "rows.parquet"
        file.parent.mkdir(parents=True)
        pq.write_table(table, file, row_group_size=GROUP)
    return tmp_path / "table"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"limit": 50},
        {"limit": 1000},
        {"filters": (("odd", "==", 1),)},
        {"filters": (("odd", "==", 1),), "limit": 20},
        {"sample": Sample(rows=30, seed=3)},
        {"sample": Sample(rows=1000)},
        {"sample": Sample(rows=20), "limit": 60, "filters": (("x", ">", 7),)},
    ],
    ids=str,
)
def test_rows_from_one_on_are_the_last_of_all(path: Path, options: dict[str, Any]) -> None:
    reader = ParquetReader(path=str(path), **options)
    whole = reader.read()
    assert reader.rows() == len(whole)
    assert "year" in whole.columns
    for first in range(0, len(whole), 5):
        rows = to_frame(reader.arrow(first_row=first), None, first)
        pd.testing.assert_frame_equal(rows, whole.iloc[first:])
    for first in (len(whole), len(whole) + 1, len(whole) + 100):
        assert list(reader.arrow(first_row=first)) == []


def spoiled(path: Path, rows: int) -> None:
    """Make the cells of the first rows unreadable."""
    for file in sorted(path.rglob("*.parquet")):
        content, footer = bytearray(file.read_bytes()), pq.read_metadata(file)
        for group in range(footer.num_row_groups):
            rows -= footer.row_group(group).num_rows
            if rows < 0:
                break
            for column in range(footer.num_columns):
                chunk = footer.row_group(group).column(column)
                start = chunk.dictionary_page_offset or chunk.data_page_offset
                content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
        file.write_bytes(content)
        if rows < 0:
            return


def test_row_groups_that_end_before_are_not_read(path: Path) -> None:
    reader = ParquetReader(path=str(path), columns=("x",))
    spoiled(path, 40)
    with pytest.raises(DataError):
        reader.read()
    rows = to_frame(reader.arrow(first_row=43), None, 43)
    assert rows["x"].tolist() == [*range(43, ROWS)]
    with pytest.raises(DataError):
        list(ParquetReader(path=str(path), filters=(("x", ">=", 0),)).arrow(first_row=43))


def test_a_limit_is_told_by_the_footers(path: Path) -> None:
    assert ParquetReader(path=str(path), limit=50).known_rows() == 50
    assert ParquetReader(path=str(path)).known_rows() == ROWS
    assert ParquetReader(path=str(path), filters=(("x", ">", 1),)).known_rows() is None
