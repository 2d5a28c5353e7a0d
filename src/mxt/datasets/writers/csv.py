"""Comma-separated files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.datasets.writers.files import FileWriter, replacing, write_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from mxt.datasets.writers.base import Provenance


class CsvWriter(FileWriter):
    """Writes a CSV file (RFC 4180, UTF-8); its provenance goes to ``<name>-metadata.json`` beside it.

    Example:
        KIND: CsvWriter
        path: outputs/predictions.csv
    """

    KIND: Literal["CsvWriter"] = "CsvWriter"

    def write_batches(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, provenance: Provenance
    ) -> None:
        import pyarrow.csv

        with replacing(self.path) as file, pyarrow.csv.CSVWriter(file, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        write_metadata(self.path, provenance)
