"""What configs say of a table: its target, its ids, and the columns that a model can learn from."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mxt.datasets.time_formats import advice, contradiction, line
from mxt.drafts.texts import said, writable
from mxt.errors import ConfigError, DataError
from mxt.findings.words import count, listed
from mxt.schemas.inputs import MAX_CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxt.datasets.survey import ColumnSurvey
    from mxt.drafts.looks import Look

MOST_NUMBERS = 10
"""A target of more whole numbers is one of numbers, not of classes."""

MOST_CLASSES = 50
"""A target of more texts is none of classes."""

TWO = 2

ROWS_EACH = 20
"""A text column of many values has so many rows for each, on average, if a model can learn from it."""

REPEATED = "an id that repeats in"
"""How the reason begins why an id that several rows share is left out."""

YES = frozenset(
    {"yes", "y", "true", "t", "1", "ja", "j", "oui", "si", "on", "positive", "bad", "churned", "fraud"}
)
"""Classes that are the positive one of two."""

TARGETS = re.compile(
    r"target|label|class|outcome|result|response|churn|default|survived|fraud|attrition|risk|ziel|klasse"
    r"|price|preis|salary|income"
)
"""Words in the names that targets often have."""


@dataclass(frozen=True)
class Target:
    """The column to predict."""

    name: str
    task: Literal["classification", "regression"]
    classes: Mapping[object, int]
    """The classes with their rows, the most frequent first; none for a regression."""
    rows: int
    """Rows with a value."""
    missing: int

    @property
    def positive(self) -> object:
        """The positive class of two: yes, true or the like, or else the rarer; None if there are not two."""
        if len(self.classes) != TWO:
            return None
        yes = [label for label in self.classes if str(label).casefold() in YES]
        return yes[0] if len(yes) == 1 else [*self.classes][-1]

    @property
    def rarest(self) -> int:
        """Rows of the class that has the fewest; all rows of a regression."""
        return min(self.classes.values(), default=self.rows)


@dataclass(frozen=True)
class Choices:
    """What configs say of a table."""

    look: Look
    target: Target
    id_column: str | None
    excluded: Mapping[str, str]
    """Columns that the model does not see, each with the reason."""

    @property
    def learned(self) -> list[ColumnSurvey]:
        """The columns that the model learns from."""
        out = {self.target.name, self.id_column, *self.excluded}
        return [column for column in self.look.columns if column.name not in out]

    @property
    def times(self) -> list[str]:
        """Columns of times that the model learns from by their parts."""
        return [column.name for column in self.learned if column.kind == "times"]


def choose(look: Look, target: str) -> Choices:
    """What configs say of a table whose column `target` is to be predicted.

    Raises:
        ConfigError: There is no such column.
        DataError: Nothing can be learned of it, or from the other columns.
    """
    if target not in look.names:
        meant = difflib.get_close_matches(target, look.names, n=1, cutoff=0.5)
        hint = f"did you mean {meant[0]!r}?" if meant else f"it has {listed(look.names, 10)}."
        msg = f"{look.source.location}: there is no column {target!r}; {hint}"
        raise ConfigError(msg)
    if not writable(target):
        msg = f"{look.source.location}: no config can hold the name {target!r}; rename the column."
        raise DataError(msg)
    chosen = _target(look, target)
    id_column, formats = _id_column(look, target), look.source.time_formats
    excluded = {
        column.name: why
        for column in look.columns
        if column.name not in (target, id_column)
        and writable(column.name)
        and (why := _unread(column, formats) or _why_excluded(column, id_column))
    }
    choices = Choices(look, chosen, id_column, excluded)
    if not choices.learned:
        msg = f"{look.source.location}: beside {target!r} there is no column that a model can learn from."
        raise DataError(msg)
    return choices


def candidates(look: Look) -> list[ColumnSurvey]:
    """The columns that may be the target, the likeliest first."""

    def rank(column: ColumnSurvey) -> tuple[bool, bool, bool]:
        named = bool(TARGETS.search(column.name.casefold())) or column.name in ("y", "Y")
        return not named, column.distinct != TWO, column.name != look.names[-1]

    fit = [
        column
        for column in look.columns
        if column.distinct > 1
        and (
            column.kind in ("numbers", "booleans")
            or (column.kind == "texts" and column.distinct <= MOST_CLASSES)
        )
        and column.looks_like not in ("id", "date")
    ]
    return sorted(fit, key=rank)


def _target(look: Look, name: str) -> Target:
    """The target, by all rows of the table.

    Raises:
        DataError: Nothing can be learned of it.
    """
    column, counts = look[name], look.counts(name)
    rows = sum(counts.values())
    numeric = column.kind == "numbers"
    numbers = numeric and (len(counts) > MOST_NUMBERS or any(float(label) % 1 for label in counts))  # type: ignore[arg-type] # the labels of a column of numbers
    fault = ""
    if column.kind == "times":
        fault = "holds times, which are neither classes nor numbers"
    elif len(counts) < TWO:
        fault = "has no value" if not counts else f"is the same in all {rows:,} rows"
    elif not numbers and len(counts) > MOST_CLASSES:
        fault = f"holds {len(counts):,} different texts in {rows:,} rows, too many for classes"
    if fault:
        others = listed([repr(other.name) for other in candidates(look) if other.name != name], 3)
        msg = f"{look.source.location}: the column {name!r} {fault}; name another one, such as {others}."
        raise DataError(msg)
    missing = look.rows - rows
    if numbers:
        return Target(name, "regression", {}, rows, missing)
    # Whole numbers beside a missing value come as doubles.
    classes = {int(label) if isinstance(label, float) else label: number for label, number in counts.items()}
    return Target(name, "classification", classes, rows, missing)


def _id_column(look: Look, target: str) -> str | None:
    """The column that identifies a row: of those that do, the first whose name says so, or else a text."""
    likely = [
        column
        for column in look.columns
        if column.looks_like == "id" and column.name != target and writable(column.name)
    ]
    ranked = sorted(likely, key=lambda column: (not column.named_like_id, column.kind != "texts"))
    return next((column.name for column in ranked if look.identifies(column.name)), None)


def _unread(column: ColumnSurvey, known: Sequence[str] | None) -> str:
    """Why texts that look like dates are not read as times, and the line that does; empty for other columns.

    Args:
        column: A column.
        known: The formats of its reader; None if it takes none.
    """
    if column.kind != "texts" or column.looks_like != "date":
        return ""
    if known is None or not column.time_formats:
        return "dates that are not written as 2026-12-31, which are read as texts"
    form = column.time_formats[0]
    if column.unlike or form in known:
        odd = count(column.unlike, "other text") if column.unlike else "other texts"
        return f"dates as `{line([form])}` reads them, and {odd}: mend them or add them to `missing`"
    if contradiction([*known, form]):
        return f"dates that need `{line(column.time_formats)}`, which contradicts the dates of other columns"
    what = "dates whose day and month no cell distinguishes" if len(column.time_formats) > 1 else "dates"
    return f"{what}; {advice(column.time_formats, known)}"


def _why_excluded(column: ColumnSurvey, id_column: str | None) -> str:
    """Why a model cannot learn from a column; empty if it can."""
    rows_each = column.rows / max(1, column.distinct)
    texts, why = column.kind == "texts", ""
    if not writable(column.name):
        return ""
    if column.kind == "empty":
        why = "no value"
    elif column.looks_like == "id":
        why = f"another value in each row{f', as {said(id_column)}' if id_column else ''}"
    elif column.named_like_id and rows_each < ROWS_EACH and (column.whole or texts):
        repeated = column.rows - column.missing - column.distinct
        why = f"{REPEATED} {count(repeated, 'row')}, so it is no id_column" if repeated else "an id"
    elif texts and column.looks_like == "number" and column.distinct > MAX_CATEGORIES:
        why = "numbers that are read as texts; write them as numbers in the table"
    elif texts and column.distinct > MAX_CATEGORIES and rows_each < ROWS_EACH:
        why = f"texts of {column.distinct:,} values, too few rows of each to learn from"
    return why
