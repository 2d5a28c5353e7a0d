"""Segments: the same scores for parts of the rows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from mxt.assessments.scores import Drawing, Told, cell_row
from mxt.errors import ConfigError, DataError
from mxt.kinds import OneOf, Strict
from mxt.metrics.base import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

MOST_CELLS = 50
MISSING = "missing"
PERIODS = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


class Segment(Strict):
    """Parts of the rows by a column: its values, its bins, or spans of time."""

    column: str
    """Column to look at; the model need not know it."""

    bins: Annotated[int, Field(ge=2, le=MOST_CELLS)] | None = None
    """Cut numbers into as many bins that hold as many rows each."""

    edges: Annotated[tuple[float, ...], Field(min_length=1, max_length=MOST_CELLS)] | None = None
    """Cut numbers at these; a number on an edge belongs to the bin above it."""

    period: Literal["day", "week", "month", "quarter", "year"] | None = None
    """Cut times into these spans."""

    metrics: tuple[Annotated[Metric, OneOf], ...] = ()
    """Scores of each cell, with the limits that each cell must keep; those of the job, without limits, if
    left out."""

    minimum_rows: Annotated[int, Field(ge=2)] = 100
    """A cell of fewer rows is insufficient: it gets no score and never fails."""

    @model_validator(mode="after")
    def _cut_one_way(self) -> Self:
        if sum(way is not None for way in (self.bins, self.edges, self.period)) > 1:
            msg = "a segment is cut by one of bins, edges and period"
            raise ValueError(msg)
        if self.edges is not None and list(self.edges) != sorted(set(self.edges)):
            msg = "edges must ascend"
            raise ValueError(msg)
        return self

    def cells(self, table: pd.DataFrame, source: str) -> pd.Series[Any]:
        """The cell of each row: a categorical column whose categories are in order.

        Raises:
            ConfigError: The column is not of the sort that is cut this way, or has too many values.
            DataError: The column is absent.
        """
        if self.column not in table.columns:
            msg = f"{source}: the segment's column {self.column!r} is missing; name one that the table has."
            raise DataError(msg)
        column = table[self.column]
        if self.period is not None:
            return self._spans(column, source)
        if self.bins is not None or self.edges is not None:
            return self._bins(column, source)
        return self._values(column, source)

    def table(
        self, metrics: Sequence[Metric], told: Told, cells: pd.Series[Any], drawing: Drawing
    ) -> pd.DataFrame:
        """One row for each cell and metric: rows, score, interval, and what became of it."""
        import pandas as pd

        chosen = self.metrics or [
            metric.model_copy(update={"minimum": None, "maximum": None}) for metric in metrics
        ]
        rows = [
            {
                "segment": self.column,
                "cell": cell,
                **cell_row(metric, told.part(cells == cell), self.minimum_rows, drawing),
            }
            for cell in cells.cat.categories
            for metric in chosen
        ]
        return pd.DataFrame(rows)

    def _values(self, column: pd.Series[Any], source: str) -> pd.Series[Any]:
        distinct = column.dropna().unique()
        if len(distinct) > MOST_CELLS:
            msg = (
                f"{source}: the segment's column {self.column!r} has {len(distinct)} values, and a segment "
                f"has at most {MOST_CELLS} cells; cut it by bins, edges or a period."
            )
            raise ConfigError(msg)
        names = [str(value) for value in sorted(distinct, key=_in_order)]
        return _named(column.astype(str).where(column.notna()), names)

    def _bins(self, column: pd.Series[Any], source: str) -> pd.Series[Any]:
        import numpy as np
        import pandas as pd

        if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            msg = f"{source}: the segment's column {self.column!r} holds no numbers, so it has no bins."
            raise ConfigError(msg)
        known = column.dropna().to_numpy(dtype=float)
        if self.edges is not None:
            inner = np.array(self.edges)
        elif len(known):
            inner = np.unique(np.quantile(known, np.arange(1, self.bins or 2) / (self.bins or 2)))
        else:
            inner = np.array([])
        short = [f"{edge:g}" for edge in inner]
        ends = ["", *(short if len(set(short)) == len(short) else map(str, inner)), ""]
        names = [_between(low, high) for low, high in itertools.pairwise(ends)]
        places = np.searchsorted(inner, column.to_numpy(dtype=float), side="right")
        told = pd.Series(np.array(names, dtype=object)[places], index=column.index)
        return _named(told.where(column.notna()), names)

    def _spans(self, column: pd.Series[Any], source: str) -> pd.Series[Any]:
        import pandas as pd

        times = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)
        unread = int((times.isna() & column.notna()).sum())
        if unread or pd.api.types.is_numeric_dtype(column):
            msg = (
                f"{source}: {unread or len(column)} values of the segment's column {self.column!r} are no "
                "times in the form of ISO 8601, so it has no periods."
            )
            raise ConfigError(msg)
        spans = times.dt.to_period(PERIODS[self.period or "month"])
        names = [str(span) for span in sorted(spans.dropna().unique())]
        if len(names) > MOST_CELLS:
            msg = (
                f"{source}: the segment's column {self.column!r} spans {len(names)} {self.period}s, and a "
                f"segment has at most {MOST_CELLS} cells; choose a longer period."
            )
            raise ConfigError(msg)
        return _named(spans.astype(str).where(spans.notna()), names)


def _between(low: str, high: str) -> str:
    if not low or not high:
        return f"below {high}" if high else f"{low} and above" if low else "all"
    return f"{low} to below {high}"


def _in_order(value: Any) -> tuple[bool, Any]:  # noqa: ANN401 - a cell of any type
    """Numbers by size, and before all others, which go by their text."""
    number = isinstance(value, int | float) or hasattr(value, "__float__")
    return (False, float(value)) if number else (True, str(value))


def _named(told: pd.Series[Any], names: list[str]) -> pd.Series[Any]:
    """Names as categories, with one for what is missing if something is."""
    import pandas as pd

    order = list(dict.fromkeys(names))
    if told.isna().any():
        told, order = told.fillna(MISSING), [*(name for name in order if name != MISSING), MISSING]
    return told.astype(pd.CategoricalDtype(order, ordered=True))
