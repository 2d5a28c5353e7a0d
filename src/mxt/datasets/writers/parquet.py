"""Apache Parquet files, and folders partitioned in the Hive manner."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from mxt.configs.addresses import Address
from mxt.datasets.local_files import foreign_part
from mxt.datasets.parts import GROUP_ROWS, cut
from mxt.datasets.places import filesystem_of, there
from mxt.datasets.writers.base import Provenance
from mxt.datasets.writers.base.files import FileWriter, replacing
from mxt.datasets.writers.base.folders import newest, write_folder
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

PREFIX = "mxt."
"""How the facts of the provenance are named in a file's metadata."""


class ParquetWriter(FileWriter):
    """Writes a Parquet file (zstd), or a folder partitioned by columns, with provenance in the file metadata.

    Example:
        KIND: ParquetWriter
        path: outputs/samples_explanations.parquet
    """

    KIND: Literal["ParquetWriter"] = "ParquetWriter"

    partition_by: tuple[str, ...] = ()
    """Columns whose values become folders ``column=value``; a single file if left out. Local paths only."""

    @property
    def in_folder(self) -> bool:
        return bool(self.partition_by)

    def unfit(self) -> str:
        if self.in_folder and not Address.of(self.path).local:
            return "only a local folder can be partitioned"
        return super().unfit()

    def in_the_way(self) -> str:
        part = foreign_part(Path(self.file)) if self.in_folder else ""
        foreign = f"the whole folder is replaced, but {part} is neither a file nor a folder"
        return super().in_the_way() or (foreign if part else "")

    def provenance(self) -> Provenance | None:
        import pyarrow.parquet as pq

        filesystem, inner = filesystem_of(self.file)
        with self._errors("read"):
            if not there(self.file):
                return None
            last = str(newest(Path(inner), self.partition_by)) if self.partition_by else inner
            with filesystem.open(last, "rb") as file:
                metadata = pq.read_schema(file).metadata or {}
        facts = {key.decode(): value.decode() for key, value in metadata.items()}
        return Provenance({k.removeprefix(PREFIX): v for k, v in facts.items() if k.startswith(PREFIX)})

    def write_batches(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, provenance: Provenance
    ) -> None:
        if self.partition_by:
            self._write_folder(batches, _described(schema, provenance))
        else:
            self._write_file(batches, _described(schema, provenance))

    def add_batches(
        self,
        batches: Iterator[pa.RecordBatch],
        schema: pa.Schema,
        provenance: Provenance,
        present: Provenance,  # noqa: ARG002 - `add_arrow` has compared it
    ) -> None:
        if self.partition_by:
            self._write_folder(batches, _described(schema, provenance), Path(self.file))
            return
        filesystem, inner = filesystem_of(self.file)
        with filesystem.open(inner, "rb") as file:
            self._write_file(chain(_rows(file, schema), batches), _described(schema, provenance))

    def _write_file(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        with replacing(self.file) as file, pq.ParquetWriter(file, schema, **_options(schema)) as writer:
            for batch in cut(batches, GROUP_ROWS):
                writer.write_batch(batch)

    def _write_folder(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, old: Path | None = None
    ) -> None:
        lacking = [name for name in self.partition_by if name not in schema.names]
        if lacking:
            msg = f"{self.target}: the table has no columns {lacking}."
            raise DataError(msg)
        write_folder(Path(self.file), batches, schema, self.partition_by, _options(schema), old)


def _options(schema: pa.Schema) -> dict[str, object]:
    """How files are written: without dictionaries of doubles, which take twice the time and more room."""
    import pyarrow as pa

    alike = [field.name for field in schema if not pa.types.is_floating(field.type)]
    return {"compression": "zstd", "use_dictionary": alike, "write_page_checksum": True}


def _described(schema: pa.Schema, provenance: Provenance) -> pa.Schema:
    return schema.with_metadata({f"{PREFIX}{key}": value for key, value in provenance.facts.items()})


def _rows(file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of a file, a row group at a time at most."""
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(file, pre_buffer=False).iter_batches(GROUP_ROWS):
        yield batch.cast(schema)
