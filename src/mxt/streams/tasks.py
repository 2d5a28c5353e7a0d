"""What is done with the parts of a table, wherever that is."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mxt.datasets.fingerprint import row_digests
from mxt.datasets.marks import Mark
from mxt.datasets.parts import cut
from mxt.datasets.tables import refuse_repeated_ids, to_batch, to_frame
from mxt.errors import DataError
from mxt.executors.base import Part, Receipt, Stream
from mxt.streams.staging import ROWS, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from mxt.datasets.readers.base import Reader
    from mxt.schemas import InputsSchema
    from mxt.streams.staging import Staging

TALLY = "tally"
"""Suffix of the file with what is told of all rows explained."""


@dataclass(frozen=True)
class Done:
    """What a task made of a part."""

    table: pd.DataFrame | None
    """What is written of it; None if that is told of all parts together only."""
    states: dict[str, bytes] = field(default_factory=dict)
    """What is told of all parts together, by a suffix for its file."""
    rows: int | None = None
    """Rows worked on, if not all."""


class Task(ABC):
    """What is done with the rows of a part; it is pickled, and sent to each worker once."""

    @abstractmethod
    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:
        """Work on some rows.

        Args:
            inputs: The model's columns, checked.
            table: All columns read.
        """

    def check(self, schema: InputsSchema, table: pd.DataFrame, source: str) -> pd.DataFrame:
        """The model's inputs in `table`, of which the work needs that they obey all hard rules.

        Raises:
            DataError: They do not.
        """
        return schema.check(table, source)


@dataclass(frozen=True)
class Table:
    """A table, and what is done with it."""

    reader: Reader
    schema: InputsSchema | None
    """What the model's inputs must look like."""
    task: Task
    rows: int
    """Rows of a part."""
    extra: tuple[str, ...] = ()
    """Columns to read beside the model's."""
    watermark: str | None = None
    """Column whose greatest cell each receipt tells."""
    basis: str = ""
    """What else the parts depend on, beside the job's config, the model and the table, as text."""

    @property
    def columns(self) -> list[str] | None:
        """What is read; all columns where the model does not tell its own."""
        if self.schema is None:
            return None
        return [*self.schema.columns, *self.extra, *([self.watermark] if self.watermark else [])]


@dataclass(frozen=True)
class TableStream(Stream):
    """The parts of a table that are to be worked on; what comes of each is kept in a staging folder."""

    table: Table
    staging: Staging
    done: frozenset[int] = frozenset()
    """Parts that need no work."""
    share: tuple[int, int] = (1, 1)
    """Which of how many shares of the parts to work on, from 1 on."""
    perhaps: frozenset[int] = frozenset()
    """Parts that need no work if their rows are as they were."""
    packages: tuple[str, ...] = ()
    """Those that the models are made of."""

    @property
    def folder(self) -> Path:
        return self.staging.folder

    def numbers(self) -> list[int]:
        parts = -(-self.table.reader.rows() // self.table.rows)
        return [number for number in range(parts) if self._wanted(number)]

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        """Those asked for; what lies before the first of them need not be read."""
        rows, reader = self.table.rows, self.table.reader
        wanted = filter(self._wanted, itertools.count()) if numbers is None else iter(numbers)
        due = next(wanted, None)
        if due is None:
            return
        batches = cut(reader.arrow(self.table.columns, due * rows), rows)
        for number, batch in enumerate(batches, start=due):
            if number == due:
                yield Part(number, number * rows, batch)
                due = next(wanted, None)
                if due is None:
                    return
        if numbers is not None:
            msg = f"{reader.source}: the table has become shorter since its rows were counted; start again."
            raise DataError(msg)

    def _wanted(self, number: int) -> bool:
        place, shares = self.share
        return number not in self.done and number % shares == place - 1

    def kept(self, number: int) -> Receipt | None:
        found = self.staging.receipt(number)
        facts = None if found is None else self.staging.current({number: found}).get(number)
        return None if facts is None else Receipt(number, facts["first_row"], facts["rows"], facts)

    def work(self, part: Part) -> Receipt:
        if part.number in self.perhaps:
            rows = row_digests(part.batch).tobytes()
            same = self.staging.same(part.number, rows, _columns(part.batch))
            if same is not None:
                return Receipt(part.number, part.first_row, part.batch.num_rows, same)
        files, facts = self.made(part)
        facts = self.staging.keep(part.number, files, facts)
        return Receipt(part.number, part.first_row, part.batch.num_rows, facts)

    def made(self, part: Part) -> tuple[dict[str, pa.RecordBatch | bytes], dict[str, Any]]:
        """What comes of a part: its files by their suffix, and what its receipt tells."""
        reader, schema = self.table.reader, self.table.schema
        watermark, mark = self.table.watermark, {}
        if watermark is not None:
            mark = {"mark": Mark.of(part.batch, watermark, reader.source).to_json()}
        frame = to_frame([part.batch], reader.id_column, part.first_row)
        refuse_repeated_ids(frame, reader.source)
        inputs = frame if schema is None else self.table.task.check(schema, frame, reader.source)
        done = self.table.task.do(inputs, frame)
        files: dict[str, Any] = {} if done.table is None else {TABLE: to_batch(done.table)}
        files |= done.states
        files[ROWS] = row_digests(part.batch).tobytes()
        if reader.id_column is not None:
            files["ids"] = row_digests(part.batch.select([reader.id_column])).tobytes()
        facts = {
            "first_row": part.first_row,
            "rows": len(frame),
            "worked": len(frame) if done.rows is None else done.rows,
            "first_id": str(frame.index[0]),
            "last_id": str(frame.index[-1]),
            "columns": _columns(part.batch),
            "beyond": {} if schema is None else schema.beyond_limits(inputs),
            **mark,
        }
        return files, facts

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Tell that the table changed, if it did, rather than what came of that."""
        try:
            yield
        except DataError:
            self.refuse_changed()
            raise

    def refuse_changed(self) -> None:
        """Raise a DataError if the table changed; then no finished part counts unseen."""
        try:
            self.table.reader.refuse_changed(self.staging.state)
        except DataError:
            self.staging.doubt()
            raise


def _columns(batch: pa.RecordBatch) -> str:
    """The columns of a batch and their types, as text."""
    return str(batch.schema.remove_metadata())
