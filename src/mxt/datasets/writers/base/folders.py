"""Folders of Parquet files, partitioned in the Hive manner: written beside the old one, then swapped."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.datasets.parts import GROUP_ROWS, cut
from mxt.datasets.writers.base.files import exchange, staged_name, sweep
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

_ADDED = re.compile(r"part-(\d{6,})-\d+\.parquet")
"""Names of files that were added later: the first number counts how often rows were added."""


def write_folder(
    target: Path,
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    partition_by: Sequence[str],
    options: Mapping[str, object],
    old: Path | None = None,
) -> None:
    """Put a folder of these rows, and of the files of an `old` folder, in the place of the target.

    Args:
        target: The folder.
        batches: Its new rows.
        schema: Their columns, and the metadata of each file.
        partition_by: Columns whose values become folders.
        options: How each file is written, see `pyarrow.parquet.ParquetWriter`.
        old: A folder whose files are kept.
    """
    import pyarrow.dataset as ds

    staged = Path(staged_name(target.as_posix()))
    shutil.rmtree(staged, ignore_errors=True)
    sweep(target)
    name = "part-{i}.parquet" if old is None else f"part-{_number(old) + 1:06}-{{i}}.parquet"
    described = (batch.replace_schema_metadata(schema.metadata) for batch in cut(batches, GROUP_ROWS))
    try:
        ds.write_dataset(
            described,
            staged,
            basename_template=name,
            schema=schema,
            format="parquet",
            file_options=ds.ParquetFileFormat().make_write_options(**options),
            partitioning=list(partition_by),
            partitioning_flavor="hive",
            max_open_files=512,
            preserve_order=True,
        )
        _write_no_rows(staged, name.format(i=0), schema, partition_by)
        if old is not None:
            _take_over(old, staged)
        _swap(staged, target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write_no_rows(staged: Path, name: str, schema: pa.Schema, partition_by: Sequence[str]) -> None:
    """Give a folder without a file one without rows, which holds the columns and the metadata."""
    import pyarrow.parquet as pq

    if any(staged.rglob("*.parquet")):
        return
    folder = staged.joinpath(*(f"{column}=__HIVE_DEFAULT_PARTITION__" for column in partition_by))
    folder.mkdir(parents=True)
    inner = [field for field in schema if field.name not in partition_by]
    pq.write_table(schema.empty_table().select([field.name for field in inner]), folder / name)


def newest(folder: Path, partition_by: Sequence[str]) -> Path:
    """One of the files that were written last.

    Raises:
        DataError: The folder has no files, or is partitioned otherwise.
    """
    files = sorted(folder.rglob("*.parquet"))
    levels = {tuple(part.partition("=")[0] for part in file.relative_to(folder).parts[:-1]) for file in files}
    if levels != {tuple(partition_by)}:
        msg = f"{folder}: it is not a folder of Parquet files partitioned by {list(partition_by)}."
        raise DataError(msg)
    return max(files, key=_addition)


def _number(folder: Path) -> int:
    """How often files were added."""
    return max(map(_addition, folder.rglob("*.parquet")))


def _addition(file: Path) -> int:
    """Which addition of rows a file came with, from 1 on; 0 for a file of the first write."""
    added = _ADDED.fullmatch(file.name)
    return int(added[1]) if added else 0


def _take_over(old: Path, staged: Path) -> None:
    """Link the files of a folder into another folder, or copy them where files cannot be linked."""
    for file in old.rglob("*"):
        if file.is_file():
            place = staged / file.relative_to(old)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                place.hardlink_to(file)
            except OSError:
                shutil.copy2(file, place)


def _swap(staged: Path, target: Path) -> None:
    """Put `staged` in the place of `target` in one step, or in two where the system has no such step."""
    if not target.exists():
        staged.rename(target)
        return
    if exchange(staged, target):
        return
    old = target.with_name(f"{target.name}.{os.getpid()}.old")
    target.rename(old)
    staged.rename(target)
    shutil.rmtree(old, ignore_errors=True)
