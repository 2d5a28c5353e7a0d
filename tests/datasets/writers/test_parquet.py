"""Parquet files and folders of parts."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.stores import every_type
from datasets.writers.grown import FACTS, added
from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.writers.base import Provenance
from mxt.datasets.writers.parquet import ParquetWriter
from mxt.errors import DataError


def test_provenance_is_in_the_metadata_of_each_file(tmp_path: Path) -> None:
    for by in ((), ("part",)):
        place = tmp_path / f"table{len(by)}"
        ParquetWriter(path=str(place), partition_by=by).write(every_type(9), Provenance(FACTS))
        files = [place] if not by else list(place.rglob("*.parquet"))
        assert len(files) == 1 + len(by)
        for file in files:
            metadata = pq.read_schema(file).metadata
            assert {key: metadata[f"mxt.{key}".encode()].decode() for key in FACTS} == FACTS


@pytest.mark.parametrize("by", [(), ("part",)])
def test_a_changed_byte_is_found_and_doubles_have_no_dictionary(by: tuple[str, ...], tmp_path: Path) -> None:
    rows = pd.DataFrame({"x": [0.5] * 900, "word": ["often"] * 900, "part": "a"}).rename_axis("id")
    ParquetWriter(path=str(tmp_path / "table"), partition_by=by).write(rows)
    (file,) = [tmp_path / "table"] if not by else (tmp_path / "table").rglob("*.parquet")
    reader = ParquetReader(path=str(tmp_path / "table"), id_column="id")
    reader.read()
    group = pq.read_metadata(file).row_group(0)
    columns = {group.column(place).path_in_schema: group.column(place) for place in range(group.num_columns)}
    assert {name for name, column in columns.items() if column.has_dictionary_page} >= {"word"}
    assert not columns["x"].has_dictionary_page
    content = bytearray(file.read_bytes())
    content[columns["x"].data_page_offset + columns["x"].total_compressed_size - 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match="table"):
        reader.read()


def test_missing_parts_have_a_folder_too(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2, 3], "part": ["a", None, "a=b/c %"]}, index=pd.RangeIndex(3, name="id"))
    ParquetWriter(path=str(tmp_path / "table"), partition_by=("part",)).write(frame)
    table = ParquetReader(path=str(tmp_path / "table"), id_column="id").read().sort_index()
    pd.testing.assert_frame_equal(table, frame)


def test_a_partition_column_that_is_absent_is_told(tmp_path: Path) -> None:
    writer = ParquetWriter(path=f"{tmp_path}/table", partition_by=("part", "prat"))
    with pytest.raises(DataError, match=r"the table has no columns \['prat'\]"):
        writer.write(every_type(9))
    assert not list(tmp_path.iterdir())


def test_only_local_folders_are_partitioned() -> None:
    with pytest.raises(DataError, match="only a local folder can be partitioned"):
        ParquetWriter(path="memory://table", partition_by=("part",)).write(every_type(9))


def test_a_file_does_not_replace_a_folder_nor_a_folder_a_file(tmp_path: Path) -> None:
    file, folder = (ParquetWriter(path=str(tmp_path / "table"), partition_by=by) for by in ((), ("part",)))
    for first, second in ((file, folder), (folder, file)):
        first.write(every_type(9))
        with pytest.raises(DataError, match="the previous output is untouched"):
            second.write(every_type(5))
        assert len(ParquetReader(path=first.path).read()) == 9
        assert len(list(tmp_path.iterdir())) == 1
        (tmp_path / "table").rename(tmp_path.with_name(f"{tmp_path.name} {len(first.partition_by)}"))


def test_a_file_that_grew_has_the_rows_and_groups_of_one_written_at_once(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": range(150_000)}, index=pd.RangeIndex(150_000, name="id"))
    for name, cuts in (("grown", (0, 40_000, 70_000, 150_000)), ("once", (0, 150_000))):
        writer = ParquetWriter(path=str(tmp_path / name))
        for first, last in pairwise(cuts):
            part = table.iloc[first:last]
            writer.write(part, Provenance(FACTS)) if not first else added(writer, part)
    assert (tmp_path / "grown").read_bytes() == (tmp_path / "once").read_bytes()


def test_a_partitioned_folder_has_the_same_bytes_whatever_batches_the_rows_come_in(tmp_path: Path) -> None:
    rows = 150_000
    table = pa.table({"id": range(rows), "x": np.arange(rows) / 7, "part": [str(n % 3) for n in range(rows)]})
    found = set()
    for size in (65_536, 7_001, rows):
        place = tmp_path / str(size)
        batches = iter(table.to_batches(max_chunksize=size))
        ParquetWriter(path=str(place), partition_by=("part",)).write_arrow(batches)
        files = sorted(place.rglob("*.parquet"))
        assert len(files) == 3
        found.add(tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files))
        for file in files:
            ids = pq.read_table(file, columns=["id"], partitioning=None)["id"].to_pylist()
            assert ids == sorted(ids)
    assert len(found) == 1
