"""What every executor does: hand out the parts of a table."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxt.errors import MxtError, ServiceError, out_of_memory
from mxt.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

ATTEMPTS = 3
"""How often a part that raises an error is tried before it counts as failed."""


@dataclass(frozen=True)
class Part:
    """A stretch of a table's rows, cut by a rule that knows the table only."""

    number: int
    first_row: int
    batch: pa.RecordBatch


@dataclass(frozen=True)
class Receipt:
    """What became of a part."""

    part: int
    first_row: int
    rows: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the work found, as JSON can hold it."""
    error: str = ""
    """Why the part failed; empty if it did not."""
    exit_code: int = 0
    """That of the error."""


class Stream(ABC):
    """Work on a table in parts; it is pickled, and sent to each worker once."""

    @property
    @abstractmethod
    def folder(self) -> Path:
        """Where workers on other machines find what is sent to them; each sees it by the same path."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages beside those of every model that must be the same wherever there is work."""
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
        """The receipt of a part whose work an attempt has finished that could not tell of it."""

    @abstractmethod
    def work(self, part: Part) -> Receipt:
        """Work on one part, so that it can be done again with the same result.

        Raises:
            MxtError: The part is wrong.
        """


class Executor(Kind, ABC):
    """Works on the parts of a table; the result does not depend on which executor does."""

    @property
    def workers(self) -> int:
        """How many parts are worked on at once."""
        return 1

    @abstractmethod
    def run(self, stream: Stream) -> Iterator[Receipt]:
        """A receipt for each part, as they are done.

        Raises:
            DataError: The table cannot be read on.
            ServiceError: The workers cannot be started.
        """


def attempted(stream: Stream, part: Part) -> Receipt:
    """The receipt of a part: that of its work, or of its last failure."""
    for attempt in range(ATTEMPTS):
        try:
            return stream.work(part)
        except Exception as error:  # noqa: BLE001 - a part that fails does not stop the others
            if attempt + 1 == ATTEMPTS or isinstance(error, MxtError):
                return failed(part.number, part.first_row, part.batch.num_rows, error)
    raise AssertionError


def failed(number: int, first_row: int, rows: int, error: BaseException) -> Receipt:
    """The receipt of a part that failed; the text of a bug is withheld, since it may quote data."""
    if out_of_memory(error):
        msg = f"Memory ran out on {rows} rows at once. Set a smaller part_rows, or use fewer processes."
        error = ServiceError(msg)
    known = isinstance(error, MxtError)
    why = str(error) if known else f"A bug in MXT: {type(error).__name__}{_place(error)}."
    return Receipt(number, first_row, rows, error=why, exit_code=error.exit_code if known else 1)  # type: ignore[attr-defined] # known


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" at {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
