"""Streams that tests let executors run: real work on real batches, and ways to break it."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mxt.errors import ConfigError, DataError, MissingExtraError, ModelError, MxtError, ServiceError
from mxt.executors.base import Part, Receipt, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


FAULTS: dict[str, MxtError] = {
    "root": MxtError("it went wrong"),
    "config": ConfigError("the config is wrong"),
    "data": DataError("the data are wrong"),
    "model": ModelError("the model is wrong"),
    "service": ServiceError("the service is silent"),
    "extra": MissingExtraError("LightGBM", "lightgbm"),
}
"""An error of each class of MXT."""


@dataclass(frozen=True)
class Sums(Stream):
    """The sum of each part's numbers."""

    count: int
    seconds: float = 0.0

    @property
    def folder(self) -> Path:
        return Path(tempfile.gettempdir())

    def numbers(self) -> list[int]:
        return [*range(self.count)]

    def kept(self, number: int) -> Receipt | None:  # noqa: ARG002 - nothing is
        return None

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        for number in self.numbers() if numbers is None else numbers:
            rows = pa.record_batch({"x": list(range(number * 10, number * 10 + 10))})
            yield Part(number, number * 10, rows)

    def work(self, part: Part) -> Receipt:
        time.sleep(self.seconds)
        total = sum(part.batch["x"].to_pylist())
        return Receipt(
            part.number, part.first_row, part.batch.num_rows, {"sum": total, "process": os.getpid()}
        )


@dataclass(frozen=True)
class Unloadable(Sums):
    """A stream of a megabyte that kills the process which unpickles it."""

    ballast: bytes = bytes(1 << 20)

    def __setstate__(self, state: dict[str, object]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Meeting(Sums):
    """Work that waits until two processes are at it."""

    marks: Path = Path()

    def work(self, part: Part) -> Receipt:
        (self.marks / str(os.getpid())).touch()
        while len(list(self.marks.iterdir())) < 2:
            time.sleep(0.01)
        return super().work(part)


@dataclass(frozen=True)
class Uneven(Sums):
    """Work that takes its time for all parts but the first."""

    def work(self, part: Part) -> Receipt:
        return super().work(part) if part.number else Sums(self.count).work(part)


@dataclass(frozen=True)
class Long(Sums):
    """Work that leaves a mark when it begins, named by its process, and another when it ends."""

    marks: Path = Path()

    def work(self, part: Part) -> Receipt:
        (self.marks / f"begun-{os.getpid()}").touch()
        receipt = super().work(part)
        (self.marks / f"done-{os.getpid()}").touch()
        return receipt


@dataclass(frozen=True)
class Large(Sums):
    """Parts of 160 MB for workers that may take 100 MB more than they have."""

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + 100_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        for part in super().parts(numbers):
            yield replace(part, batch=pa.record_batch({"x": np.zeros(20_000_000)}))


@dataclass(frozen=True)
class Damaged(Sums):
    """A table that cannot be read to its end."""

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        yield from super().parts(numbers)
        msg = "the table is damaged"
        raise DataError(msg)


@dataclass(frozen=True)
class Failing(Sums):
    """Part 3 fails, as long as the folder `marks` holds fewer than `times` marks."""

    marks: Path = Path()
    times: int = 99
    how: str = "bug"

    def work(self, part: Part) -> Receipt:
        marks = len(list(self.marks.iterdir()))
        if part.number == 3 and marks < self.times:
            (self.marks / str(marks)).touch()
            if self.how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "array":
                np.empty(1 << 58)
            if self.how == "buffer":
                pa.allocate_buffer(1 << 60)
            if self.how in FAULTS:
                raise FAULTS[self.how]
            if self.how == "wrong":
                msg = "the part is wrong"
                raise DataError(msg)
            raise ValueError("a cell of a customer")  # noqa: TRY003, EM101 - what must not be told
        return super().work(part)
