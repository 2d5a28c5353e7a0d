"""One part after another, in this process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from executors.streams import Sums
from mxt.executors.serial import SerialExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mxt.executors.base import Part


@dataclass(frozen=True)
class Counted(Sums):
    """Parts that are counted when they are read."""

    reads: tuple[list[int], ...] = ()

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        for part in super().parts(numbers):
            self.reads[0].append(part.number)
            yield part


def test_a_part_is_read_only_when_the_one_before_is_done() -> None:
    reads: list[int] = []
    receipts = SerialExecutor().run(Counted(3, reads=(reads,)))
    for number in range(3):
        receipt = next(receipts)
        assert (receipt.part, receipt.facts["process"]) == (number, os.getpid())
        assert reads == [*range(number + 1)]
