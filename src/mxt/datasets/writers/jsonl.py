"""JSON Lines: one JSON object a line."""

from __future__ import annotations

import json
import math
from typing import IO, TYPE_CHECKING, Literal

from mxt.datasets.writers.base.texts import TextWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


class JsonlWriter(TextWriter):
    """Writes JSON Lines; its provenance goes to ``<name>-metadata.json`` beside it.

    Example:
        KIND: JsonlWriter
        path: outputs/predictions.jsonl
    """

    KIND: Literal["JsonlWriter"] = "JsonlWriter"

    def write_lines(
        self,
        file: IO[bytes],
        batches: Iterator[pa.RecordBatch],
        schema: pa.Schema,
        *,
        head: bool,  # noqa: ARG002 - each line names its columns
    ) -> None:
        for batch in batches:
            for row in batch.select(schema.names).to_pylist():
                cells = {name: _json(cell) for name, cell in row.items()}
                file.write(json.dumps(cells, ensure_ascii=False, default=str).encode() + b"\n")


def _json(cell: object) -> object:
    """NaN and infinities have no JSON form (RFC 8259, section 6); they are written as null."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
