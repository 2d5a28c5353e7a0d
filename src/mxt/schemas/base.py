"""Checking a table by a pandera schema, and telling what is wrong by column, rule, count and row ids."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mxt.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa
    from pandera.errors import SchemaError

MAX_IDS = 5


class Schema(ABC):
    """A table whose form is known beforehand."""

    @classmethod
    @abstractmethod
    def schema(cls) -> pa.DataFrameSchema:
        """The pandera schema."""

    @classmethod
    def check(cls, table: pd.DataFrame) -> pd.DataFrame:
        """The table, if it has the form.

        Raises:
            DataError: It has not; the message names columns, rules, counts and up to five row ids.
        """
        return checked(cls.schema(), table, cls.__name__)


def checked(schema: pa.DataFrameSchema, table: pd.DataFrame, what: str) -> pd.DataFrame:
    """Validate `table` and gather every failure in one DataError that begins with `what`."""
    from pandera.errors import SchemaErrors

    try:
        return schema.validate(table, lazy=True, inplace=True)  # nothing is coerced, so nothing is copied
    except SchemaErrors as error:
        told = "; ".join(sorted({_told(failure, table) for failure in error.schema_errors}))
        msg = f"{what}: {told}."
        raise DataError(msg) from None


def rule_broken(column: str | None, rule: str, ids: list[object], count: int) -> str:
    """One failure in words, of a column or, without one, of the table; at most five ids and no cell."""
    shown = ", ".join([*map(repr, ids[:MAX_IDS]), *(["..."] if count > MAX_IDS else [])])
    return f"{_what(column)} breaks {rule} in {count} row{'s' * (count != 1)} (ids {shown})"


def _what(column: str | None) -> str:
    return "the table" if column is None else f"column {column!r}"


def _told(failure: SchemaError, table: pd.DataFrame) -> str:
    from pandera.errors import SchemaErrorReason

    column, cases = failure.schema.name, failure.failure_cases
    first = cases if isinstance(cases, str) else cases["failure_case"].iloc[0]
    match failure.reason_code:
        case SchemaErrorReason.COLUMN_NOT_IN_DATAFRAME:
            return f"column {first!r} is missing"
        case SchemaErrorReason.COLUMN_NOT_IN_SCHEMA:
            return f"column {first!r} is not expected"
        case SchemaErrorReason.WRONG_DATATYPE:
            return f"column {column!r} is of type {table[column].dtype}, expected {failure.schema.dtype}"
    rule = getattr(failure.check, "name", None) or str(failure.check)
    if isinstance(cases, str) or "index" not in cases or cases["index"].isna().all():
        return f"{_what(column)} breaks {rule}"
    if "column" in cases:  # a failure of the table is told once for each of its columns
        cases = cases[cases["column"] == cases["column"].iloc[0]]
    return rule_broken(column, rule, list(cases["index"]), len(cases))
