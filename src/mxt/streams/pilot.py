"""Pilots: work on the first rows of a table, thrown away, that measures what all of its rows will take."""

from __future__ import annotations

import time
from abc import ABC
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from mxt.executors.base import Part, Receipt, Stream
from mxt.streams.failures import failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mxt.executors.base import Executor
    from mxt.streams.tasks import TableStream

FIRST_ROWS = 4
"""Rows of a pilot's first step, enough to load whatever the work needs."""

TIMES = 4
"""How many times more rows each further step takes."""


@dataclass(frozen=True)
class Pilot(Stream, ABC):
    """A stream whose results are measured, and not kept."""

    stream: TableStream
    """The work to measure."""

    @property
    def folder(self) -> Path:
        return self.stream.folder

    def kept(self, number: int) -> Receipt | None:  # noqa: ARG002 - nothing is kept
        return None

    def facts(self, executor: Executor) -> list[Mapping[str, Any]]:
        """The measurements of each part, in their order.

        Raises:
            MxtError: The rows are wrong.
        """
        receipts = sorted(executor.run(self), key=lambda receipt: receipt.part)
        if bad := [receipt for receipt in receipts if receipt.error]:
            raise failure(bad[:1])
        return [receipt.facts for receipt in receipts if receipt.facts]


@dataclass(frozen=True)
class Pace:
    """How long the work of one worker takes, in seconds."""

    loading: float
    """Until a worker is ready."""
    predicted: float
    """For each row of the table."""
    explained: float
    """For each row explained, beside its prediction."""


@dataclass(frozen=True)
class TimingPilot(Pilot):
    """Times steps of ever more of the first rows. All workers do so at once, since they slow each other down.

    Each worker first works on some rows untimed, so that all is loaded.
    """

    idle: TableStream
    """The same work where no row is explained, in parts as long as they may become."""
    seconds: float
    """How long a worker's steps may take with explanations, and as long without; it makes two in any case."""
    workers: int = 1
    begun: float = field(default_factory=time.time)
    """When the pilot began, by the clock that processes and machines share."""

    def numbers(self) -> list[int]:
        return [*range(self.workers)]

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        longest = max(stream.workload.part_rows for stream in (self.stream, self.idle))
        rows = self.stream.workload.first_rows(longest)
        return (Part(number, 0, rows) for number in (self.numbers() if numbers is None else numbers))

    def work(self, part: Part) -> Receipt:
        for stream in (self.stream, self.idle):
            stream.make(replace(part, batch=part.batch.slice(0, FIRST_ROWS)))
        loading = max(0.0, time.time() - self.begun)
        facts = {"full": self._steps(self.stream, part), "idle": self._steps(self.idle, part)}
        return Receipt(part.number, 0, part.batch.num_rows, {"loading": loading, **facts})

    def measured(self, executor: Executor) -> Pace:
        """The mean pace of the workers.

        Raises:
            MxtError: The rows are wrong.
        """
        facts = self.facts(executor)
        full, idle = (_means([step for each in facts for step in each[name]]) for name in ("full", "idle"))
        rows, seconds = full[-1]
        longest = self.idle.workload.part_rows
        predicted = _extrapolated(idle, longest) / longest
        # By the largest step: the slope between small ones is unreliable, and rather too much is billed.
        explained = max(seconds / rows - predicted, 1e-9)
        loading = fmean(each["loading"] for each in facts) if executor.reloads else 0.0
        return Pace(loading, predicted, explained)

    def _steps(self, stream: TableStream, part: Part) -> list[tuple[int, float]]:
        """The rows and the seconds of each step."""
        steps: list[tuple[int, float]] = []
        for rows in step_sizes(min(stream.workload.part_rows, part.batch.num_rows)):
            if len(steps) > 1 and sum(step[1] for step in steps) + _extrapolated(steps, rows) > self.seconds:
                break
            begun = time.monotonic()
            stream.make(replace(part, batch=part.batch.slice(0, rows)))
            steps.append((rows, time.monotonic() - begun))
        return steps


def step_sizes(most: int) -> list[int]:
    """Numbers of rows up to `most`, each `TIMES` the one before."""
    sizes = [min(FIRST_ROWS, most)]
    while sizes[-1] < most:
        sizes.append(min(sizes[-1] * TIMES, most))
    return sizes


def _means(steps: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The mean seconds of the workers for each number of rows, the fewest rows first."""
    sizes = sorted({rows for rows, _ in steps})
    return [(size, fmean(seconds for rows, seconds in steps if rows == size)) for size in sizes]


def _extrapolated(steps: Sequence[tuple[int, float]], rows: int) -> float:
    """The seconds of a step of so many rows, by the line through the two largest steps."""
    (before, least), (last, most) = steps[max(0, len(steps) - 2)], steps[-1]
    slope = max(0.0, most - least) / (last - before) if last > before else most / last
    return most + slope * (rows - last)
