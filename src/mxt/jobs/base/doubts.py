"""Columns of texts that a model had better not learn as categories, in one warning before the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

from mxt.datasets.time_formats import advice
from mxt.findings.words import in_yaml
from mxt.schemas.inputs import MAX_CATEGORIES
from mxt.schemas.shapes import number_shape

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd

    from mxt.datasets.readers.base import Reader
    from mxt.datasets.survey import ColumnSurvey

FEW_ROWS = 10
"""A text of a column with more than `MAX_CATEGORIES` texts should have so many rows on average; of fewer rows
no model learns much."""

MOST_LINES = 8
"""Columns that the warning describes; further columns are only named."""


def warn_of_doubts(
    table: pd.DataFrame, columns: Sequence[ColumnSurvey], learned: Collection[str], reader: Reader
) -> None:
    """Warn once of texts that look like ids, numbers or dates, and of the lines that mend each.

    Args:
        table: Rows of the training table.
        columns: The survey of these rows.
        learned: The columns that the model is to learn from.
        reader: Where the table comes from.
    """
    known = [column for column in columns if column.name in learned and column.kind == "texts"]
    doubts = {column.name: _doubt(column, table[column.name], reader) for column in known}
    doubts = {name: doubt for name, doubt in doubts.items() if doubt}
    if not doubts:
        return
    lines = [f"  {name}: {doubt}" for name, doubt in [*doubts.items()][:MOST_LINES]]
    more = [*doubts][MOST_LINES:]
    lines += [f"  and {len(more)} more: {', '.join(more)}"] if more else []
    logger.warning(
        "{}: {} more like something else than categories, which texts are learned as:\n{}\n"
        "  Leave columns out by `exclude: [{}]`; texts that no row to learn from has count as missing",
        reader.source,
        "1 column of texts looks" if len(doubts) == 1 else f"{len(doubts)} columns of texts look",
        "\n".join(lines),
        in_yaml([*doubts]),
    )


def _doubt(column: ColumnSurvey, cells: pd.Series, reader: Reader) -> str:
    """What a column of texts looks like, and how to read it so; empty if it looks like categories."""
    if column.looks_like == "number":
        return _number(column, cells, reader)
    if column.looks_like == "date":
        return _date(column, cells, reader)
    few = column.distinct > MAX_CATEGORIES and column.distinct * FEW_ROWS > column.rows - column.missing
    if not few or column.differs:  # columns that differ in each row have a warning of their own
        return ""
    kind = "looks like ids" if column.looks_like == "id" or column.named_like_id else "few rows share one"
    return f"{column.distinct:,} different texts in {column.rows:,} rows, {kind}; exclude it, or join texts"


def _number(column: ColumnSurvey, cells: pd.Series, reader: Reader) -> str:
    """The line that makes numbers of texts; empty for a few plain numbers, which may well be categories."""
    hint, typed = number_shape(cells), hasattr(reader, "types")
    if hint is None:
        many = column.distinct > MAX_CATEGORIES
        mend = (
            f"set `types: {{{in_yaml([column.name])}: inferred}}`"
            if typed
            else "write them as numbers in the source"
        )
        return f"looks like numbers: {mend}" if many else ""
    return f"looks like numbers: {'; '.join(hint.advice) if typed else 'write them plainly in the source'}"


def _date(column: ColumnSurvey, cells: pd.Series, reader: Reader) -> str:
    """The line that makes times of texts."""
    learn = "and learn from them by `dates: parts` in the recipe"
    plain = cells.dropna().str.strip().str.match(r"\d{4}-\d{2}-\d{2}").all()
    if plain and hasattr(reader, "types"):
        types = f"`types: {{{in_yaml([column.name])}: timestamp[us]}}`"
        return f"looks like dates: set {types} in the reader, {learn}"
    known = getattr(reader, "time_formats", None)
    if column.time_formats and known is not None:
        few = "1 text fits" if column.unlike == 1 else f"{column.unlike:,} different texts fit"
        odd = f"{few} no format: mend them, or add what means missing to `missing`"
        if {*column.time_formats} & {*known}:
            return f"looks like dates, but {odd}"
        more = f"; {odd}" if column.unlike else ""
        return f"looks like dates: {advice(column.time_formats, known)}, {learn}{more}"
    return f"looks like dates: write them as 2026-01-31, or as times, in the source, {learn}"
