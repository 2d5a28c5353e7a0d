"""Cutting a stream of batches into parts of a fixed number of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa


GROUP_ROWS = 65_536
"""Rows of a row group of Parquet, whichever batches the rows come in."""


def cut(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of `rows`, the last of which may be smaller.

    The cuts depend on the order of the rows only, not on the batches that they come in.
    """
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        start = 0
        while batch.num_rows - start:
            piece = batch.slice(start, min(rows - count, batch.num_rows - start))
            held.append(piece)
            start, count = start + piece.num_rows, count + piece.num_rows
            if count == rows:
                yield _joined(held)
                held, count = [], 0
    if held:
        yield _joined(held)


def after(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The batches without their first rows."""
    for batch in batches:
        yield batch.slice(rows)
        rows -= min(rows, batch.num_rows)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    import pyarrow as pa

    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
