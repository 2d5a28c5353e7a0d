"""Parquet files and folders of parts."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.stores import every_type
from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.tables import to_batch
from mxt.datasets.writers.base import Provenance
from mxt.datasets.writers.base.files import exchange, staged_name
from mxt.datasets.writers.base.folders import write_folder
from mxt.datasets.writers.csv import CsvWriter
from mxt.datasets.writers.parquet import ParquetWriter
from mxt.errors import DataError

FACTS = {"run": "r1", "model": "models:/churn/7"}


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


def test_provenance_of_formats_without_metadata_lies_beside_the_file(tmp_path: Path) -> None:
    CsvWriter(path=str(tmp_path / "table.csv")).write(every_type(9), Provenance(FACTS))
    told = json.loads((tmp_path / "table.csv-metadata.json").read_text())
    assert FACTS.items() <= told.items()
    assert told["sha256"] == hashlib.sha256((tmp_path / "table.csv").read_bytes()).hexdigest()


def test_missing_parts_have_a_folder_too(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2, 3], "part": ["a", None, "a=b/c %"]}, index=pd.RangeIndex(3, name="id"))
    ParquetWriter(path=str(tmp_path / "table"), partition_by=("part",)).write(frame)
    table = ParquetReader(path=str(tmp_path / "table"), id_column="id").read().sort_index()
    pd.testing.assert_frame_equal(table, frame)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("{folder}/table", r"the table has no columns \['prat'\]"),
        ("memory://table", r"the table has no columns \['prat'\]"),
    ],
)
def test_a_partition_column_that_is_absent_is_told(path: str, told: str, tmp_path: Path) -> None:
    writer = ParquetWriter(path=path.format(folder=tmp_path), partition_by=("part", "prat"))
    with pytest.raises(DataError, match=told):
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


def added(writer: ParquetWriter, table: pd.DataFrame) -> None:
    """Add a table to what a writer's target holds."""
    present = writer.provenance()
    assert present is not None
    writer.add_arrow(iter([to_batch(table)]), Provenance(FACTS), present)


def test_a_file_that_grew_has_the_rows_and_groups_of_one_written_at_once(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": range(150_000)}, index=pd.RangeIndex(150_000, name="id"))
    for name, cuts in (("grown", (0, 40_000, 70_000, 150_000)), ("once", (0, 150_000))):
        writer = ParquetWriter(path=str(tmp_path / name))
        for first, last in pairwise(cuts):
            part = table.iloc[first:last]
            writer.write(part, Provenance(FACTS)) if not first else added(writer, part)
    assert (tmp_path / "grown").read_bytes() == (tmp_path / "once").read_bytes()


def test_files_of_a_folder_that_grows_are_kept_as_they_are(tmp_path: Path) -> None:
    target = tmp_path / "table"
    writer = ParquetWriter(path=str(target), partition_by=("part",))
    writer.write(every_type(9), Provenance(FACTS))
    (next(target.iterdir()) / "_NOTES").write_text("someone's own")
    for time in (1, 2):
        before = {path: path.stat().st_ino for path in target.rglob("*") if path.is_file()}
        added(writer, every_type(9 * (time + 1)).tail(9))
        after = {path: path.stat().st_ino for path in target.rglob("*") if path.is_file()}
        assert before.items() < after.items()
        assert len(after) == len(before) + 2
    table = ParquetReader(path=str(target), id_column="id").read().sort_index()
    pd.testing.assert_frame_equal(table[every_type(1).columns], every_type(27))
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


def test_files_are_copied_where_they_cannot_be_linked(tmp_path: Path) -> None:
    """From one file system to another."""
    if not Path("/dev/shm").exists() or Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:  # noqa: S108
        pytest.skip("there is no second file system here")
    with TemporaryDirectory(dir="/dev/shm") as other:
        old = Path(other) / "table"
        ParquetWriter(path=str(old), partition_by=("part",)).write(every_type(9))
        new = to_batch(every_type(18).tail(9))
        write_folder(tmp_path / "table", iter([new]), new.schema, ("part",), {}, old)
        assert len(ParquetReader(path=str(old)).read()) == 9
    table = ParquetReader(path=str(tmp_path / "table"), id_column="id").read().sort_index()
    pd.testing.assert_frame_equal(table[every_type(1).columns], every_type(18))


@pytest.mark.parametrize("by", [("part", "flag"), ("flag",), ()])
def test_a_folder_that_is_partitioned_otherwise_is_not_added_to(by: tuple[str, ...], tmp_path: Path) -> None:
    ParquetWriter(path=str(tmp_path / "table"), partition_by=("part",)).write(every_type(9))
    with pytest.raises(DataError, match=r"partitioned by|cannot be read"):
        ParquetWriter(path=str(tmp_path / "table"), partition_by=by).provenance()


@pytest.mark.parametrize("by", [(), ("part",)])
def test_what_killed_writes_left_is_hidden_and_goes_with_the_next(
    by: tuple[str, ...], tmp_path: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    dead, own, running = (
        Path(staged_name(f"{tmp_path}/table").replace(f".{os.getpid()}.", f".{number}."))
        for number in (ended.pid, os.getpid(), os.getppid())
    )
    other = tmp_path / f".table.of.another.{ended.pid}.part"
    for left in (dead, own, running, other):
        if by:
            left.mkdir()
            (left / "part-0.parquet").write_bytes(b"half")
        else:
            left.write_bytes(b"half")
    writer = ParquetWriter(path=str(tmp_path / "table"), partition_by=by)
    assert writer.write(every_type(9)) == 9
    assert {path for path in tmp_path.iterdir() if path.name.endswith(".part")} == {running, other}
    assert len(ParquetReader(path=str(tmp_path)).read()) == 9, "what is hidden is no part of the folder"


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


def test_two_folders_swap_their_names_in_one_step(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").write_text("a file")
    if exchange(tmp_path / "one", tmp_path / "other"):
        assert (tmp_path / "one").read_text() == "a file"
        assert (tmp_path / "other").is_dir()
    assert not exchange(tmp_path / "one", tmp_path / "nowhere")


def test_folders_are_made_on_the_way_to_an_output(tmp_path: Path) -> None:
    for by in ((), ("part",)):
        place = tmp_path / "not" / "yet" / f"table{len(by)}"
        ParquetWriter(path=str(place), partition_by=by).write(every_type(9))
        assert len(ParquetReader(path=str(place)).read()) == 9
