"""What the screen says of a table, and of the configs that were written for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.drafts.tables import enough, few_rows
from mxt.drafts.texts import said
from mxt.findings.words import count, shortened
from mxt.pages.surveys import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.datasets.survey import ColumnSurvey
    from mxt.drafts.choices import Choices
    from mxt.drafts.looks import Look
    from mxt.drafts.places import Place

MOST_LINES = 40
"""Columns that the screen lists."""

MOST_CLASSES = 10
LONGEST_NAME = 30


def shown(look: Look, choices: Choices | None = None) -> str:
    """What a table holds; with choices, also what becomes of each column."""
    known = look.columns
    size = f"{count(look.rows, 'row')}, {count(len(known), 'column')}"
    head = f"{look.source.location}: {look.source.form}, {size}"
    seen = known[0].rows if known else 0
    if seen < look.rows:
        head += f" (described by the first {seen:,})"
    listed = known[:MOST_LINES]
    lines = [("column", "kind", "values", "missing", "use" if choices else "looks like")]
    lines += [
        (
            shortened(said(each.name), LONGEST_NAME),
            each.kind,
            f"{each.distinct:,}",
            f"{each.missing:,}" if each.missing else "",
            _use(each, choices) if choices else each.looks_like,
        )
        for each in listed
    ]
    left = known[MOST_LINES:]
    more = [f"  and {count(len(left), 'more column')}: {summary(left)}"] if left else []
    return "\n".join([head, "", *_grid(lines), *more, *(["", *_decided(choices)] if choices else [])])


def wrote(place: Place, names: Sequence[str]) -> str:
    """Which files were written, and what to run."""
    return "\n".join(
        [
            "",
            f"Wrote {len(names)} configs into {place.folder}: {', '.join(names)}.",
            "Read them: each line is yours to change. No program can see that a column gives the answer",
            "away, as one does that is filled in after the outcome is known: add such columns to `exclude`.",
            "Next:",
            f"  {place.command('training')}",
        ]
    )


def _use(column: ColumnSurvey, choices: Choices) -> str:
    """What becomes of a column."""
    if column.name == choices.target.name:
        return "target"
    if column.name == choices.id_column:
        return "id"
    why = choices.excluded.get(column.name)
    return f"excluded: {why}" if why else ""


def _decided(choices: Choices) -> list[str]:
    """The target, in sentences."""
    target = choices.target
    name = said(target.name)
    if target.task == "regression":
        lines = [f"Predicts {name}, a number (regression)."]
    else:
        most = [*target.classes.items()][:MOST_CLASSES]
        classes = ", ".join(f"{said(str(label))} ({rows:,})" for label, rows in most)
        more = len(target.classes) - len(most)
        lines = [
            f"Predicts {name}, {len(target.classes)} classes: {classes}{f' and {more} more' if more else ''}."
        ]
    if target.positive is not None:
        lines.append(
            f"The positive class is {said(str(target.positive))}; change `positive` if it is the other."
        )
    if target.missing:
        lines.append(f"{count(target.missing, 'row')} without a {name} are left out.")
    if not enough(choices):
        lines.append(few_rows(choices))
    if choices.id_column is None:
        lines.append("No column identifies a row, so rows are known by their number.")
    return lines


def _grid(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of texts in columns; the last one may be long."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    numeric = (2, 3)
    return [
        "  "
        + "  ".join(
            cell.rjust(widths[place]) if place in numeric else cell.ljust(widths[place])
            for place, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]
