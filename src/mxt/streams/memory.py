"""Memory limits: parts as large, and processes as many, as fit into memory by the measurements of a pilot."""

from __future__ import annotations

import importlib
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from mxt.datasets.parts import GROUP_ROWS, pieces
from mxt.errors import ConfigError
from mxt.executors.base import AHEAD, Part, Receipt
from mxt.streams.pilot import FIRST_ROWS, TIMES, Pilot, step_sizes
from mxt.streams.receipts import IDS, ROWS, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mxt.executors.base import Executor
    from mxt.streams.tasks import TableStream

LEAST_ROWS = 16
"""Rows of the smallest part."""

WORTHWHILE_ROWS = 256
"""Rows of a part below which fewer processes with larger parts are preferred."""

PILOT_SECONDS = 60.0
"""How long a pilot's next step may take; the memory of more rows is extrapolated."""

SPARE_SHARE = 0.1
"""Share of the limit that stays free, for what no pilot measures: charts, the log, gaps in the heap."""

NOISE = 32 << 20
"""Bytes by which a process may grow for other reasons than more rows."""

COPIES, READ_COPIES, WRITTEN_COPIES = 8, 3, 3
"""Copies of rows that their work, reading and writing may hold at once; a process never grows by less."""

MERGED_AT_ONCE = 9
"""How many parts' states are merged at once, each held twice."""


@dataclass(frozen=True)
class Footprint:
    """Bytes that a process held when it worked on some rows."""

    rows: int
    seconds: float
    peak: int
    """The most memory that the process ever held."""
    resident: int
    """What it still held after the work."""
    read: int
    """Size of the rows."""
    written: int
    """Size of the table made of them, which has `written_rows`."""
    written_rows: int
    states: int
    """Size of their figures that are merged with those of other parts."""


@dataclass(frozen=True)
class MemoryPilot(Pilot):
    """Works on ever more of the first rows in one process, as long as it stays below `most` bytes."""

    most: float
    steps: list[Footprint] = field(default_factory=list)
    """The steps that this process has made."""

    def numbers(self) -> list[int]:
        return [*range(len(step_sizes(self.stream.workload.part_rows)))]

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        workload, sizes = self.stream.workload, step_sizes(self.stream.workload.part_rows)
        for number, batch in enumerate(pieces(workload.reader.arrow(workload.columns), sizes)):
            if numbers is None or number in numbers:
                yield Part(number, 0, batch)
            if _held("VmRSS") + READ_COPIES * TIMES * batch.nbytes > self.most:
                return

    def work(self, part: Part) -> Receipt:
        rows, begun = part.batch.num_rows, time.monotonic()
        if self.steps and not self._affords_more():
            return Receipt(part.number, 0, rows)
        files, _ = self.stream.make(part)
        sizes = {
            suffix: len(file) if isinstance(file, bytes) else file.nbytes for suffix, file in files.items()
        }
        step = Footprint(
            rows,
            seconds=time.monotonic() - begun,
            peak=_held("VmHWM"),
            resident=_held("VmRSS"),
            read=part.batch.nbytes,
            written=sizes.get(TABLE, 0),
            written_rows=getattr(files.get(TABLE), "num_rows", 0),
            states=sum(size for suffix, size in sizes.items() if suffix not in {TABLE, ROWS, IDS}),
        )
        self.steps.append(step)
        return Receipt(part.number, 0, rows, asdict(step))

    def _affords_more(self) -> bool:
        """Whether a step of `TIMES` as many rows fits into time and memory, by the growth of the last one."""
        if len(self.steps) > 1 and TIMES * self.steps[-1].seconds > PILOT_SECONDS:
            return False  # the first step may have taken long because it loaded libraries
        before, last = _last_two(self.steps)
        growth = max(last.peak - before.peak, READ_COPIES * (last.read + last.written))
        return last.peak + TIMES * growth <= self.most


