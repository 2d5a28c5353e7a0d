"""What a table holds, as the reader of its configs reads it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.datasets.survey import SURVEYED_CELLS, survey
from mxt.datasets.tables import to_frame

if TYPE_CHECKING:
    import pandas as pd

    from mxt.datasets.survey import ColumnSurvey
    from mxt.drafts.sources import Source


@dataclass(frozen=True)
class Look:
    """A table that was looked at."""

    source: Source
    rows: int
    columns: tuple[ColumnSurvey, ...]
    """By the first rows, if the table is long."""

    def __getitem__(self, name: str) -> ColumnSurvey:
        """The survey of a column."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def cells(self, name: str) -> pd.Series:
        """A column of the whole table."""
        import pyarrow as pa

        table = pa.Table.from_batches(list(self.source.reader.arrow([name])))
        cells = table.column(name)
        if pa.types.is_boolean(cells.type):
            return cells.to_pandas().astype(object)
        return to_frame(table.to_batches(), None)[name]

    def counts(self, name: str) -> dict[object, int]:
        """How many rows hold each value of a column of the whole table, the most frequent first."""
        cells = self.cells(name).dropna()
        known = Counter(cells.tolist())
        return dict(sorted(known.items(), key=lambda item: (-item[1], str(item[0]))))

    def identifies(self, name: str) -> bool:
        """Whether a column holds another value in each row of the whole table."""
        cells = self.cells(name)
        return bool(cells.notna().all() and cells.is_unique)


def look(source: Source) -> Look:
    """Look at a table by its first rows.

    Raises:
        DataError: The table cannot be read.
    """
    reader = source.reader
    head, rows = [], 0
    for batch in reader.arrow():
        head.append(batch)
        rows += batch.num_rows
        if rows * max(1, batch.num_columns) >= SURVEYED_CELLS:
            break
    return Look(source, reader.count(), tuple(survey(to_frame(head, None))))
