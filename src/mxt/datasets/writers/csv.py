"""Comma-separated files."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Literal

from mxt.datasets.writers.base.texts import TextWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


class CsvWriter(TextWriter):
    """Writes a CSV file (RFC 4180, UTF-8); its provenance goes to ``<name>-metadata.json`` beside it.

    Example:
        KIND: CsvWriter
        path: outputs/predictions.csv
    """

    KIND: Literal["CsvWriter"] = "CsvWriter"

    def write_lines(
        self, file: IO[bytes], batches: Iterator[pa.RecordBatch], schema: pa.Schema, *, head: bool
    ) -> None:
        import pyarrow.csv

        options = pyarrow.csv.WriteOptions(include_header=head)
        with pyarrow.csv.CSVWriter(file, schema, write_options=options) as writer:
            for batch in batches:
                writer.write_batch(batch)
