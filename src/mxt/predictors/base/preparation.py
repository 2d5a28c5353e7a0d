"""What a recipe of MXT does to source columns before its library sees them, and a later job does again.

Columns without a value are left out, times become numbers, and names that the library refuses are spelt
otherwise. All of it is kept with the version as plain facts, since a stored model cannot do it by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NotRequired, TypedDict

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

EPOCH = "2000-01-01"
"""The moment from which elapsed days are counted, in UTC if the times have a zone."""

DAY = 86_400_000_000
"""Microseconds in a day."""

TIME_PARTS = ("year", "month", "weekday", "hour", "elapsed")
"""The parts of a time; Monday is weekday 0, and `elapsed` are days since `EPOCH`."""


class StepFacts(TypedDict):
    """A step as JSON holds it."""

    source: str
    made: list[str]
    parts: list[str]
    zone: str | None
    spelt: NotRequired[bool]


@dataclass(frozen=True)
class Step:
    """What becomes of one source column."""

    made: tuple[str, ...]
    """Names of the columns that are made of it; none if the model leaves it out."""
    parts: tuple[str, ...] = ()
    """The part of the time that each of them holds; empty if the cells are taken as they are."""
    zone: str | None = None
    """The time zone of the hours; None for times without a zone."""
    spelt: bool = False
    """Whether the library sees texts in ASCII, each other character as its number."""

    def columns(self, column: pd.Series) -> dict[str, pd.Series]:
        """The columns that are made of a source column.

        Raises:
            DataError: The column holds no times, or no times with a zone, where such are expected.
        """
        if not self.parts:
            cells = in_ascii(column) if self.spelt else column
            return {name: cells.rename(name) for name in self.made}
        parts = zip(self.made, self.parts, strict=True)
        times = self._times(column)
        return {name: part_of(times, part).rename(name) for name, part in parts}

    def _times(self, column: pd.Series) -> pd.Series:
        import pandas as pd

        if column.isna().all():
            return pd.Series(pd.NaT, index=column.index, dtype="datetime64[us]")
        if not pd.api.types.is_datetime64_any_dtype(column):
            msg = f"The model takes times in the column {column.name!r}; it is of type {column.dtype}."
            raise DataError(msg)
        if (column.dt.tz is None) != (self.zone is None):
            needs = "without a time zone" if self.zone is None else "with a time zone"
            msg = (
                f"The model takes times {needs} in the column {column.name!r}; it is of type {column.dtype}."
            )
            raise DataError(msg)
        return column if self.zone is None else column.dt.tz_convert(self.zone)


@dataclass(frozen=True)
class Preparation:
    """The steps of a model's source columns; a column without a step is taken as it is."""

    steps: Mapping[str, Step] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.steps)

    def step(self, source: str) -> Step:
        """What becomes of a source column."""
        return self.steps.get(source, Step((source,)))

    def names(self, sources: Sequence[str]) -> list[str]:
        """Names of the columns made of `sources`, in their order."""
        return [name for source in sources for name in self.step(source).made]

    def places(self, sources: Sequence[str]) -> list[int]:
        """For each column made, the position of its source among `sources`."""
        return [place for place, source in enumerate(sources) for _ in self.step(source).made]

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """The columns made of all columns of `table`, indexed as it is.

        Raises:
            DataError: A column holds no times where such are expected.
        """
        import pandas as pd

        if not self.steps:
            return table
        made: dict[str, pd.Series] = {}
        for source in table.columns:
            made |= self.step(source).columns(table[source])
        return pd.DataFrame(made, index=table.index)

    @property
    def facts(self) -> list[StepFacts]:
        """The steps in a form that JSON holds."""
        kept: list[StepFacts] = []
        for source, step in self.steps.items():
            fact: StepFacts = {
                "source": source,
                "made": [*step.made],
                "parts": [*step.parts],
                "zone": step.zone,
            }
            if step.spelt:
                fact["spelt"] = True
            kept.append(fact)
        return kept

    @classmethod
    def from_facts(cls, facts: Sequence[StepFacts]) -> Preparation:
        """The preparation whose `facts` were kept."""
        steps = {
            fact["source"]: Step(
                tuple(fact["made"]), tuple(fact["parts"]), fact["zone"], fact.get("spelt", False)
            )
            for fact in facts
        }
        return cls(steps)


def part_of(times: pd.Series, part: str) -> pd.Series:
    """One of `TIME_PARTS` of each time as a double, NaN where the time is missing."""
    import numpy as np
    import pandas as pd

    if part != "elapsed":
        return getattr(times.dt, part).astype(float)
    moments = times if times.dt.tz is None else times.dt.tz_convert("UTC").dt.tz_localize(None)
    since = moments.astype("datetime64[us]") - pd.Timestamp(EPOCH)
    counted = since.astype("timedelta64[us]").astype("int64").to_numpy(float) / DAY
    return pd.Series(np.where(moments.isna(), np.nan, counted), index=times.index)


def time_step(column: pd.Series, taken: set[str]) -> Step:
    """The step that makes numbers of times: the hour only if some time is not at midnight's hour.

    Args:
        column: The times of the training rows.
        taken: Names of other columns, which the columns made must not have.
    """
    zone = None if column.dt.tz is None else str(column.dt.tz)
    hours = column.dt.hour.fillna(0).to_numpy()
    parts = tuple(part for part in TIME_PARTS if part != "hour" or hours.any())
    return Step(tuple(free_name(f"{column.name} {part}", taken) for part in parts), parts, zone)


def in_ascii(column: pd.Series) -> pd.Series:
    """A column of texts, as Python writes them in ASCII; different texts stay different.

    xgboost counts the characters of categories where it needs their bytes (`pandas` frames, up to 3.2), so
    that it knows other letters by wrong names.
    """
    import pandas as pd

    def spell(text: object) -> str:
        return str(text).encode("unicode_escape").decode()

    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.rename_categories(spell)
    return column.map(spell, na_action="ignore")


def from_ascii(names: pd.Index) -> pd.Index:
    """The texts that `in_ascii` has spelt."""
    return names.map(lambda name: str(name).encode().decode("unicode_escape"))


def free_name(name: str, taken: set[str]) -> str:
    """The name, followed by underscores if it is taken; it is then taken too."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name
