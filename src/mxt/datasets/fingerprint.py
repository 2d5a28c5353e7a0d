"""The fingerprint of a table: SHA-256 over its logical content.

It is the same however the table is stored: with columns and rows in another order, in other files and
partitions, with another compression, integer width or dictionary encoding. It differs for any changed cell,
name or missing value, and between the integer 1, the double 1.0, the text "1" and true.

Definition: a cell is one tag byte, the length of its canonical bytes as 4 bytes little endian, and
these bytes (``b``: ``true`` or ``false``; ``i``: an integer as decimal text; ``f``: a double as IEEE 754
binary64 little endian with the one NaN 7ff8000000000000; ``t``: a timestamp's UTC microseconds as decimal
text; ``s``: text as UTF-8; ``x``: bytes); a missing cell is the byte ``n``. A decimal is the double whose
shortest decimal form has its value; where there is none, it is ``d``: its digits without an exponent, and
without zeros at the end of its fraction. A row is its cells in the
order of the sorted column names. The fingerprint is SHA-256 (FIPS 180-4) over the sorted names as JSON
in ASCII without spaces, a zero byte, and the sorted SHA-256 digests of the rows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from mxt.datasets.decimals import beyond_doubles, digits, without_decimals
from mxt.datasets.digests import DIGEST_BYTES, in_order, repeats
from mxt.datasets.kernels import rows as kernels
from mxt.datasets.tables import nearest_doubles, plain
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True)
class Fingerprint:
    """What identifies a table's content."""

    digest: str
    """SHA-256, 64 hexadecimal digits."""
    rows: int
    columns: tuple[str, ...]


def fingerprint(batches: Iterable[pa.RecordBatch]) -> Fingerprint:
    """Fingerprint a stream of batches; memory does not grow with the rows (40 bytes a row go to a file).

    Raises:
        DataError: A column's type has no canonical form, or the batches differ in their columns.
    """
    stream = iter(batches)
    first = list(islice(stream, 1))
    names = sorted(first[0].schema.names) if first else []
    return fingerprint_of(names, _digests(names, chain(first, stream)))


def fingerprint_of(names: Iterable[str], digests: Iterable[np.ndarray]) -> Fingerprint:
    """The fingerprint of a table whose rows were digested in parts.

    Args:
        names: Its columns.
        digests: What `row_digests` gives for each part, in any order of the parts.
    """
    columns, rows = tuple(sorted(names)), 0
    total = hashlib.sha256(json.dumps(columns, ensure_ascii=True, separators=(",", ":")).encode() + b"\0")
    for distinct, counts in in_order(digests):
        for part in repeats(distinct, counts):
            total.update(part.data)
            rows += len(part)
    return Fingerprint(total.hexdigest(), rows, columns)


def repeated(digests: Callable[[], Iterable[np.ndarray]]) -> int:
    """How many rows equal an earlier row.

    Args:
        digests: Gives the digests of rows, in parts; called again if some start with the same 8 bytes.
    """

    def count(width: int) -> int:
        parts = (part[:, :width] for part in digests())
        return sum(int(counts.sum()) - len(counts) for _, counts in in_order(parts))

    return count(8) and count(DIGEST_BYTES)


def row_digests(batch: pa.RecordBatch) -> np.ndarray:
    """SHA-256 of the canonical bytes of each row, shape (rows, 32); a table without columns has no rows.

    Raises:
        DataError: A column's type has no canonical form.
    """
    columns = plain(batch).select(sorted(batch.schema.names))
    rounded, beyond = without_decimals(columns)
    tags = [_tag(field) for field in rounded.schema]
    digests = kernels.digests(rounded) if tags and kernels.available() else _hashed(rounded, tags)
    if not len(beyond):
        return digests
    digests = digests.copy()
    digests[beyond] = _hashed(columns.take(beyond), [_tag(field) for field in columns.schema])
    return digests


def _digests(names: list[str], batches: Iterable[pa.RecordBatch]) -> Iterator[np.ndarray]:
    for batch in batches:
        if sorted(batch.schema.names) != names:
            msg = "The parts of the table differ in their columns."
            raise DataError(msg)
        yield row_digests(batch)


def _hashed(batch: pa.RecordBatch, tags: list[bytes]) -> np.ndarray:
    """As `kernels.digests`, without compiled code."""
    import numpy as np

    joined = b"".join(hashlib.sha256(row).digest() for row in _rows(batch, tags))
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def _rows(batch: pa.RecordBatch, tags: list[bytes]) -> Iterable[bytes]:
    """The canonical bytes of each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if batch.num_columns == 0:
        return []
    cells = [_cells(column, tag) for column, tag in zip(batch.columns, tags, strict=True)]
    joined = pc.binary_join_element_wise(
        *cells, pa.scalar(b"", pa.large_binary()), null_handling="replace", null_replacement=b"n"
    )
    return (row.as_buffer() for row in joined)


def _cells(column: pa.Array, tag: bytes) -> pa.Array:
    """Tag, length and canonical bytes of each cell; null stays null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if tag == b"d":
        beyond = pa.array(beyond_doubles(column))
        return pc.if_else(beyond, _tagged(digits(column), tag), _cells(nearest_doubles(column), b"f"))
    return _tagged(_content(column, tag), tag)


def _tagged(content: pa.Array, tag: bytes) -> pa.Array:
    """Tag, length and bytes of each cell."""
    import pyarrow as pa
    import pyarrow.compute as pc

    content = content.cast(pa.large_binary())
    lengths = _fixed_width(pc.binary_length(content).cast(pa.int32()))
    parts = (pa.scalar(tag, pa.large_binary()), lengths, content, pa.scalar(b"", pa.large_binary()))
    return pc.binary_join_element_wise(*parts, null_handling="emit_null")


def _tag(field: pa.Field) -> bytes:
    import pyarrow as pa

    types, kind = pa.types, field.type
    tags = {
        b"n": types.is_null(kind),
        b"b": types.is_boolean(kind),
        b"i": types.is_integer(kind),
        b"f": types.is_floating(kind),
        b"d": types.is_decimal(kind),
        b"t": types.is_timestamp(kind),
        b"s": types.is_string(kind),
        b"x": types.is_binary(kind) or types.is_large_binary(kind),
    }
    known = next((tag for tag, matches in tags.items() if matches), None)
    if known is not None:
        return known
    name = field.name
    msg = f"Column {name!r} has type {kind}, which has no canonical form; cast it to a number, text or time."
    raise DataError(msg)


def _content(column: pa.Array, tag: bytes) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if tag in b"bi":
        return column.cast(pa.string())
    if tag == b"t":
        return column.cast(pa.int64()).cast(pa.string())
    if tag == b"f":
        doubles = column.cast(pa.float64())
        return _fixed_width(pc.if_else(pc.is_nan(doubles), pa.scalar(float("nan")), doubles))
    return column


def _fixed_width(column: pa.Array) -> pa.Array:
    """The little endian bytes of each number, as binary; null stays null."""
    import pyarrow as pa

    width = column.type.bit_width // 8
    view = pa.Array.from_buffers(
        pa.binary(width), len(column), column.buffers(), column.null_count, column.offset
    )
    return view.cast(pa.large_binary())
