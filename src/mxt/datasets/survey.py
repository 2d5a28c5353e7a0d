"""The survey of a table: kinds, counts and likely meanings of its columns, without any cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from mxt.datasets.time_formats import formats_of, unlike
from mxt.schemas.shapes import FORMS, numbers_by_form

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

ColumnKind: TypeAlias = Literal["numbers", "texts", "times", "booleans", "empty"]
Likeness: TypeAlias = Literal["", "id", "number", "date", "boolean"]

SURVEYED_CELLS = 1_000_000
"""About so many cells of the first rows of a longer table are looked at."""

FEWEST_ROWS = 20
"""In fewer rows, different values in all rows say nothing about a column."""

MOST_TEXTS = 2_000
"""The most different texts of a column that are compared with the forms of numbers, dates and ids."""

ENOUGH = 0.9
"""The share of the different texts of a column that must look like a number or a date for the column to."""

LONGEST_ID = 40
"""The most characters of a text that may be an id."""

ABSENT = frozenset({"", "?", "-", "--", ".", "na", "n/a", "nan", "#n/a", "null"})
"""Texts that often stand for a missing value, in small letters and without blanks around them."""

_FLAGS = frozenset(
    frozenset(pair.split())
    for pair in ("yes no", "y n", "true false", "t f", "ja nein", "j n", "oui non", "si no", "on off", "1 0")
)
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[ ,.'\u00a0\u2019\u202f]\d{3})+)(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
_AROUND = re.compile(r"^[\s$\u20ac\u00a3]+|[\s%$\u20ac\u00a3]+$")
_PADDED = re.compile(r"0\d+")
_LONG = re.compile(r"\d{16,}")
_DATE = re.compile(
    r"(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2}))"
    r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|[AaPp][Mm]|[+-]\d{2}:?\d{2}))?)?"
)
_ID_WORD = re.compile(
    r"(?:^|[\W_])(?:id|ids|uuid|guid|key|nr|no|idx|index|row|rownames?)$|^unnamed: ?\d+$", re.IGNORECASE
)
_ID_ENDING = re.compile(r"[a-z](?:ID|Id|Nr|No)$|(?:[nN]umber|[nN]ummer|[kK]ennung)$")
_EARLIEST = 19_000_101
_COMPACT_DATE = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True)
class ColumnSurvey:
    """What a column of a table holds; counts and shapes, and no cell."""

    name: str
    kind: ColumnKind
    rows: int
    """Rows looked at."""
    distinct: int
    """Different values, the missing one left out."""
    missing: int
    looks_like: Likeness = ""
    """What the values look like beyond their type: texts that are numbers or dates, numbers that are ids."""
    whole: bool = False
    """Whether all values are whole numbers."""
    consecutive: bool = False
    """Whether the values are whole numbers without a gap or a repetition, as row numbers are."""
    absent: tuple[tuple[str, int], ...] = ()
    """Texts that look like missing values, each with its number of cells."""
    padded: bool = False
    """Whether digits with leading zeros are among the texts."""
    decimal: Literal["", ",", "."] = ""
    """The decimal sign of texts that look like numbers; empty if none shows."""
    thousands: str = ""
    """The sign between the thousands of such texts; empty if none shows."""
    time_formats: tuple[str, ...] = ()
    """The format of texts that look like dates; two if they do not show whether the day comes first."""
    unlike: int = 0
    """Different texts that are no time by this format."""

    @property
    def differs(self) -> bool:
        """Whether each row has another value, so that a model can learn nothing from it but the row."""
        counted = self.kind == "texts" or (self.kind == "numbers" and self.whole)
        return counted and self.distinct == self.rows and self.rows >= FEWEST_ROWS

    @property
    def named_like_id(self) -> bool:
        """Whether the name is one that columns of ids have."""
        return named_like_id(self.name)


def named_like_id(name: str) -> bool:
    """Whether a column's name is one that columns of ids have, such as customerID, row or Kunden-Nr."""
    return not name.strip() or bool(_ID_WORD.search(name) or _ID_ENDING.search(name))


