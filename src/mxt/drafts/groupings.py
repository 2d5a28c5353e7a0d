"""Columns by which rows are grouped: segments of an evaluation, and groups of people to be treated alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxt.datasets.survey import ColumnSurvey
    from mxt.drafts.choices import Choices

MOST_GROUPS = 8
"""A column of more values makes too many groups."""

BINS = 3
"""Groups of a column of numbers."""

FEWEST = 30
"""Rows held out that each group must have."""

LEAST_SHARE = 0.02
"""Groups of a smaller share of the rows are not judged (29 CFR 1607.15 A (2))."""

PEOPLE = frozenset(
    {
        *("gender", "sex", "geschlecht", "sexe", "sexo", "age", "alter", "edad", "senior", "marital"),
        *("race", "ethnicity", "ethnic", "nationality", "herkunft", "religion", "disability"),
    }
)
"""Words in the names of columns that state what law forbids to discriminate by."""

_WORDS = re.compile(r"[A-Z]?[a-z\u00df-\u00ff]+|[A-Z\u00c0-\u00de]+(?![a-z])")

Grouping = dict[str, object]


def segments(choices: Choices, held_out: int) -> list[Grouping]:
    """Up to two groupings: by a column of few values, and by one of many numbers."""
    few = [column for column in choices.learned if _few(column)]
    many = [
        column for column in choices.learned if column.kind == "numbers" and column.distinct > MOST_GROUPS
    ]
    fewest = {} if held_out >= 1000 else {"minimum_rows": FEWEST}  # noqa: PLR2004 - then 100 rows are few
    best = sorted(few, key=lambda column: (column.distinct == 2, column.distinct))  # noqa: PLR2004 - yes and no
    return [
        *({"column": column.name, **fewest} for column in best[:1]),
        *({"column": column.name, "bins": BINS, **fewest} for column in many[:1]),
    ]


def protected(choices: Choices, share: float) -> list[Grouping]:
    """Up to two groupings of people, by columns whose names say so and whose groups are large enough.

    Args:
        choices: What was chosen of the table.
        share: The share of the rows that is held out.
    """
    named = [
        column
        for column in choices.look.columns
        if column.name != choices.target.name and {*words(column.name)} & PEOPLE
    ]
    groupings: list[Grouping] = []
    for column in named:
        if _few(column) and _enough(choices.look.counts(column.name), share):
            groupings.append({"column": column.name})
        elif column.kind == "numbers" and column.rows * share / BINS >= 2 * FEWEST and not _few(column):
            groupings.append({"column": column.name, "bins": BINS})
    return groupings[:2]


def words(name: str) -> Sequence[str]:
    """The words of a name such as SeniorCitizen or senior_citizen, in small letters."""
    return [word.casefold() for word in _WORDS.findall(name)]


def _few(column: ColumnSurvey) -> bool:
    """Whether each value of a column makes a group."""
    counted = column.kind in ("texts", "booleans") or (column.kind == "numbers" and column.whole)
    return counted and 1 < column.distinct <= MOST_GROUPS


def _enough(counts: Mapping[object, int], share: float) -> bool:
    """Whether each group that is judged has rows enough among those held out."""
    rows = sum(counts.values())
    return all(number * share >= FEWEST for number in counts.values() if number >= LEAST_SHARE * rows)
