"""Decimals and doubles: which decimals a double stands for, and which have more digits than any double."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mxt.datasets.tables import nearest_doubles

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

SAFE_DIGITS = 15
"""Every decimal of so many digits is the shortest form of its nearest double (DBL_DIG of C)."""


def without_decimals(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, np.ndarray]:
    """The batch with decimals as doubles, and the places of rows with a decimal that no double stands for."""
    import numpy as np
    import pyarrow as pa

    beyond = np.zeros(batch.num_rows, dtype=bool)
    for place, field in enumerate(batch.schema):
        if pa.types.is_decimal(field.type):
            beyond |= beyond_doubles(batch.column(place))
            batch = batch.set_column(place, field.name, nearest_doubles(batch.column(place)))
    return batch, np.flatnonzero(beyond)


def beyond_doubles(column: pa.Array) -> np.ndarray:
    """Whether each decimal differs from the shortest decimal form of its nearest double; shape (rows,)."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, beyond = column.type, np.zeros(len(column), dtype=bool)
    if kind.precision <= SAFE_DIGITS:
        return beyond
    if not pa.types.is_decimal128(kind) and not pa.types.is_decimal256(kind):  # Arrow cannot compare others
        column = column.cast(pa.decimal128(38, kind.scale))
    least = pa.scalar(Decimal(1).scaleb(SAFE_DIGITS - kind.scale), column.type)
    long = pc.fill_null(pc.greater_equal(pc.abs(column), least), fill_value=False)
    places = np.flatnonzero(long.to_numpy(zero_copy_only=False))
    cells = column.take(pa.array(places))
    doubles = nearest_doubles(cells).to_pylist()
    beyond[places] = [
        Decimal(repr(double)) != cell for cell, double in zip(cells.to_pylist(), doubles, strict=True)
    ]
    return beyond


def digits(column: pa.Array) -> pa.Array:
    """Each decimal as text without an exponent, and without zeros at the end of its fraction."""
    import pyarrow as pa

    return pa.array([None if cell is None else _digits(cell) for cell in column.to_pylist()], pa.string())


def _digits(cell: Decimal) -> str:
    text = f"{cell:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
