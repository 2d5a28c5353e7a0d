"""Tables in memory: the few column types MXT works with, and the way to pandas and back.

A table has at most one row per id; the id is the pandas index, never a column.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    import pyarrow as pa

_NAMELESS_INDEX = re.compile(r"__index_level_\d+__")

ROW = "row"
"""Name of the index of a table without an id column, which holds each row's number in its source from 0."""

MOST_NAMES = 20
"""Columns that a message lists."""


def is_index(name: str) -> bool:
    """Whether pandas stores an index without a name in a column: the order of the rows, and no content."""
    return _NAMELESS_INDEX.fullmatch(name) is not None


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with encodings undone: dictionaries decoded, times in microseconds, no metadata.

    So a column means the same whichever format it came from, and whatever the program that wrote it noted
    beside it. Decimals stay as they are, since no double holds more than 17 of their digits.

    Raises:
        DataError: A time is no whole number of microseconds, or beyond the years that microseconds count.
    """
    import pyarrow as pa

    schema = pa.schema([pa.field(field.name, plain_type(field.type)) for field in batch.schema])
    batch = batch.replace_schema_metadata(None)
    try:
        return batch if schema.equals(batch.schema) else batch.cast(schema)
    except pa.ArrowInvalid as error:
        times = [field.name for field in schema if pa.types.is_timestamp(field.type)]
        msg = f"Among the columns {times} are times that are no whole microseconds; round them."
        raise DataError(msg) from error


def inferred(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A plain batch with decimals as doubles, as the reading ``inferred`` has them."""
    import pyarrow as pa

    kinds = [pa.float64() if pa.types.is_decimal(field.type) else field.type for field in batch.schema]
    schema = pa.schema([field.with_type(kind) for field, kind in zip(batch.schema, kinds, strict=True)])
    return batch if schema.equals(batch.schema) else batch.cast(schema)


def to_frame(batches: Iterable[pa.RecordBatch], id_column: str | None, first_row: int = 0) -> pd.DataFrame:
    """Batches as one DataFrame whose index is the id column, or else the row number from `first_row`.

    Decimals become the nearest doubles, but texts in the id column.
    """
    import pandas as pd
    import pyarrow as pa

    table = pa.Table.from_batches(list(batches)).replace_schema_metadata(None)
    table = _without_decimals(table, id_column)
    frame: pd.DataFrame = _without_null_booleans(table).to_pandas()
    if id_column is None:
        return frame.set_axis(pd.RangeIndex(first_row, first_row + len(frame), name=ROW))
    return frame.set_index(id_column)


def nearest_doubles(decimals: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The double nearest to each decimal; Arrow's own cast is off by a last bit in one cell of seven."""
    import pyarrow as pa

    return decimals.cast(pa.string()).cast(pa.float64())


def _without_decimals(table: pa.Table, id_column: str | None) -> pa.Table:
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            column = table.column(place)
            cells = column.cast(pa.string()) if field.name == id_column else nearest_doubles(column)
            table = table.set_column(place, field.name, cells)
    return table


def _without_null_booleans(table: pa.Table) -> pa.Table:
    """Booleans as doubles in columns that miss values, since pandas has no plain type for such booleans."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_boolean(field.type) and table.column(place).null_count:
            table = table.set_column(place, field.name, table.column(place).cast(pa.float64()))
    return table


def refuse_repeated_ids(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """The frame, if each of its ids stands for one row.

    Raises:
        DataError: An id is missing or stands for several rows.
    """
    missing, repeated = int(frame.index.to_series().isna().sum()), int(frame.index.duplicated().sum())
    refuse_ids(missing, repeated, str(frame.index.name), source)
    return frame


def refuse_ids(missing: int, repeated: int, id_column: str, source: str) -> None:
    """Raise a DataError if ids are missing or stand for several rows."""
    if missing or repeated:
        msg = (
            f"{source}: id column {id_column!r} has {missing} missing and {repeated} repeated ids. Name "
            "another `id_column`, or write `id_column: null` to number the rows."
        )
        raise DataError(msg)


def refuse_foreign(schema: pa.Schema, source: str, *, typed: bool) -> None:
    """Raise a DataError if columns hold what is neither a number, text, time, boolean nor bytes.

    Args:
        schema: The columns read.
        source: Where the table comes from.
        typed: Whether the reader has `types`, by which times of the day can be read as texts.
    """
    import pyarrow as pa

    types, kinds = pa.types, {field.name: plain_type(field.type) for field in schema}
    clocks = [name for name, kind in kinds.items() if typed and types.is_time(kind)]
    foreign = {
        name: str(kind)
        for name, kind in kinds.items()
        if types.is_nested(kind) or types.is_duration(kind) or types.is_time(kind) or types.is_interval(kind)
    }
    if not foreign:
        return
    listed = ", ".join(f"{name!r} holds {kind}" for name, kind in foreign.items())
    others = [name for name in kinds if name not in foreign]
    named = f"`columns: {others}`" if len(others) <= MOST_NAMES else "all others in `columns`"
    if clocks:
        named = f"`types: {{{', '.join(f'{name}: string' for name in clocks)}}}`, or {named}"
    msg = f"{source}: {listed}; MXT reads numbers, texts, times and booleans. Set {named}."
    raise DataError(msg)


def to_batch(frame: pd.DataFrame) -> pa.RecordBatch:
    """A DataFrame as an Arrow batch whose first column is the index, if that has a name.

    Where another column has this name, the first one gets "_id" behind it: a table may have a column `row`.
    """
    import pyarrow as pa

    whole = frame if frame.index.name is None else frame.reset_index(names=_index_name(frame))
    table = pa.Table.from_pandas(whole, preserve_index=False).replace_schema_metadata(None)
    return (
        table.combine_chunks().to_batches()[0] if len(frame) else pa.RecordBatch.from_pylist([], table.schema)
    )


def _index_name(frame: pd.DataFrame) -> str:
    """The name of the index, longer if a column has it."""
    name = str(frame.index.name)
    while name in frame.columns:
        name += "_id"
    return name


def to_ipc(batch: pa.RecordBatch) -> pa.Buffer:
    """A batch as a stream of Arrow's own format."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def from_ipc(content: bytes) -> pa.RecordBatch:
    """The batch that `to_ipc` wrote."""
    import pyarrow as pa

    with pa.ipc.open_stream(content) as reader:
        return reader.read_next_batch()


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type in which `plain` has a column of a type."""
    import pyarrow as pa

    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if types.is_large_string(kind) or types.is_string_view(kind):
        return pa.string()
    if types.is_binary_view(kind) or types.is_fixed_size_binary(kind):
        return pa.binary()
    if types.is_date(kind) or types.is_timestamp(kind):
        return pa.timestamp("us", getattr(kind, "tz", None))
    return pa.float64() if types.is_float16(kind) else kind


def type_named(text: str) -> pa.DataType:
    """The type whose text this is; the inverse of `str` for the types of tables that are written.

    Raises:
        DataError: No such type is known.
    """
    import pyarrow as pa

    zoned = re.fullmatch(r"timestamp\[(\w+), tz=(.+)\]", text)
    decimal = re.fullmatch(r"decimal(128|256)\((\d+), (-?\d+)\)", text)
    if zoned:
        return pa.timestamp(zoned[1], zoned[2])
    if decimal:
        make = pa.decimal128 if decimal[1] == "128" else pa.decimal256
        return make(int(decimal[2]), int(decimal[3]))
    try:
        return pa.type_for_alias(text)
    except ValueError as error:
        msg = f"The type {text!r} of a column is not known. Start over with --fresh."
        raise DataError(msg) from error
