"""What every reader does: choose columns, filter, cut, sample, and keep each row's id."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr

from mxt.configs.addresses import Address
from mxt.datasets.conditions import Condition, Sample
from mxt.datasets.parts import after, taken
from mxt.datasets.readers.base.remembered import Remembered
from mxt.datasets.tables import inferred, is_index, plain, refuse_foreign, refuse_repeated_ids, to_frame
from mxt.errors import DataError
from mxt.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    import pandas as pd
    import pyarrow as pa

    from mxt.datasets.marks import Mark

Reading = Literal["exact", "inferred"]


class Reader(Kind, ABC):
    """Reads a table, whole or as a stream of batches, in an order fixed by the source."""

    shows_changes: ClassVar[bool] = False
    """Whether `state` differs whenever the source has changed."""

    columns: tuple[str, ...] | None = None
    """Columns to read; all of them if left out. A job that knows its model's columns reads just those."""

    filters: tuple[Condition, ...] = ()
    """Conditions that every row read must meet, as [column, operator, value]."""

    limit: Annotated[int, Field(ge=1)] | None = None
    """Read at most this many rows, the first that meet the filters."""

    sample: Sample | None = None
    """Keep a seeded random choice of the rows instead of all of them."""

    id_column: Remembered[str | None] = None
    """Column that identifies a row. If left out, as the version's training had it, or the row's number."""

    reading: Reading | None = Field(default=None, exclude_if=lambda reading: reading is None)
    """How cells become values. ``exact``: ids stay the texts that a file holds, and so do digits that are
    quoted, start with 0 or are too many for a number; decimals keep all digits. ``inferred``: whatever looks
    like a number or a time is one. As the model version's training read if left out; exact without one."""

    _mark: Mark | None = PrivateAttr(default=None)

    @property
    @abstractmethod
    def source(self) -> str:
        """Where the table comes from, as messages and records may show it: without a secret."""

    @property
    def reads_from(self) -> tuple[Address, ...]:
        """All that it reads; no output of the same job may be written there."""
        return (Address(self.source, self.source, local=False),)

    @abstractmethod
    def names(self) -> list[str]:
        """The columns of the source, in its order."""

    @abstractmethod
    def count(self) -> int:
        """The number of rows that meet the filters."""

    def rows(self) -> int:
        """The number of rows that `read` gives; the source may be read to count them."""
        most = [self.count(), self.limit, self.sample.rows if self.sample else None]
        return min(rows for rows in most if rows is not None)

    def since(self, mark: Mark) -> Self:
        """This reader, restricted to rows beyond a mark and rows without a cell in the mark's column."""
        copy = self.model_copy()
        copy._mark = mark  # noqa: SLF001 - its own copy
        return copy

    @property
    def mark(self) -> Mark | None:
        """The mark that all rows lie beyond, if any."""
        return self._mark

    def by(self, reading: Reading) -> Self:
        """This reader with a reading, unless it has a reading already."""
        return self if self.reading else self.model_copy(update={"reading": reading})

    @property
    def exact(self) -> bool:
        """Whether cells are read exactly."""
        return self.reading != "inferred"

    def suited(self, texts: AbstractSet[str], others: AbstractSet[str]) -> Self:  # noqa: ARG002 - for formats without types
        """This reader, with the types of columns that are `texts` or `others` if the source declares none."""
        return self

    def loosely(self) -> Self:
        """This reader, where cells of a column may be of several types: such a column is read as texts."""
        return self

    def reads_as(self, other: Reader, columns: Sequence[str] | None = None) -> bool:
        """Whether another reader of the table gives the same columns in the same types.

        Args:
            other: The other reader.
            columns: As in `read`.
        """
        types = (reader.declared(reader.wanted(columns)) for reader in (self, other))
        return self == other or next(types) == next(types)

    def declared(self, columns: list[str]) -> dict[str, pa.DataType]:
        """Columns with the types that they are read in; by the first rows if nothing declares them."""
        return self._types(next((batch for batch in self.scan(columns) if batch.num_rows), None))

    def _types(self, first: pa.RecordBatch | None) -> dict[str, pa.DataType]:
        """Columns with their types, of a table that starts with these rows."""
        return {} if first is None else {field.name: field.type for field in self.settled(first).schema}

    def empty(self) -> bool:
        """Whether there is no row to read."""
        columns = self.wanted([]) or self.wanted(None)[:1]  # batches without columns may lose their rows
        return not any(batch.num_rows for batch in self._chosen(columns, 0))

    def known_rows(self) -> int | None:
        """The number of rows that `read` gives, if it is known without reading them."""
        return None

    def state(self) -> str:
        """A text that differs once the source has changed; empty if nothing shows that."""
        return ""

    @abstractmethod
    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """The rows that meet the filters, with just `columns`, in the source's fixed order."""

    def scan_from(self, columns: list[str], first_row: int) -> Iterator[pa.RecordBatch]:
        """The rows of `scan` from `first_row` on; a reader may skip the rows before."""
        yield from after(self._beyond(self.scan(columns)), first_row)

    def read(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The whole table, indexed by id.

        Args:
            columns: Read these, where the source has them, instead of the configured ones.

        Raises:
            DataError: The source is missing, unreadable or empty, or an id stands for several rows.
        """
        return refuse_repeated_ids(to_frame(self.arrow(columns), self.id_column), self.source)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """The table of `read` as a stream of parts."""
        first_row = 0
        for batch in self.arrow(columns):
            yield to_frame([batch], self.id_column, first_row)
            first_row += batch.num_rows

    def arrow(self, columns: Sequence[str] | None = None, first_row: int = 0) -> Iterator[pa.RecordBatch]:
        """The table of `read` as a stream of Arrow batches, the id column among the others.

        Args:
            columns: As in `read`.
            first_row: The row to start with, from 0 on; nothing comes if the table ends before it.

        Raises:
            DataError: The source is missing, unreadable or empty; or it changed meanwhile, which is raised
                after the last batch.
        """
        rows, state = first_row, self.state() if self.shows_changes else ""
        for batch in self._chosen(self.wanted(columns), first_row):
            if batch.num_rows:
                rows += batch.num_rows
                yield self.settled(batch)
        if not rows:
            msg = f"{self.source}: no rows{' meet the filters' if self.filters or self._mark else ''}."
            raise DataError(msg)
        self.refuse_changed(state)

    def settled(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch in the types that MXT works with, by this reading."""
        refuse_foreign(batch.schema, self.source, typed="types" in type(self).model_fields)
        return plain(batch) if self.exact else inferred(plain(batch))

    def refuse_changed(self, state: str) -> None:
        """Raise a DataError if the source shows that it has changed since it was in a `state`."""
        if self.shows_changes and self.state() != state:
            msg = f"{self.source}: the table changed while it was read. Run again when nobody writes to it."
            raise DataError(msg)

    def wanted(self, columns: Sequence[str] | None) -> list[str]:
        """The columns that `read` gives, and the id column; a DataError if the source lacks one of them."""
        names = self.names()
        repeated = sorted(name for name, times in Counter(names).items() if times > 1)
        own = [str(key) for key in (self.id_column, self._mark and self._mark.column) if key is not None]
        lacking = [name for name in [*(self.columns or ()), *own] if name not in names]
        if repeated or lacking:
            what = f"repeats the columns {repeated}" if repeated else f"has no columns {lacking}"
            msg = f"{self.source}: the table {what}; it has {names}.{self._lacking(lacking)}"
            raise DataError(msg)
        every = [name for name in names if not (self.exact and is_index(name))]
        wanted = {*(columns if columns is not None else self.columns or every), *own}
        return [name for name in names if name in wanted]

    def _lacking(self, names: Sequence[str]) -> str:  # noqa: ARG002 - for formats that show it
        """A sentence, after a blank, on why the table lacks columns; empty if its format does not show it."""
        return ""

    def _beyond(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows beyond the mark; a source that compares otherwise than Arrow may give more rows."""
        import pyarrow as pa

        for batch in batches:
            if self._mark is None:
                yield batch
                continue
            rows = pa.Table.from_batches([self.settled(batch)])
            self._mark.refuse_other_kind(rows[self._mark.column].type, self.source)
            yield from rows.filter(self._mark.beyond()).combine_chunks().to_batches()

    def _chosen(self, columns: list[str], first_row: int) -> Iterator[pa.RecordBatch]:
        if self.sample is None:
            yield from self._first(columns, first_row)
            return
        total = min([self.count(), *([self.limit] if self.limit else [])])
        chosen = self.sample.places(total)[first_row:]
        if len(chosen):
            yield from taken(self._first(columns, int(chosen[0])), chosen, int(chosen[0]))

    def _first(self, columns: list[str], first_row: int) -> Iterator[pa.RecordBatch]:
        left = None if self.limit is None else max(0, self.limit - first_row)
        if left == 0:
            return
        for batch in self.scan_from(columns, first_row):
            if left is None:
                yield batch
                continue
            yield batch.slice(0, left)
            left -= min(left, batch.num_rows)
            if not left:
                return
