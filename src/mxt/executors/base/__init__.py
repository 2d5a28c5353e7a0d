"""Executors: who works on the parts of a table. Here are parts, receipts, streams and the family's base."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mxt.errors import MxtError, ServiceError, out_of_memory
from mxt.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

ATTEMPTS = 3
"""How often a part that raises an error is tried before it counts as failed."""

AHEAD = 2
"""Parts that a worker holds at most: the one in work and the next."""


@dataclass(frozen=True)
class Part:
    """Consecutive rows of a table."""

    number: int
    first_row: int
    batch: pa.RecordBatch


@dataclass(frozen=True)
class Receipt:
    """How the work on a part ended."""

    part: int
    first_row: int
    rows: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the work reports of the part, as JSON can hold it."""
    error: str = ""
    """Why the part failed; empty if it did not."""
    exit_code: int = 0
    """The exit code of the error; 0 without one."""


class Stream(ABC):
    """Work on a table in parts; it is pickled, and sent to each worker once."""

    @property
    @abstractmethod
    def folder(self) -> Path:
        """A folder that all machines see by the same path; the stream is sent to workers through it."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages whose versions must be the same on all machines, beside those that every model needs."""
        return ()

    @abstractmethod
    def numbers(self) -> list[int]:
        """The numbers of the parts that are to be worked on, in their order.

        Raises:
            DataError: The rows cannot be counted.
        """

    @abstractmethod
    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        """The parts that are to be worked on, in their order.

        Args:
            numbers: Some of `numbers()`, in their order; all of them if left out.

        Raises:
            DataError: The table cannot be read on.
        """

    @abstractmethod
    def kept(self, number: int) -> Receipt | None:
        """Receipt of a part that an earlier attempt finished before it could report back, if there is one."""

    @abstractmethod
    def work(self, part: Part) -> Receipt:
        """Work on one part; working on it again gives the same result.

        Raises:
            MxtError: The part is wrong.
        """


class Executor(Kind, ABC):
    """Works on the parts of a table; the result does not depend on which executor does."""

    reloads: ClassVar[bool] = True
    """Whether its workers are processes that load the model anew in each run, and count their own memory."""

    @property
    def workers(self) -> int:
        """How many parts are worked on at once."""
        return 1

    @property
    def choices(self) -> Sequence[int]:
        """Numbers of workers on this machine that a memory limit may choose from, the most first."""
        return ()

    def limited(self, workers: int) -> Self:  # noqa: ARG002 - where there are choices
        """The executor with at most so many workers, where it has `choices`."""
        return self

    @abstractmethod
    def run(self, stream: Stream) -> Iterator[Receipt]:
        """A receipt for each part, as they are done.

        Raises:
            DataError: The table cannot be read on.
            ServiceError: The workers cannot be started.
        """


def attempted(stream: Stream, part: Part) -> Receipt:
    """Work on a part, and try again if that fails: the receipt of the work, or of the last failure."""
    attempt = 1
    while True:
        try:
            return stream.work(part)
        except Exception as error:  # noqa: BLE001 - a part that fails does not stop the others
            if attempt == ATTEMPTS or isinstance(error, MxtError):
                return failed(part, error)
            attempt += 1


def failed(part: Part, error: BaseException) -> Receipt:
    """The receipt of a part that failed; the text of a bug is withheld, since it may quote data."""
    rows = part.batch.num_rows
    if out_of_memory(error):
        msg = f"Memory ran out on {rows} rows at once. Set a smaller part_rows, or use fewer processes."
        error = ServiceError(msg)
    if isinstance(error, MxtError):
        return Receipt(part.number, part.first_row, rows, error=str(error), exit_code=error.exit_code)
    bug = f"A bug in MXT: {type(error).__name__}{_place(error)}."
    return Receipt(part.number, part.first_row, rows, error=bug, exit_code=1)


def _place(error: BaseException) -> str:
    """Where an error was raised, as words to add to a message."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" at {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