def survey(frame: pd.DataFrame) -> list[ColumnSurvey]:
    """What each column holds; a long table is passed by its `first_rows`."""
    return [_surveyed(str(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns)]


def first_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table that are worth a survey: all, or the first of a table of many cells."""
    return frame.head(max(1_000, SURVEYED_CELLS // max(1, len(frame.columns))))


def _surveyed(name: str, column: pd.Series) -> ColumnSurvey:
    import pandas as pd

    types = pd.api.types
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    values = column.dropna()
    missing = len(column) - len(values)
    of = partial(ColumnSurvey, name, rows=len(column), missing=missing)
    if not len(values):
        return of(kind="empty", distinct=0)
    if types.is_bool_dtype(values) or types.infer_dtype(values, skipna=False) == "boolean":
        return of(kind="booleans", distinct=values.nunique())
    if types.is_numeric_dtype(values):
        return _numbers(of, name, values, missing)
    if types.is_datetime64_any_dtype(values):
        return of(kind="times", distinct=values.nunique())
    return _texts(of, name, values.astype(str), missing)


def _numbers(of: Callable[..., ColumnSurvey], name: str, values: pd.Series, missing: int) -> ColumnSurvey:
    import numpy as np

    distinct = values.nunique()
    numbers = values.to_numpy(float)
    whole = bool(np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all())
    least, most = numbers.min(), numbers.max()
    consecutive = whole and len(numbers) == distinct > 1 and most - least == distinct - 1
    likeness: Likeness = ""
    each = len(numbers) == distinct >= FEWEST_ROWS and not missing
    if whole and (least, most) == (0, 1):
        likeness = "boolean"
    elif whole and each and (consecutive or named_like_id(name)):
        likeness = "id"
    elif whole and least >= _EARLIEST and all(_COMPACT_DATE.fullmatch(f"{n:.0f}") for n in set(numbers)):
        likeness = "date"
    return of(kind="numbers", distinct=distinct, looks_like=likeness, whole=whole, consecutive=consecutive)


def _texts(of: Callable[..., ColumnSurvey], name: str, values: pd.Series, missing: int) -> ColumnSurvey:
    counts = values.value_counts(sort=False)
    absent = tuple((text, int(counts[text])) for text in counts.index if text.strip().casefold() in ABSENT)
    spelt = {text for text, _ in absent}
    known = [text.strip() for text in counts.index if text not in spelt]
    if not known:
        return of(kind="texts", distinct=len(counts), absent=absent)
    sample = known[:MOST_TEXTS]
    differs = len(counts) == len(values) >= FEWEST_ROWS and not missing
    padded = any(_PADDED.fullmatch(text) for text in sample)
    likeness = _likeness(name, sample, counted=padded, differs=differs)
    decimal, thousands = signs(sample) if likeness == "number" else ("", "")
    formats = formats_of(sample, ENOUGH) if likeness == "date" else ()
    return of(
        kind="texts",
        distinct=len(counts),
        looks_like=likeness,
        absent=absent,
        padded=padded,
        decimal=decimal,
        thousands=thousands,
        time_formats=formats,
        unlike=unlike(sample, formats[0]) if formats else 0,
    )


def _likeness(name: str, texts: Sequence[str], *, counted: bool, differs: bool) -> Likeness:
    """What different texts look like; `counted` if leading zeros keep them from being numbers."""
    if frozenset(text.casefold() for text in texts) in _FLAGS:
        return "boolean"
    enough = ENOUGH * len(texts)
    if sum(bool(_DATE.fullmatch(text)) for text in texts) >= enough:
        return "date"
    numbers = sum(looks_like_number(text) for text in texts) >= enough
    if numbers and not counted and not any(_LONG.fullmatch(text) for text in texts):
        return "number"
    short = max(map(len, texts)) <= LONGEST_ID
    if differs and short and (named_like_id(name) or numbers or not any(" " in text for text in texts)):
        return "id"
    return ""


def looks_like_number(text: str) -> bool:
    """Whether a text is written as a number, with any decimal sign and signs between thousands."""
    return bool(_NUMBER.fullmatch(_AROUND.sub("", text)))


def signs(texts: Sequence[str]) -> tuple[Literal["", ",", "."], str]:
    """The decimal sign and the sign between thousands with which the most texts are numbers.

    The decimal sign is empty if the texts show none.
    """
    texts = [_AROUND.sub("", text) for text in texts]
    if not any(re.search(r"\d\D+\d|^[.,]", text) for text in texts):
        return "", ""
    numbers = numbers_by_form(texts)
    decimal, thousands = max(FORMS, key=lambda form: int(numbers[form].sum()))  # of equal forms the plainest
    shown = any(decimal in text for text in texts)
    return ("," if decimal == "," else ".") if shown else "", thousands
