"""The stream of a long table's parts that executors run; the result of each part is kept."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.datasets.fingerprint import row_digests
from mxt.datasets.parts import cut
from mxt.datasets.tables import refuse_repeated_ids, to_batch, to_frame
from mxt.errors import DataError
from mxt.executors.base import Part, Receipt, Stream
from mxt.streams.admissions import REJECTED, rejected_rows
from mxt.streams.receipts import IDS, ROWS, TABLE
from mxt.streams.workloads import TALLY, Done, Task, Workload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from mxt.schemas.sifting import Sifted
    from mxt.streams.receipts import PartFacts
    from mxt.streams.staging import Staging

__all__ = ["TALLY", "Done", "TableStream", "Task", "Workload"]


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
        reader, schema = self.workload.reader, self.workload.schema
        mark = self.workload.mark_of(part.batch)
        frame = to_frame([part.batch], reader.id_column, part.first_row)
        refuse_repeated_ids(frame, reader.source)
        done, sifted = self.workload.work(self.workload.sift(frame), frame)
        inputs = sifted.taken
        files: dict[str, pa.RecordBatch | bytes] = {**done.states, ROWS: row_digests(part.batch).tobytes()}
        if done.table is not None:
            files[TABLE] = to_batch(done.table)
        if reader.id_column is not None:
            files[IDS] = row_digests(part.batch.select([reader.id_column])).tobytes()
        facts: PartFacts = {
            "first_row": part.first_row,
            "rows": len(frame),
            "worked": len(inputs) if done.rows is None else done.rows,
            "first_id": str(frame.index[0]),
            "last_id": str(frame.index[-1]),
            "columns": _columns(part.batch),
            "beyond": {} if schema is None else schema.beyond_limits(inputs),
        }
        if mark is not None:
            facts["mark"] = mark.to_json()
        self._leave_out(part, sifted, files, facts)
        return files, facts

    def _leave_out(
        self, part: Part, sifted: Sifted, files: dict[str, pa.RecordBatch | bytes], facts: PartFacts
    ) -> None:
        """Add the rows that the model cannot take to the part's files and facts."""
        workload, admission = self.workload, self.workload.admission
        if admission is None or not (admission.rejects or admission.missing):
            return
        if admission.rejects:
            files[REJECTED] = rejected_rows(part.batch, sifted, workload.reader.id_column, workload.watermark)
        facts["rejected"], facts["rules"] = int((~sifted.valid).sum()), sifted.counts
        facts["unseen"] = sifted.new

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
