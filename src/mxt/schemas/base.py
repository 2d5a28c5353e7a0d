"""Checking a table by a pandera schema; messages hold columns, rules, counts and row ids, never cells."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mxt.errors import DataError
from mxt.schemas.moments import hint, is_time
from mxt.schemas.shapes import number_shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import pandera.pandas as pa
    from pandera.errors import SchemaError

MAX_IDS = 5
"""Row ids that a message names."""

MOST_FAULTS = 5
"""Faults that a message names."""

_LARGEST_WHOLE = 2.0**63


class Schema(ABC):
    """The form of a table that MXT itself writes."""

    @classmethod
    @abstractmethod
    def schema(cls) -> pa.DataFrameSchema:
        """The pandera schema."""

    @classmethod
    def check(cls, table: pd.DataFrame) -> pd.DataFrame:
        """The table, if it has this form.

        Raises:
            DataError: The table has another form; the message names columns, rules, counts and up to five row
                ids.
        """
        return checked(cls.schema(), table, cls.__name__)


def checked(
    schema: pa.DataFrameSchema, table: pd.DataFrame, source: str, words: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """The table, if it obeys the schema; else one DataError with all faults, which begins with `source`.

    Args:
        schema: The rules.
        table: What must obey them.
        source: Where the table comes from.
        words: What is wrong with the cells that break a rule, by pandera's name of the rule.
    """
    from pandera.errors import SchemaErrors

    try:
        with warnings.catch_warnings():  # pandera tries to read texts as dates once it has refused them
            warnings.filterwarnings("ignore", "Parsing dates in|Could not infer format", UserWarning)
            return schema.validate(table, lazy=True, inplace=True)  # nothing is coerced, so nothing is copied
    except SchemaErrors as error:
        faults = sorted({_fault(failure, table, words or {}) for failure in error.schema_errors})
        msg = f"{source}: {bounded(faults)}."
        raise DataError(msg) from None


def bounded(faults: Sequence[str]) -> str:
    """The first few faults, and how many more there are."""
    more = len(faults) - MOST_FAULTS
    return "; ".join([*faults[:MOST_FAULTS], *([f"and {more} more"] if more > 0 else [])])


def broken(
    column: str | None, rule: str, ids: list[object], count: int, words: Mapping[str, str] | None = None
) -> str:
    """A rule that some rows break, in words.

    Args:
        column: The column that the rule is about; None for a rule about whole rows.
        rule: pandera's name of the rule.
        ids: Of these rows; five are shown at most.
        count: How many rows break the rule.
        words: What is wrong with the cells, by the name of the rule.
    """
    rows, has = ("1 row", "has") if count == 1 else (f"{count} rows", "have")
    shown = ", ".join([*map(repr, ids[:MAX_IDS]), *(["..."] if count > MAX_IDS else [])])
    sentences = {
        "not_nullable": f"{rows} {has} no {column!r}, which may not be missing",
        "isin": f"{rows} {has} a {column!r} that is none of the values allowed",
        "finite": f"{rows} {has} an infinite {column!r}",
        "whole": f"{rows} {has} a {column!r} beyond 9.2e18, the largest whole number",
        "single": f"{rows} {has} a {column!r} beyond 3.4e38, which the model cannot take",
        **{name: f"{rows}: {column!r} {what}" for name, what in (words or {}).items()},
    }
    breaks = "breaks" if count == 1 else "break"
    of = "" if column is None else f" of column {column!r}"
    sentence = sentences.get(rule, f"{rows} {breaks} the rule {rule}{of}")
    return f"{sentence} (id{'s' * (count != 1)} {shown})"


def large(column: pd.Series, limit: float, rule: str) -> str:
    """That some numbers of a column are at least `limit` in size, as `broken` has it; empty if none is."""
    ids = list(column.index[(column.abs() >= limit).fillna(value=False)])
    return broken(str(column.name), rule, ids, len(ids)) if ids else ""


def _fault(failure: SchemaError, table: pd.DataFrame, words: Mapping[str, str]) -> str:
    """What pandera reports, in words."""
    from pandera.errors import SchemaErrorReason

    column, cases = failure.schema.name, failure.failure_cases
    first = cases if isinstance(cases, str) else cases["failure_case"].iloc[0]
    match failure.reason_code:
        case SchemaErrorReason.COLUMN_NOT_IN_DATAFRAME:
            return f"column {first!r} is missing"
        case SchemaErrorReason.COLUMN_NOT_IN_SCHEMA:
            return f"column {first!r} is not expected"
        case SchemaErrorReason.WRONG_DATATYPE:
            return _other_type(table[column], failure.schema)
    rule = getattr(failure.check, "name", None) or str(failure.check)
    if isinstance(cases, str) or "index" not in cases or cases["index"].isna().all():
        return f"{'the table' if column is None else f'column {column!r}'} breaks the rule {rule}"
    if "column" in cases:  # a failure of a whole row is listed once for each of its columns
        cases = cases[cases["column"] == cases["column"].iloc[0]]
    return broken(column, rule, list(cases["index"]), len(cases), words)


def _other_type(column: pd.Series, expected: pa.Column) -> str:
    """That a column has another type than expected, and how its texts become numbers or times."""
    import pandas as pd

    fault = f"column {column.name!r} is of type {column.dtype}, expected {expected.dtype}"
    texts = pd.api.types.is_string_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype)
    if texts and is_time(expected):
        odd = hint(column.astype(str).where(column.notna()))
        return f"{fault}: {odd}" if odd else fault
    if pd.api.types.is_float_dtype(column) and pd.api.types.is_integer_dtype(expected.dtype.type):
        beyond = large(column, float("inf"), "finite") or large(column, _LARGEST_WHOLE, "whole")
        return f"{fault}: {beyond}" if beyond else fault
    if not texts or not pd.api.types.is_numeric_dtype(expected.dtype.type):
        return fault
    meant = number_shape(column)
    return f"{fault}: {meant.sentence(str(column.name))}" if meant else fault
