"""Folders of many files, one of which is not like the others: the file and the column are named."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.stores import CANARY
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.readers.jsonl import JsonlReader
from mxt.datasets.readers.parquet import ParquetReader
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mxt.datasets.readers.base.files import FileReader

READERS: dict[str, type[FileReader]] = {
    "ParquetReader": ParquetReader,
    "CsvReader": CsvReader,
    "JsonlReader": JsonlReader,
}

FILES, ODD, ROWS = 45, 39, 20
WHOLE = np.arange(ROWS)

Change = dict[str, Any]
"""Columns to replace; None drops one."""


def write(path: Path, name: str, change: Change) -> None:
    """A file of one of the formats."""
    columns = {"id": [f"{path.stem}-{row}" for row in WHOLE], "whole": WHOLE, "real": WHOLE / 3, **change}
    table = {column: cells for column, cells in columns.items() if cells is not None}
    if name == "ParquetReader":
        pq.write_table(pa.table(table), path)
        return
    frame = pd.DataFrame(table)
    frame.to_csv(path, index=False) if name == "CsvReader" else frame.to_json(
        path, orient="records", lines=True
    )


def folder(root: Path, name: str, changes: dict[int, Change]) -> FileReader:
    """A reader of many files; those with a change are not like the others."""
    for number in range(FILES):
        write(root / f"part-{number:03}", name, changes.get(number, {}))
    return READERS[name](path=str(root))


TEXT, LACKING = {"whole": [CANARY] * ROWS}, {"whole": None}
FRACTIONS = {"whole": WHOLE + 0.5}


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("ParquetReader", TEXT, "column 'whole' is string, but int64 in files before it"),
        ("ParquetReader", {"whole": ["7"] * ROWS}, "column 'whole' is string, but int64"),
        ("ParquetReader", {"whole": [True] * ROWS}, "column 'whole' is bool, but int64"),
        ("ParquetReader", FRACTIONS, "do not fit: column 'whole' is double, but int64"),
        ("ParquetReader", LACKING, r"lacks the columns \['whole'\], which files before it have"),
        ("CsvReader", TEXT, "at column #1, Row #2 .*Column 'whole' is int64 in rows before it"),
        ("CsvReader", FRACTIONS, "Column 'whole' is int64 in rows before it"),
        ("CsvReader", LACKING, r"lacks the columns \['whole'\], which files before it have"),
        ("JsonlReader", TEXT, "Column 'whole' is a number in rows before it, and a string here"),
        ("JsonlReader", FRACTIONS, "that a column keeps one type"),
    ],
)
def test_the_file_and_the_column_that_differ_are_named(
    name: str, change: Change, told: str, tmp_path: Path
) -> None:
    batches = folder(tmp_path, name, {ODD: change}).arrow()
    before = list(islice(batches, ODD))
    assert sum(batch.num_rows for batch in before) == ODD * ROWS, "the files before it are read"
    with pytest.raises(DataError, match=told) as caught:
        next(batches)
    assert str(caught.value).startswith(f"{tmp_path}/part-039: ")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("name", ["ParquetReader", "CsvReader"])
def test_a_file_may_lack_what_is_not_asked_for_and_have_more(name: str, tmp_path: Path) -> None:
    reader = folder(tmp_path, name, {ODD: LACKING, 7: {"more": WHOLE}, 8: {"real": None}})
    assert len(reader.read(["id"])) == FILES * ROWS
    with pytest.raises(DataError, match=r"part-008: the file lacks the columns \['real'\]"):
        reader.read(["id", "real"])
    filtered = reader.model_copy(update={"filters": (("real", ">", 1.0),)})
    with pytest.raises(DataError, match=r"part-008: the file lacks the columns \['real'\]"):
        filtered.read(["id"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"whole": pa.array(WHOLE, pa.int32())}, WHOLE),
        ({"whole": WHOLE.astype(float)}, WHOLE),
        ({"whole": pa.nulls(ROWS)}, [None] * ROWS),
        ({"id": pa.array(["x"] * ROWS, pa.large_string())}, WHOLE),
        ({"id": pa.array(["x"] * ROWS).dictionary_encode()}, WHOLE),
    ],
    ids=["narrower", "whole doubles", "no values", "large text", "dictionary"],
)
def test_types_that_hold_the_same_values_are_one(change: Change, expected: Any, tmp_path: Path) -> None:
    batches = list(folder(tmp_path, "ParquetReader", {ODD: change}).arrow())
    whole = pa.Table.from_batches(batches)["whole"]
    assert whole.type == pa.int64()
    assert whole.slice(ODD * ROWS, ROWS).to_pylist() == list(expected)


EMPTY: Change = {"id": [], "whole": pa.array([], pa.int64()), "real": pa.array([], pa.float64())}


@pytest.mark.parametrize("name", ["ParquetReader", "CsvReader"])
@pytest.mark.parametrize("place", [0, ODD, FILES - 1])
def test_a_file_without_rows_among_others_changes_nothing(name: str, place: int, tmp_path: Path) -> None:
    reader = folder(tmp_path, name, {place: EMPTY})
    table = reader.read()
    assert table["whole"].tolist() == [*WHOLE] * (FILES - 1)
    assert list(table.index) == [*range((FILES - 1) * ROWS)]
    assert table["id"].str[:8].nunique() == FILES - 1
    filtered = reader.model_copy(update={"filters": (("whole", ">=", 10),)})
    assert filtered.count() == len(filtered.read()) == (FILES - 1) * ROWS / 2


@pytest.mark.parametrize("name", ["ParquetReader", "CsvReader", "JsonlReader"])
def test_a_column_without_values_in_the_first_files_has_the_type_of_later_ones(
    name: str, tmp_path: Path
) -> None:
    missing = {"whole": pa.nulls(ROWS) if name == "ParquetReader" else [None] * ROWS}
    table = folder(tmp_path, name, {0: missing, 1: missing}).read()
    assert table["whole"].isna().sum() == 2 * ROWS
    assert table["whole"].iloc[2 * ROWS :].tolist() == [*WHOLE] * (FILES - 2)


def test_a_folder_of_files_without_rows_has_no_rows(tmp_path: Path) -> None:
    reader = folder(tmp_path, "ParquetReader", dict.fromkeys(range(FILES), EMPTY))
    with pytest.raises(DataError, match=f"{tmp_path}: no rows"):
        reader.read()


def test_a_level_of_folders_without_files_changes_nothing(tmp_path: Path) -> None:
    for day in ("2026-11-01", "2026-11-02", "2026-11-03"):
        (tmp_path / f"day={day}").mkdir()
    write(tmp_path / "day=2026-11-02" / "part", "ParquetReader", {})
    table = ParquetReader(path=str(tmp_path)).read()
    assert table["day"].tolist() == ["2026-11-02"] * ROWS


def turned_over(path: Path, group: int, column: int) -> None:
    """Turn over bytes in the middle of a column of a row group."""
    found = pq.ParquetFile(path).metadata.row_group(group).column(column)
    middle = (found.dictionary_page_offset or found.data_page_offset) + found.total_compressed_size // 2
    content = path.read_bytes()
    harm = bytes(255 - byte for byte in content[middle : middle + 8])
    path.write_bytes(content[:middle] + harm + content[middle + 8 :])


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


@pytest.mark.parametrize(
    ("harm", "compression", "told"),
    [
        (lambda path: turned_over(path, 5, 2), "zstd", "Row group 5, from row 500 of the file on, .*'real'"),
        (lambda path: turned_over(path, 5, 2), "none", "Row group 5, from row 500 of the file on, .*'real'"),
        (lambda path: turned_over(path, 9, 0), "snappy", "Row group 9, from row 900 of the file on, .*'id'"),
        (cut_short, "zstd", "Its footer cannot be read: it is cut short"),
    ],
    ids=["zstd", "no compression", "snappy", "cut short"],
)
def test_a_damaged_row_group_is_named(
    harm: Callable[[Path], None], compression: str, told: str, tmp_path: Path
) -> None:
    reader = folder(tmp_path, "ParquetReader", {})
    noise = np.random.default_rng(0).normal(size=1000)
    table = pa.table({"id": [CANARY] * 1000, "whole": np.arange(1000), "real": noise})
    odd = tmp_path / "part-039"
    pq.write_table(table, odd, row_group_size=100, compression=compression, write_page_checksum=True)
    whole = odd.read_bytes()
    harm(odd)
    with pytest.raises(DataError, match=f"^{odd}: cannot be read by ParquetReader .*{told}") as caught:
        reader.read()
    assert CANARY not in str(caught.value)
    odd.write_bytes(whole)
    assert len(reader.read()) == (FILES - 1) * ROWS + 1000


def test_a_file_that_goes_while_the_table_is_read_is_named(tmp_path: Path) -> None:
    batches = folder(tmp_path, "ParquetReader", {}).arrow()
    next(batches)
    (tmp_path / "part-039").unlink()
    with pytest.raises(DataError, match=f"^{tmp_path}/part-039: the file went while the table was read"):
        list(batches)


@pytest.mark.parametrize("name", READERS)
def test_a_table_that_changes_while_it_is_read_is_refused(name: str, tmp_path: Path) -> None:
    batches = folder(tmp_path, name, {}).arrow()
    next(batches)
    write(tmp_path / "part-000", name, {"whole": WHOLE[::-1]})
    with pytest.raises(DataError, match=f"^{tmp_path}: the table changed while it was read"):
        list(batches)
