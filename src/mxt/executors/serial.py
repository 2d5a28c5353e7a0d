"""One part after another, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.executors.base import Executor, attempted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mxt.executors.base import Receipt, Stream


class SerialExecutor(Executor):
    """Works on one part after another, in this process; compiled kernels still use all cores.

    Example:
        {KIND: SerialExecutor}
    """

    KIND: Literal["SerialExecutor"] = "SerialExecutor"

    reloads: ClassVar[bool] = False

    @property
    def choices(self) -> Sequence[int]:
        return (1,)

    def run(self, stream: Stream) -> Iterator[Receipt]:
        for part in stream.parts():
            yield attempted(stream, part)
