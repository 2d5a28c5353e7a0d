"""Pilots: what the first rows of a table cost, in time and memory, before all of them are worked on."""

from __future__ import annotations

import math
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from mxt.datasets.parts import cut
from mxt.datasets.staging import TABLE
from mxt.executors.base import Part, Receipt, Stream
from mxt.jobs.failures import failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from mxt.executors.base import Executor
    from mxt.jobs.tasks import Table, TableStream

FIRST_ROWS = 4
"""Rows that a pilot starts with, enough to load whatever the work needs."""

TIMES = 4
"""How many times more rows each further step takes."""

READ_COPIES = 3
"""Copies of the rows of a part that reading holds at once."""


@dataclass(frozen=True)
class Cost:
    """What work on some rows took."""

    rows: int
    seconds: float
    idle_seconds: float
    """What the rows took where none was in the sample."""
    peak_bytes: int
    """Most memory that the process ever held, 0 if it was not asked for."""
    resident_bytes: int
    """What it still held after the work, 0 if it was not asked for."""
    bytes_in: int
    """Size of the rows."""
    bytes_out: int
    """Size of the table made of them."""
    rows_out: int
    bytes_told: int
    """Size of what is told of all parts together."""

    @property
    def all_seconds(self) -> float:
        """What all of it took."""
        return self.seconds + self.idle_seconds


@dataclass
class Pilot(Stream):
    """The first rows of a table in parts of ever more; what comes of them is thrown away.

    Each worker stops by itself before it takes too long, or too much memory.
    """

    stream: TableStream
    """The work."""
    seconds: float
    """What a worker may take; the first two steps are made in any case."""
    idle: TableStream | None = None
    """The same work with none of the rows in the sample."""
    copies: int = 1
    """How many workers do each step, so that they are as much in each other's way as later."""
    memory: int | None = None
    """Bytes that a worker may hold, if memory is asked for."""
    costs: list[Cost] = field(default_factory=list)
    """Of the steps that this worker has made."""

    @property
    def folder(self) -> Path:
        return self.stream.folder

    def numbers(self) -> list[int]:
        return [*range(len(_sizes(self.stream.table.rows)) * self.copies)]

    def kept(self, number: int) -> Receipt | None:  # noqa: ARG002 - nothing is kept
        return None

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        chosen = self.numbers() if numbers is None else numbers
        return (part for part in self._steps() if part.number in chosen)

    def _steps(self) -> Iterator[Part]:
        table, first = self.stream.table, 0
        sizes = _sizes(table.rows)
        steps = zip(sizes, _pieces(table.reader.arrow(table.columns), sizes), strict=False)
        for step, (size, rows) in enumerate(steps):
            for copy in range(self.copies):
                yield Part(step * self.copies + copy, first, rows)
            first += rows.num_rows
            if rows.num_rows < size or self._too_large(rows.nbytes * TIMES):
                return

    def work(self, part: Part) -> Receipt:
        rows = part.batch.num_rows
        if self.costs and self._too_much():
            return Receipt(part.number, part.first_row, rows)
        begun = time.monotonic()
        files, _ = self.stream.made(part)
        done = time.monotonic()
        if self.idle is not None:
            self.idle.made(part)
        table: Any = files.pop(TABLE, None)
        told = sum(len(content) for suffix, content in files.items() if suffix not in {"rows", "ids"})
        asked = self.memory is not None
        cost = Cost(
            rows=rows,
            seconds=done - begun,
            idle_seconds=time.monotonic() - done,
            peak_bytes=peak_bytes() if asked else 0,
            resident_bytes=resident_bytes() if asked else 0,
            bytes_in=part.batch.nbytes,
            bytes_out=0 if table is None else table.nbytes,
            rows_out=0 if table is None else table.num_rows,
            bytes_told=told,
        )
        self.costs.append(cost)
        return Receipt(part.number, part.first_row, rows, {"cost": asdict(cost)})

    def _too_large(self, size: int) -> bool:
        """Whether rows of such a size may go beyond the limit before they come to a worker."""
        return self.memory is not None and resident_bytes() + READ_COPIES * size > self.memory

    def _too_much(self) -> bool:
        """Whether the next step may go beyond what a worker may take: it grows as the last one did."""
        before, last = self.costs[-2:] if len(self.costs) > 1 else self.costs * 2
        spent = sum(cost.all_seconds for cost in self.costs)
        slower = max(0, last.all_seconds - before.all_seconds)
        if before is not last and spent + last.all_seconds + TIMES * slower > self.seconds:
            return True
        grown = last.peak_bytes - before.peak_bytes
        most = last.peak_bytes + TIMES * max(grown, READ_COPIES * (last.bytes_in + last.bytes_out))
        return self.memory is not None and most > self.memory


def costs(executor: Executor, pilot: Pilot) -> list[Cost]:
    """What each step took each worker, the fewest rows first.

    Raises:
        MxtError: The rows are wrong.
    """
    receipts = list(executor.run(pilot))
    bad = [receipt for receipt in receipts if receipt.error]
    if bad:
        raise failure(bad[:1])
    found = [Cost(**receipt.facts["cost"]) for receipt in receipts if "cost" in receipt.facts]
    return sorted(found, key=lambda cost: cost.rows)


def line(found: Sequence[Cost], seconds: Callable[[Cost], float]) -> tuple[float, float]:
    """What a part takes by itself, and what each of its rows adds, by the means of the two largest steps."""
    sizes = sorted({cost.rows for cost in found})[-2:]
    times = [fmean(seconds(cost) for cost in found if cost.rows == size) for size in sizes]
    each = (
        max(0.0, times[-1] - times[0]) / max(1, sizes[-1] - sizes[0])
        if len(sizes) > 1
        else times[0] / sizes[0]
    )
    return max(0.0, times[-1] - each * sizes[-1]), each


def first_rows(table: Table, rows: int) -> pa.RecordBatch:
    """The first rows of a table, at most so many."""
    return next(cut(table.reader.arrow(table.columns), rows))


def peak_bytes() -> int:
    """Most memory that this process ever held, by /proc/self/status (VmHWM); getrusage has its parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


def resident_bytes() -> int:
    """Memory that this process holds, by /proc/self/statm."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _pieces(batches: Iterator[pa.RecordBatch], sizes: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """The rows in pieces of ever more rows, from one scan as in the job itself; the last may be smaller."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    for size in sizes:
        while sum(batch.num_rows for batch in held) < size and (batch := next(batches, None)) is not None:
            held.append(batch)
        if not held:
            return
        table = pa.Table.from_batches(held)
        yield table.slice(0, size).combine_chunks().to_batches()[0]
        held = table.slice(size).to_batches()


def _sizes(rows: int) -> list[int]:
    """Numbers of rows, each `TIMES` the one before, up to all of them."""
    steps = math.ceil(math.log(max(1.0, rows / FIRST_ROWS), TIMES))
    return [*(FIRST_ROWS * TIMES**step for step in range(steps)), rows]
