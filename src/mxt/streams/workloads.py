"""Workloads: a long table, and the task to be done with the rows of each of its parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mxt.datasets.marks import Mark
from mxt.datasets.parts import cut
from mxt.errors import DataError
from mxt.schemas.sifting import Sifted

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from mxt.datasets.readers.base import Reader
    from mxt.schemas import InputsSchema
    from mxt.streams.admissions import Admission

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
    admission: Admission | None = None
    """What becomes of rows that the model cannot take; None if the task's own check decides."""

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

    def sift(self, table: pd.DataFrame) -> Sifted:
        """The model's inputs in `table`, checked, and the rules that rows break which are left out.

        Raises:
            DataError: The inputs are wrong, or rows break rules and are not left out.
        """
        if self.schema is None:
            return Sifted(table)
        if self.admission is None:
            return Sifted(self.task.check(self.schema, table, self.reader.source))
        return self.admission.sift(self.schema, table, self.reader.source)

    def takes(self, table: pd.DataFrame) -> pd.DataFrame:
        """The model's inputs in the rows of `table` that are worked on; perhaps none of an increment.

        Raises:
            DataError: The inputs are wrong, or none of the rows of a whole table is left.
        """
        sifted = self.sift(table)
        if self.admission is not None and self.admission.rejects:
            sifted = self.admission.refuse(sifted)
        if not sifted.valid.any() and self.watermark is None:
            rows, source = len(table), self.reader.source
            msg = f"{source}: the model can take none of the first {rows} rows: {sifted.sentence}."
            raise DataError(msg)
        return sifted.taken

    def work(self, sifted: Sifted, table: pd.DataFrame) -> tuple[Done, Sifted]:
        """Do the task with the valid rows of a table, and return the rows with those that the model refused.

        Raises:
            ModelError: The work fails.
        """

        def do(rows: Sifted) -> Done:
            if not rows.valid.any():
                return Done(None, rows=0)
            return self.task.do(rows.taken, rows.of(table))

        if self.admission is None:
            return do(sifted), sifted
        return self.admission.work(do, sifted, self.schema, self.reader.source)

    def first_rows(self, rows: int) -> pa.RecordBatch:
        """The first rows of the table, at most so many."""
        return next(cut(self.reader.arrow(self.columns), rows))
