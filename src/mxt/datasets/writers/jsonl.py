"""JSON Lines: one JSON object a line."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Literal

from mxt.datasets.writers.files import FileWriter, replacing, write_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from mxt.datasets.writers.base import Provenance


class JsonlWriter(FileWriter):
    """Writes JSON Lines; its provenance goes to ``<name>-metadata.json`` beside it.

    Example:
        KIND: JsonlWriter
        path: outputs/predictions.jsonl
    """

    KIND: Literal["JsonlWriter"] = "JsonlWriter"

    def write_batches(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, provenance: Provenance
    ) -> None:
        with replacing(self.path) as file:
            for batch in batches:
                for row in batch.select(schema.names).to_pylist():
                    cells = {name: _json(cell) for name, cell in row.items()}
                    file.write(json.dumps(cells, ensure_ascii=False, default=str).encode() + b"\n")
        write_metadata(self.path, provenance)


def _json(cell: object) -> object:
    """NaN and infinities have no JSON form (RFC 8259, section 6); they are written as null."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
