"""Progress of a long job: a bar on a terminal, else a line of the log each minute, and metrics of the run."""

from __future__ import annotations

import resource
import sys
import time
from typing import TYPE_CHECKING, Self

from loguru import logger
from tqdm import tqdm

if TYPE_CHECKING:
    from types import TracebackType

    from mxt.services.base.runs import Run

EVERY_SECONDS = 60.0


class Progress:
    """Counts rows that are done; a context manager."""

    def __init__(self, run: Run, what: str, total: int | None, done: int = 0, unit: str = "row") -> None:
        """Start counting.

        Args:
            run: Where the metrics go.
            what: What is done with the rows, as a verb.
            total: How many rows there are, if it is known.
            done: How many of them were done before.
            unit: What is counted, if it is not rows.
        """
        self._run, self._what, self._total, self._unit = run, what, total, unit
        self._done = self._before = done
        self._begun = self._reported = time.monotonic()
        self._bar = tqdm(total=total, initial=done, desc=what, unit=unit, unit_scale=True, disable=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.close()
        if self._done > self._before:
            self._run.score(self.metrics)

    @property
    def rate(self) -> float:
        """Rows, or units of another kind, per second since the start."""
        return (self._done - self._before) / max(time.monotonic() - self._begun, 1e-9)

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics of the run, by name."""
        return {
            f"{self._unit}s_done": float(self._done),
            f"{self._unit}s_per_second": round(self.rate, 1),
            "peak_memory_megabytes": round(peak_megabytes(), 1),
        }

    def add(self, rows: int) -> None:
        """Count rows that were done; now and then, report them."""
        self._done += rows
        self._bar.update(rows)
        if time.monotonic() - self._reported < EVERY_SECONDS:
            return
        self._reported = time.monotonic()
        self._run.score(self.metrics)
        if self._bar.disable:
            left = "" if self._total is None else f" of {self._total}, {self._seconds_left():.0f} s left"
            logger.info(
                "{}: {} {}s{}, {:.3g} {}s/s", self._what, self._done, self._unit, left, self.rate, self._unit
            )

    def _seconds_left(self) -> float:
        return ((self._total or 0) - self._done) / max(self.rate, 1e-9)


def peak_megabytes() -> float:
    """The most memory that this process ever held, or one of the processes that it waited for."""
    unit = 1 if sys.platform == "darwin" else 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(each).ru_maxrss for each in who) * unit / 1e6
