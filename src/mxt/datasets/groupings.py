"""Several groupings of the rows of one table, each by another column."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from mxt.datasets.groups import Grouping


def _each_another(groupings: tuple[Grouping, ...]) -> tuple[Grouping, ...]:
    columns = [grouping.column for grouping in groupings]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        kind, msg = "twice", "rows are grouped twice by {columns}; name each column once"
        raise PydanticCustomError(kind, msg, {"columns": ", ".join(map(repr, twice))})
    return groupings


Groupings: TypeAlias = Annotated[tuple[Grouping, ...], AfterValidator(_each_another)]
"""Groupings by different columns, so that the name of a column identifies its groups."""
