"""Broken rules beside wrong types: one message names the columns of a table that are wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mxt.errors import DataError
from mxt.schemas.base import MOST_FAULTS
from mxt.schemas.sifting import TYPES, sift

if TYPE_CHECKING:
    import pandas as pd

    from mxt.schemas.inputs import InputsSchema


def with_rules(error: DataError, schema: InputsSchema, table: pd.DataFrame, source: str) -> DataError:
    """The error of wrong types, and after these the rules that rows break in other columns.

    Args:
        error: What is said of the types.
        schema: What the table must look like.
        table: The rows that were looked at.
        source: Where they come from.
    """
    import pandera.pandas as pa

    columns = {name: column for name, column in schema.schema.columns.items() if name in table.columns}
    present = replace(schema, schema=pa.DataFrameSchema(columns))
    try:
        sifted = sift(present, table, source)
    except DataError:
        return error
    wrong = {name for name in schema.columns if _names(str(error), name)}
    rules = [fault for fault in sifted.faults if fault.rule not in TYPES and fault.column not in wrong]
    room = MOST_FAULTS - len(wrong)
    if not rules or room <= 0:
        return error
    more = f"; and {len(rules) - room} more" if len(rules) > room else ""
    return DataError(f"{str(error).removesuffix('.')}; {sifted.words(rules[:room])}{more}.")


def _names(message: str, column: str) -> bool:
    """Whether a message of wrong types is about a column."""
    return f"column {column!r} is " in message or f"infinite {column!r} " in message
