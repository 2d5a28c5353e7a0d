"""Pilots: what the first rows of a table cost, in time and memory, before all of them are worked on."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from mxt.datasets.parts import cut
from mxt.executors.base import Part, Receipt, Stream
from mxt.streams.failures import failure
from mxt.streams.staging import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from mxt.executors.base import Executor
    from mxt.streams.tasks import Table, TableStream

FIRST_ROWS = 4
"""Rows that a pilot starts with, enough to load whatever the work needs."""

TIMES = 4
"""How many times more rows each further step takes."""

ANYWAY_ROWS = FIRST_ROWS * TIMES
"""Rows of the largest step that is made however long it takes, so that there are two."""

READ_COPIES = 3
"""Copies of the rows of a part that reading holds at once."""


Times = Literal["seconds", "idle_seconds"]


@dataclass(frozen=True)
class Cost:
    """What work on some rows took."""

    rows: int
    seconds: float | None
    """None if that was not asked for, or would have taken too long."""
    idle_seconds: float | None
    """What the rows took where none was in the sample; None as well."""
    loading_seconds: float
    """What it took until all was loaded, from the start of the pilot on; 0 but for a worker's first step."""
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


@dataclass
class Pilot(Stream):
    """The first rows of a table in parts of ever more; what comes of them is thrown away.

    Each worker stops by itself before it takes too long, or too much memory.
    """

    stream: TableStream
    """The work."""
    seconds: float
    """What a worker may take for the work, and as much for the idle work; the first two steps are made in any
    case. Before its first step it works on some rows untimed, so that all is loaded."""
    idle: TableStream | None = None
    """The same work with none of the rows in the sample, in parts as long as they may become."""
    copies: int = 1
    """How many workers do each step, so that they are as much in each other's way as later."""
    memory: float | None = None
    """Bytes that a worker may hold, if memory is asked for."""
    begun: float = field(default_factory=time.time)
    """By the clock that processes and machines share."""
    costs: list[Cost] = field(default_factory=list)
    """Of the steps that this worker has made."""

    @property
    def folder(self) -> Path:
        return self.stream.folder

    def numbers(self) -> list[int]:
        return [*range(len(self._sizes()) * self.copies)]

    def kept(self, number: int) -> Receipt | None:  # noqa: ARG002 - nothing is kept
        return None

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        chosen = self.numbers() if numbers is None else numbers
        return (part for part in self._steps() if part.number in chosen)

    def _steps(self) -> Iterator[Part]:
        table, first = self.stream.table, 0
        sizes = self._sizes()
        steps = zip(sizes, _pieces(table.reader.arrow(table.columns), sizes), strict=False)
        for step, (size, rows) in enumerate(steps):
            for copy in range(self.copies):
                yield Part(step * self.copies + copy, first, rows)
            first += rows.num_rows
            if rows.num_rows < size or self._too_large(rows.nbytes * TIMES):
                return

    def _sizes(self) -> list[int]:
        """Numbers of rows, each `TIMES` the one before, up to all of a part, and of an idle one."""
        table = self.stream.table
        longest = table.rows if self.idle is None else max(table.rows, self.idle.table.rows)
        sizes = [min(FIRST_ROWS, table.rows)]
        while sizes[-1] < longest:
            sizes.append(min(sizes[-1] * TIMES, table.rows if sizes[-1] < table.rows else longest))
        return sizes

    def work(self, part: Part) -> Receipt:
        rows = part.batch.num_rows
        works = rows <= self.stream.table.rows and self._affords(rows, "seconds") and not self._too_much()
        work = self.stream if works else None
        idle = self.idle if self._affords(rows, "idle_seconds") else None
        if work is None and idle is None:
            return Receipt(part.number, part.first_row, rows)
        loading = 0.0
        if not self.costs:
            self._cost(replace(part, batch=part.batch.slice(0, FIRST_ROWS)), work, idle)
            loading = max(0.0, time.time() - self.begun)
        cost = replace(self._cost(part, work, idle), loading_seconds=loading)
        self.costs.append(cost)
        return Receipt(part.number, part.first_row, rows, {"cost": asdict(cost)})

    def _cost(self, part: Part, work: TableStream | None, idle: TableStream | None) -> Cost:
        begun = time.monotonic()
        files = {} if work is None else work.made(part)[0]
        done = time.monotonic()
        if idle is not None:
            idle.made(part)
        ended = time.monotonic()
        table: Any = files.pop(TABLE, None)
        told = sum(len(content) for suffix, content in files.items() if suffix not in {"rows", "ids"})
        asked = self.memory is not None
        return Cost(
            rows=part.batch.num_rows,
            seconds=None if work is None else done - begun,
            idle_seconds=None if idle is None else ended - done,
            loading_seconds=0.0,
            peak_bytes=peak_bytes() if asked else 0,
            resident_bytes=resident_bytes() if asked else 0,
            bytes_in=part.batch.nbytes,
            bytes_out=0 if table is None else table.nbytes,
            rows_out=0 if table is None else table.num_rows,
            bytes_told=told,
        )

    def _too_large(self, size: int) -> bool:
        """Whether rows of such a size may go beyond the limit before they come to a worker."""
        return self.memory is not None and resident_bytes() + READ_COPIES * size > self.memory

    def _affords(self, rows: int, name: Times) -> bool:
        """Whether this worker may take so many rows on, by what others took it."""
        if rows <= ANYWAY_ROWS:
            return True
        known = times(self.costs, name)
        if not known:
            return False
        part, each = line(known)
        return sum(seconds for _, seconds in known) + part + each * rows <= self.seconds

    def _too_much(self) -> bool:
        """Whether the next step may hold more memory than a worker may: it grows as the last one did."""
        if self.memory is None or not self.costs:
            return False
        before, last = self.costs[-2:] if len(self.costs) > 1 else self.costs * 2
        grown = last.peak_bytes - before.peak_bytes
        return (
            last.peak_bytes + TIMES * max(grown, READ_COPIES * (last.bytes_in + last.bytes_out)) > self.memory
        )


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


def times(found: Sequence[Cost], name: Times) -> list[tuple[int, float]]:
    """The rows and the seconds of the steps that were made."""
    made = ((cost.rows, cost.seconds if name == "seconds" else cost.idle_seconds) for cost in found)
    return [(rows, seconds) for rows, seconds in made if seconds is not None]


def line(found: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """What a part takes by itself, and what each of its rows adds, by the means of the two largest steps.

    Args:
        found: Rows and seconds of some steps.
    """
    sizes = sorted({rows for rows, _ in found})[-2:]
    means = [fmean(seconds for rows, seconds in found if rows == size) for size in sizes]
    if len(sizes) == 1:
        return 0.0, means[0] / sizes[0]
    each = max(0.0, means[1] - means[0]) / (sizes[1] - sizes[0])
    return max(0.0, means[1] - each * sizes[1]), each


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
