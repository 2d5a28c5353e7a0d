"""Tasks: what is done with the rows of each part of a long table, and the stream that executors run."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mxt.datasets.fingerprint import row_digests
from mxt.datasets.marks import Mark
from mxt.datasets.parts import cut
from mxt.datasets.tables import refuse_repeated_ids, to_batch, to_frame
from mxt.errors import DataError
from mxt.executors.base import Part, Receipt, Stream
from mxt.streams.receipts import IDS, ROWS, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from mxt.datasets.readers.base import Reader
    from mxt.schemas import InputsSchema
    from mxt.streams.receipts import PartFacts
    from mxt.streams.staging import Staging

TALLY = "tally"
"""Suffix of a part's file with the figures of its explained rows."""


@dataclass(frozen=True)
class Done:
    """What a task made of a part."""

    table: pd.DataFrame | None
    """Rows of the output; None if the output is made from the states alone."""
    states: dict[str, bytes] = field(default_factory=dict)
    """Figures of the part that are merged with those of the other parts, each by the suffix of its file."""
    rows: int | None = None
    """How many rows were worked on; None for all."""


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
        """The model's inputs in `table`; a task that needs less than the schema's hard rules overrides this.

        Raises:
            DataError: The inputs break a hard rule.
        """
        return schema.check(table, source)


@dataclass(frozen=True)
class Workload:
    """A table to read, and the task to do with each part of it."""

    reader: Reader
    schema: InputsSchema | None
    """What the model's inputs must look like; None if the model declares nothing."""
    task: Task
    part_rows: int
    extra: tuple[str, ...] = ()
    """Columns to read beside the model's inputs."""
    watermark: str | None = None
    """Column whose greatest cell is recorded for each part."""
    basis: str = ""
    """What else the parts depend on, beside the job's config, the model and the table, as text."""

    @property
    def columns(self) -> list[str] | None:
        """The columns to read; None for all, where the model declares no inputs."""
        if self.schema is None:
            return None
        return [*self.schema.columns, *self.extra, *([self.watermark] if self.watermark else [])]

    def mark_of(self, batch: pa.RecordBatch) -> Mark | None:
        """The greatest watermark of some rows; None if there is no watermark.

        Raises:
            DataError: Cells are missing.
        """
        return None if self.watermark is None else Mark.of(batch, self.watermark, self.reader.source)

    def first_rows(self, rows: int) -> pa.RecordBatch:
        """The first rows of the table, at most so many."""
        return next(cut(self.reader.arrow(self.columns), rows))


@dataclass(frozen=True)
class TableStream(Stream):
    """The parts of a table that are left to work on; the result of each is kept in a staging folder."""

    workload: Workload
    staging: Staging
    done: frozenset[int] = frozenset()
    """Parts that need no work."""
    share: tuple[int, int] = (1, 1)
    """Which share of the parts to work on, from 1 on, and how many shares there are."""
    unverified: frozenset[int] = frozenset()
    """Parts that need no work if their rows are unchanged."""
    packages: tuple[str, ...] = ()
    """Packages that the models need."""

    @property
    def folder(self) -> Path:
        return self.staging.folder

    def numbers(self) -> list[int]:
        parts = -(-self.workload.reader.rows() // self.workload.part_rows)
        return [number for number in range(parts) if self._wanted(number)]

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        """The parts with these numbers, or all that are left; rows before the first part are not read."""
        rows, reader = self.workload.part_rows, self.workload.reader
        wanted = filter(self._wanted, itertools.count()) if numbers is None else iter(numbers)
        due = next(wanted, None)
        if due is None:
            return
        batches = cut(reader.arrow(self.workload.columns, due * rows), rows)
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
        kept = self.staging.receipt(number)
        if kept is None or not self.staging.is_current(kept):
            return None
        return Receipt(number, kept["first_row"], kept["rows"], kept)

    def work(self, part: Part) -> Receipt:
        rows = part.batch.num_rows
        if part.number in self.unverified:
            digests = row_digests(part.batch).tobytes()
            kept = self.staging.unchanged(part.number, digests, _columns(part.batch))
            if kept is not None:
                return Receipt(part.number, part.first_row, rows, kept)
        files, facts = self.make(part)
        return Receipt(part.number, part.first_row, rows, self.staging.keep(part.number, files, facts))

    def make(self, part: Part) -> tuple[dict[str, pa.RecordBatch | bytes], PartFacts]:
        """Work on a part and keep nothing: its files by their suffix, and the facts for its receipt.

        Raises:
            DataError: The rows are wrong.
        """
        reader, schema, task = self.workload.reader, self.workload.schema, self.workload.task
        mark = self.workload.mark_of(part.batch)
        frame = to_frame([part.batch], reader.id_column, part.first_row)
        refuse_repeated_ids(frame, reader.source)
        inputs = frame if schema is None else task.check(schema, frame, reader.source)
        done = task.do(inputs, frame)
        files: dict[str, pa.RecordBatch | bytes] = {**done.states, ROWS: row_digests(part.batch).tobytes()}
        if done.table is not None:
            files[TABLE] = to_batch(done.table)
        if reader.id_column is not None:
            files[IDS] = row_digests(part.batch.select([reader.id_column])).tobytes()
        facts: PartFacts = {
            "first_row": part.first_row,
            "rows": len(frame),
            "worked": len(frame) if done.rows is None else done.rows,
            "first_id": str(frame.index[0]),
            "last_id": str(frame.index[-1]),
            "columns": _columns(part.batch),
            "beyond": {} if schema is None else schema.beyond_limits(inputs),
        }
        if mark is not None:
            facts["mark"] = mark.to_json()
        return files, facts

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Replace an error of the data by one that says that the table has changed, if it has."""
        try:
            yield
        except DataError:
            self.refuse_changed()
            raise

    def refuse_changed(self) -> None:
        """Check that the table is as it was when the job began to read it.

        Raises:
            DataError: It has changed. The rows of finished parts are then compared before the parts count.
        """
        try:
            self.workload.reader.refuse_changed(self.staging.state)
        except DataError:
            self.staging.doubt()
            raise


def _columns(batch: pa.RecordBatch) -> str:
    """The columns of a batch and their types, as text."""
    return str(batch.schema.remove_metadata())
