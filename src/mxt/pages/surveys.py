"""What was read of a table: one line for the log, and a section of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.datasets.survey import survey
from mxt.findings import Document, Findings, Grid, Heading, Paragraph
from mxt.findings.words import count, listed, shortened
from mxt.schemas.captions import NO_CAPTIONS
from mxt.schemas.inputs import MAX_CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mxt.datasets.survey import ColumnSurvey
    from mxt.findings.documents import Block
    from mxt.schemas.captions import Captions

MOST_ROWS = 40
"""The most columns of a table that a page lists."""

MOST_NAMES = 3
"""The most columns that the line names for one reason."""

NOUNS = ("number", "time", "boolean")


def summary(columns: Sequence[ColumnSurvey]) -> str:
    """The columns on one line, such as "3 numbers, 15 texts of 2 to 4 values; 11 cells missing in total"."""
    few = [column for column in columns if column.kind == "texts" and column.distinct <= MAX_CATEGORIES]
    many = [column for column in columns if column.kind == "texts" and column.distinct > MAX_CATEGORIES]
    empty = [column for column in columns if column.kind == "empty"]
    plain = {noun: [column for column in columns if column.kind == f"{noun}s"] for noun in NOUNS}
    counts = [
        *(count(len(group), noun) for noun, group in plain.items() if group and noun == "number"),
        *([f"{count(len(few), 'text')} of {_values(few)}"] if few else []),
        *([f"{count(len(many), 'text')} of {_values(many)} ({_names(many)})"] if many else []),
        *(count(len(group), noun) for noun, group in plain.items() if group and noun != "number"),
        *([f"{len(empty)} without a value ({_names(empty)})"] if empty else []),
    ]
    missing = [column for column in columns if column.missing and column.kind != "empty"]
    cells = sum(column.missing for column in missing)
    absent = [f"{count(cells, 'cell')} missing in {_names(missing)}"] if missing else []
    return "; ".join([", ".join(counts), *absent])


def described(head: pd.DataFrame, rows: int | None = None) -> str:
    """The columns of a table on one line.

    Args:
        head: Its first rows.
        rows: Rows of the whole table; None if they are not known yet.
    """
    by = "" if len(head) == rows else f" (by the first {count(len(head), 'row')})"
    return f"{summary(survey(head))}{by}"


def differing(columns: Sequence[ColumnSurvey]) -> list[str]:
    """Names of columns that hold another value in each row, from which a model learns the rows by heart."""
    return [column.name for column in columns if column.differs]


def section(columns: Sequence[ColumnSurvey], rows: int, captions: Captions = NO_CAPTIONS) -> Findings:
    """A section of a page that lists the columns, and a table of all of them.

    Args:
        columns: The survey.
        rows: Rows of the whole table, of which the survey may have seen the first only.
        captions: How people call the columns.
    """
    import pandas as pd

    shown = _notable(columns)
    grid = Grid(
        ("column", "kind", "values", "missing", "looks like"),
        [
            (
                shortened(captions.column(each.name)) or "(no name)",
                each.kind,
                _distinct(each),
                _missing(each),
                _likeness(each),
            )
            for each in shown
        ],
    )
    left = [column for column in columns if column not in shown]
    seen = columns[0].rows if columns else 0
    blocks: list[Block] = [
        Heading("Columns read"),
        *([Paragraph(f"By {seen:,} of {rows:,} rows.")] if seen < rows else []),
        grid,
        *([Paragraph(f"And {count(len(left), 'more column')}: {summary(left)}.")] if left else []),
    ]
    table = pd.DataFrame(
        {
            "kind": [each.kind for each in columns],
            "values": [each.distinct for each in columns],
            "missing": [each.missing for each in columns],
            "looks_like": [each.looks_like for each in columns],
        },
        index=pd.Index([each.name for each in columns], name="column"),
    )
    return Findings(page=Document(blocks), tables={"columns": table})


def _notable(columns: Sequence[ColumnSurvey]) -> list[ColumnSurvey]:
    """The columns that a page lists, in their order: those first that a reader should look at."""
    ranked = sorted(columns, key=lambda each: not (each.looks_like or each.missing or each.differs))
    chosen = ranked[:MOST_ROWS]
    return [column for column in columns if column in chosen]


def _distinct(column: ColumnSurvey) -> str:
    return f"{column.distinct:,}, another in each row" if column.differs else f"{column.distinct:,}"


def _missing(column: ColumnSurvey) -> str:
    return f"{column.missing:,}" if column.missing else ""


def _likeness(column: ColumnSurvey) -> str:
    """What a column looks like, and how many of its cells look missing."""
    absent = sum(cells for _, cells in column.absent)
    return ", ".join(
        filter(None, [column.looks_like, f"{count(absent, 'cell')} as if missing" if absent else ""])
    )


def _values(columns: Sequence[ColumnSurvey]) -> str:
    least, most = (function(column.distinct for column in columns) for function in (min, max))
    return count(most, "value") if least == most else f"{least:,} to {count(most, 'value')}"


def _names(columns: Sequence[ColumnSurvey]) -> str:
    return listed([column.name or "''" for column in columns], MOST_NAMES)
