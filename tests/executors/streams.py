"""Streams that tests let executors run: real work on real batches, and ways to break it."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from mxt.errors import DataError
from mxt.executors.base import Part, Receipt, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Sums(Stream):
    """The sum of each part's numbers."""

    count: int
    seconds: float = 0.0

    def parts(self) -> Iterator[Part]:
        for number in range(self.count):
            rows = pa.record_batch({"x": list(range(number * 10, number * 10 + 10))})
            yield Part(number, number * 10, rows)

    def work(self, part: Part) -> Receipt:
        time.sleep(self.seconds)
        total = sum(part.batch["x"].to_pylist())
        return Receipt(
            part.number, part.first_row, part.batch.num_rows, {"sum": total, "process": os.getpid()}
        )


@dataclass(frozen=True)
class Failing(Sums):
    """Part 3 fails, as long as `folder` holds fewer than `times` marks."""

    folder: Path = Path()
    times: int = 99
    how: str = "bug"

    def work(self, part: Part) -> Receipt:
        marks = len(list(self.folder.iterdir()))
        if part.number == 3 and marks < self.times:
            (self.folder / str(marks)).touch()
            if self.how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "wrong":
                msg = "the part is wrong"
                raise DataError(msg)
            raise ValueError("a cell of a customer")  # noqa: TRY003, EM101 - what must not be told
        return super().work(part)
