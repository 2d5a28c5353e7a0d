"""Memory limits: parts as large, and processes as many, as fit into memory by what a pilot took."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from mxt.datasets.parts import GROUP_ROWS
from mxt.errors import ConfigError
from mxt.executors.processes import AHEAD, ProcessesExecutor
from mxt.executors.serial import SerialExecutor
from mxt.streams.pilot import FIRST_ROWS, Pilot, costs, first_rows, peak_bytes, resident_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.executors.base import Executor
    from mxt.streams.pilot import Cost
    from mxt.streams.tasks import TableStream

LEAST_ROWS = 16
"""Rows of the smallest part."""

WORTHWHILE_ROWS = 256
"""Rows of a part below which fewer processes with larger parts are preferred."""

PILOT_SECONDS = 60.0
"""What a pilot may take; memory of more rows is told by the slope."""

SPARE_SHARE = 0.1
"""Share of the limit that is left free, for what a pilot does not see: figures, the log, the heap's gaps."""

NOISE = 32 << 20
"""Bytes that a process may grow by for other reasons than more rows."""

COPIES = 8
"""Copies of a row that its work may hold at once; what memory grows by where a pilot could not see it."""

WRITTEN_COPIES = 3
"""Copies of a group of rows that a writer holds: the parts', their sum, and what is encoded."""

MERGED_AT_ONCE = 9
"""States of parts that are merged at once, of which each is held twice."""


@dataclass(frozen=True)
class Fit:
    """How a job works so that it stays below its limit."""

    rows: int
    """Rows of a part."""
    processes: int
    """How many work at once."""
    need: int
    """Bytes that all processes together are thought to hold at most."""


@dataclass(frozen=True)
class Need:
    """What a job holds at most, by the rows of a part and the number of processes."""

    steps: Sequence[Cost]
    """What a pilot took, the fewest rows first."""
    here: int
    """Bytes that this process holds when all that it needs is loaded."""
    peak: int
    """Most that this process ever held."""
    own: bool
    """Whether parts are worked on in processes of their own."""
    rows: int | None
    """Rows of the whole table, if it is known."""

    def bytes(self, rows: int, processes: int) -> int:
        """Bytes that all processes together hold at most."""
        last = self.steps[-1]
        finish = max(self._written, MERGED_AT_ONCE * 2 * last.bytes_told * rows // last.rows)
        if not self.own:
            return max(self._work(rows), self._held(rows) + finish)
        waiting = (processes * AHEAD + 3) * rows * last.bytes_in // last.rows
        working = max(self.peak, self.here + waiting) + processes * self._work(rows)
        return max(working, self.here + finish)

    @property
    def _written(self) -> int:
        """What writing takes."""
        last = self.steps[-1]
        most = GROUP_ROWS if self.rows is None else min(GROUP_ROWS, self.rows * last.rows_out // last.rows)
        return WRITTEN_COPIES * most * last.bytes_out // max(1, last.rows_out)

    def _work(self, rows: int) -> int:
        """The peak of the process that works on parts of so many rows."""
        for cost in self.steps:
            if cost.rows >= rows:
                return cost.peak_bytes
        return self.steps[-1].peak_bytes + self._growth(rows)

    def _held(self, rows: int) -> int:
        """What that process holds when it has worked on them."""
        for cost in self.steps:
            if cost.rows >= rows:
                return cost.resident_bytes
        return self.steps[-1].resident_bytes + self._growth(rows)

    def _growth(self, rows: int) -> int:
        """What rows beyond those of the last step add."""
        last, before = self.steps[-1], self.steps[-2] if len(self.steps) > 1 else self.steps[-1]
        slope = (last.peak_bytes - before.peak_bytes - NOISE) / max(1, last.rows - before.rows)
        least = COPIES * (last.bytes_in + last.bytes_out) / last.rows
        return round((rows - last.rows) * max(slope, least))


def fit(stream: TableStream, executor: Executor, limit: int, libraries: Sequence[str], *, fixed: bool) -> Fit:
    """The largest parts and the most processes with which a job stays below a limit.

    Args:
        stream: The work; its table has parts of the size that suits it.
        executor: Who works on it.
        limit: Bytes that all processes together may hold.
        libraries: What the end of the job loads; it is loaded now, so that it is counted.
        fixed: Whether parts must have the size that they have.

    Raises:
        ConfigError: No part is small enough, or the executor works on other machines.
    """
    for library in libraries:
        importlib.import_module(library)
    need = _need(stream, executor, limit)
    suited = stream.table.rows
    sizes = [suited] if fixed else sorted({*_powers(suited), suited}, reverse=True)
    for processes in _counts(executor):
        found = next((rows for rows in sizes if need.bytes(rows, processes) <= (1 - SPARE_SHARE) * limit), 0)
        enough = found >= min(suited, WORTHWHILE_ROWS)
        if found and (enough or processes == _counts(executor)[-1]):
            return _told(Fit(found, processes, need.bytes(found, processes)), limit)
    least = need.bytes(sizes[-1], _counts(executor)[-1])
    msg = (
        f"memory_limit is {_megabytes(limit)}, but {sizes[-1]} rows at a time in "
        f"{_counts(executor)[-1]} process(es) need {_megabytes(least)}, by measure; "
        f"give at least {_megabytes(least / (1 - SPARE_SHARE))}."
    )
    raise ConfigError(msg)


def _need(stream: TableStream, executor: Executor, limit: int) -> Need:
    if not Path("/proc/self/status").exists():
        msg = "memory_limit reads what Linux tells in /proc, which is not here; give part_rows instead."
        raise ConfigError(msg)
    own = isinstance(executor, ProcessesExecutor)
    one = executor.model_copy(update={"processes": 1}) if own else executor
    most = (1 - SPARE_SHARE) * limit
    if own:  # a worker has what this process leaves, which reads the table meanwhile
        first_rows(stream.table, FIRST_ROWS)
        most -= resident_bytes()
    steps = costs(one, Pilot(stream, PILOT_SECONDS, memory=most))
    return Need(steps, resident_bytes(), peak_bytes(), own, stream.table.reader.known_rows())


def _counts(executor: Executor) -> list[int]:
    """Numbers of processes to choose from, the most first."""
    if isinstance(executor, SerialExecutor):
        return [1]
    if isinstance(executor, ProcessesExecutor):
        return [*range(executor.workers, 0 if executor.processes is None else executor.workers - 1, -1)]
    msg = f"memory_limit counts processes of this machine; {type(executor).__name__} has limits of its own."
    raise ConfigError(msg)


def _powers(suited: int) -> list[int]:
    """Sizes of parts from the smallest on, each four times the one before."""
    return [rows for rows in (LEAST_ROWS * 4**step for step in range(16)) if rows < suited]


def _told(found: Fit, limit: int) -> Fit:
    logger.info(
        "{} rows at a time in {} process(es) need {} of {}",
        found.rows, found.processes, _megabytes(found.need), _megabytes(limit),
    )  # fmt: skip
    return found


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"
