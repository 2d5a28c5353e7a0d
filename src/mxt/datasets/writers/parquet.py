"""Apache Parquet files, and folders partitioned in the Hive manner."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mxt.datasets.parts import cut
from mxt.datasets.writers.files import FileWriter, exchange, replacing
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from mxt.datasets.writers.base import Provenance

GROUP_ROWS = 65_536
"""Rows of a row group, whatever parts the rows come in."""


class ParquetWriter(FileWriter):
    """Writes a Parquet file (zstd), or a folder partitioned by columns, with provenance in the file metadata.

    Example:
        KIND: ParquetWriter
        path: outputs/samples_explanations.parquet
    """

    KIND: Literal["ParquetWriter"] = "ParquetWriter"

    partition_by: tuple[str, ...] = ()
    """Columns whose values become folders ``column=value``; a single file if left out. Local paths only."""

    def write_batches(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, provenance: Provenance
    ) -> None:
        import pyarrow.parquet as pq

        described = schema.with_metadata({f"mxt.{key}": value for key, value in provenance.facts.items()})
        if self.partition_by:
            self._write_folder(batches, described)
            return
        with replacing(self.path) as file, pq.ParquetWriter(file, described, compression="zstd") as writer:
            for batch in cut(batches, GROUP_ROWS):
                writer.write_batch(batch)

    def _write_folder(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        """Write the new folder beside the old one, then swap the two names."""
        import pyarrow.dataset as ds

        lacking = [name for name in self.partition_by if name not in schema.names]
        if lacking or "://" in self.path:
            what = (
                f"the table has no columns {lacking}" if lacking else "only a local folder can be partitioned"
            )
            msg = f"{self.path}: {what}."
            raise DataError(msg)
        target, staged = Path(self.path), Path(f"{self.path}.{os.getpid()}.part")
        if target.is_file():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        shutil.rmtree(staged, ignore_errors=True)
        described = (batch.replace_schema_metadata(schema.metadata) for batch in batches)
        try:
            ds.write_dataset(
                described,
                staged,
                schema=schema,
                format="parquet",
                partitioning=list(self.partition_by),
                partitioning_flavor="hive",
                max_open_files=512,
            )
            _swap(staged, target)
        finally:
            shutil.rmtree(staged, ignore_errors=True)


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
