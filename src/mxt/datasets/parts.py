"""Cutting a stream of batches into parts of a fixed number of rows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import pyarrow as pa


GROUP_ROWS = 65_536
"""Rows of a row group of Parquet, whichever batches the rows come in."""


def cut(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of `rows`, the last of which may be smaller.

    The cuts depend on the order of the rows only, not on the batches that they come in.
    """
    return pieces(batches, itertools.repeat(rows))


def pieces(batches: Iterable[pa.RecordBatch], sizes: Iterable[int]) -> Iterator[pa.RecordBatch]:
    """The first rows in batches of the given sizes; where the rows end early, the last batch is smaller."""
    left = iter(sizes)
    held: list[pa.RecordBatch] = []
    missing = next(left, 0)
    for batch in batches:
        start = 0
        while missing and batch.num_rows - start:
            piece = batch.slice(start, missing)
            held.append(piece)
            start, missing = start + piece.num_rows, missing - piece.num_rows
            if not missing:
                yield _joined(held)
                held, missing = [], next(left, 0)
        if not missing:
            return
    if held:
        yield _joined(held)


def after(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The batches without their first rows."""
    for batch in batches:
        yield batch.slice(rows)
        rows -= min(rows, batch.num_rows)


def taken(batches: Iterator[pa.RecordBatch], places: np.ndarray, start: int) -> Iterator[pa.RecordBatch]:
    """The rows at some places, in ascending order, of a stream whose first row has the place `start`."""
    for batch in batches:
        low, high = places.searchsorted([start, start + batch.num_rows])
        yield batch.take(places[low:high] - start)
        start += batch.num_rows


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    import pyarrow as pa

    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
