"""Folders of Parquet files that are partitioned, and grow."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest

from contracts.stores import every_type
from datasets.writers.grown import FACTS, added
from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.tables import to_batch
from mxt.datasets.writers.base import Provenance
from mxt.datasets.writers.base.folders import write_folder
from mxt.datasets.writers.parquet import ParquetWriter
from mxt.errors import DataError


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