@dataclass(frozen=True)
class Need:
    """What a job holds at most, by the rows of a part and the number of processes."""

    steps: Sequence[Footprint]
    """The measurements, the fewest rows first."""
    here: int
    """Bytes that this process holds when all that it needs is loaded."""
    peak: int
    """The most bytes that this process ever held."""
    separate: bool
    """Whether parts are worked on in processes of their own."""
    rows: int | None
    """Rows of the whole table, if they are known."""

    def bytes(self, rows: int, processes: int) -> int:
        """Bytes that all processes together hold at most."""
        last = self.steps[-1]
        most = (
            GROUP_ROWS if self.rows is None else min(GROUP_ROWS, self.rows * last.written_rows // last.rows)
        )
        writing = WRITTEN_COPIES * most * last.written // max(1, last.written_rows)
        ending = max(writing, MERGED_AT_ONCE * 2 * last.states * rows // last.rows)
        step = next((step for step in self.steps if step.rows >= rows), last)
        more = self._growth(max(0, rows - last.rows))
        if not self.separate:
            return max(step.peak, step.resident + ending) + more
        waiting = (processes * AHEAD + 3) * rows * last.read // last.rows
        working = max(self.peak, self.here + waiting) + processes * (step.peak + more)
        return max(working, self.here + ending)

    def _growth(self, rows: int) -> int:
        """Bytes that so many rows beyond the last step add."""
        before, last = _last_two(self.steps)
        slope = (last.peak - before.peak - NOISE) / max(1, last.rows - before.rows)
        return round(rows * max(slope, COPIES * (last.read + last.written) / last.rows))


def fit(
    stream: TableStream, executor: Executor, limit: int, libraries: Sequence[str], *, fixed: bool
) -> tuple[int, int]:
    """The rows of the largest parts, and the number of processes, with which a job stays below a limit.

    Args:
        stream: The work; its parts have the size that suits it.
        executor: Who works on it.
        limit: Bytes that all processes together may hold.
        libraries: Modules that the end of the job needs; they are imported now, so that they are measured.
        fixed: Whether parts must keep their size.

    Raises:
        ConfigError: No part is small enough, or the executor works on other machines.
    """
    if not executor.choices:
        msg = (
            f"memory_limit counts processes of this machine; {type(executor).__name__} has limits of its own."
        )
        raise ConfigError(msg)
    for library in libraries:
        importlib.import_module(library)
    need, suited = _need(stream, executor, limit), stream.workload.part_rows
    smaller = [LEAST_ROWS * TIMES**power for power in range(16)]
    sizes = [suited, *([] if fixed else sorted((rows for rows in smaller if rows < suited), reverse=True))]
    for processes in executor.choices:
        most = next((rows for rows in sizes if need.bytes(rows, processes) <= (1 - SPARE_SHARE) * limit), 0)
        if most and (most >= min(suited, WORTHWHILE_ROWS) or processes == executor.choices[-1]):
            logger.info(
                "{} rows at a time in {} process(es) need {} of {}",
                most, processes, _megabytes(need.bytes(most, processes)), _megabytes(limit),
            )  # fmt: skip
            return most, processes
    least = need.bytes(sizes[-1], executor.choices[-1])
    msg = (
        f"memory_limit is {_megabytes(limit)}, but {sizes[-1]} rows at a time in {executor.choices[-1]} "
        f"process(es) need {_megabytes(least)}, by measure; "
        f"give at least {_megabytes(least / (1 - SPARE_SHARE))}."
    )
    raise ConfigError(msg)


def _need(stream: TableStream, executor: Executor, limit: int) -> Need:
    """What a pilot in one process of the executor measures."""
    if not Path("/proc/self/status").exists():
        msg = "memory_limit reads Linux's /proc, which does not exist here; give part_rows instead."
        raise ConfigError(msg)
    most = (1 - SPARE_SHARE) * limit
    if executor.reloads:  # a worker has what this process leaves, which reads the table meanwhile
        stream.workload.first_rows(FIRST_ROWS)
        most -= _held("VmRSS")
    steps = [Footprint(**facts) for facts in MemoryPilot(stream, most).facts(executor.limited(1))]
    rows = stream.workload.reader.known_rows()
    return Need(steps, _held("VmRSS"), _held("VmHWM"), executor.reloads, rows)


def _last_two(steps: Sequence[Footprint]) -> tuple[Footprint, Footprint]:
    """The two largest steps; twice the same one if there is only one."""
    return steps[max(0, len(steps) - 2)], steps[-1]


def _held(name: str) -> int:
    """Bytes that this process holds now (``VmRSS``), or the most that it ever held (``VmHWM``)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"
