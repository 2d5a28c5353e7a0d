"""One row of a table: by its id or its number, reading no more of the table than that needs."""

from __future__ import annotations

import difflib
import math
import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from mxt.datasets.tables import refuse_repeated_ids, to_frame
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa

    from mxt.datasets.readers.base import Reader

MAX_NEAR = 5
"""Ids that a message names."""
MOST_COMPARED = 20_000
"""Rows whose ids are compared letter by letter with an id that no row has."""
_WHOLE = re.compile(r"[+-]?\d+")


def row_by_id(reader: Reader, text: str, columns: Sequence[str] | None) -> pd.DataFrame:
    """The row with an id, as a table of one row that is indexed by the id.

    Args:
        reader: Reader with an `id_column`.
        text: The id as a person writes it, whatever type the column has.
        columns: Columns to read beside the id; all of them if None.

    Raises:
        DataError: No row has the id, or several rows have it.
    """
    column = str(reader.id_column)
    reader.wanted(columns)  # refuses a table that lacks the id column
    value = _typed(text, reader.declared([column]).get(column))
    if value is not None:
        chosen = reader.model_copy(update={"filters": (*reader.filters, (column, "==", value))})
        batches = [chosen.settled(batch) for batch in chosen.scan(chosen.wanted(columns)) if batch.num_rows]
        if batches:
            return refuse_repeated_ids(to_frame(batches, column), f"{reader.source}, id {text!r}")
    near = _near(reader, text)
    hint = f"; near misses: {', '.join(map(repr, near))}" if near else ""
    msg = f"{reader.source}: none of its {reader.count():,} rows has the {column} {text!r}{hint}."
    raise DataError(msg)


def row_by_number(reader: Reader, number: int, columns: Sequence[str] | None) -> pd.DataFrame:
    """The row with a number, counted from 0 in the order of the source, as a table of one row.

    Raises:
        DataError: The table has fewer rows.
    """
    rows = reader.scan_from(reader.wanted(columns), number)
    first = next((batch.slice(0, 1) for batch in rows if batch.num_rows), None)
    if first is None:
        msg = f"{reader.source}: there is no row {number}; its {reader.count():,} rows are numbered from 0."
        raise DataError(msg)
    return to_frame([reader.settled(first)], reader.id_column, number)


def _typed(text: str, kind: pa.DataType | None) -> str | float | datetime | Decimal | None:
    """An id in the type of its column; None if no id of this type is written so."""
    import pyarrow as pa

    if kind is None or pa.types.is_string(kind):
        return text
    try:
        if pa.types.is_boolean(kind):
            return {"true": True, "false": False}.get(text.lower())
        if pa.types.is_timestamp(kind):
            return datetime.fromisoformat(text)
        if pa.types.is_decimal(kind):
            return Decimal(text).quantize(Decimal(1).scaleb(-kind.scale))
        number = int(text) if _WHOLE.fullmatch(text.strip()) else float(text)
    except (ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) else None


def _near(reader: Reader, text: str) -> list[str]:
    """Ids that are written much like one that no row has."""
    column, wanted = str(reader.id_column), _plain(text)
    same, few = list[str](), list[str]()
    for batch in reader.scan(reader.wanted([])):
        ids = [str(name) for name in reader.settled(batch)[column].to_pylist() if name is not None]
        same += [name for name in ids if _plain(name) == wanted]
        few += ids[: MOST_COMPARED - len(few)]
    return list(dict.fromkeys([*same, *difflib.get_close_matches(text, few, MAX_NEAR, 0.75)]))[:MAX_NEAR]


def _plain(name: str) -> str:
    """An id without blanks, signs, case and leading zeros."""
    return re.sub(r"[\W_]", "", name).casefold().lstrip("0")
