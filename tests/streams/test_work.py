"""Work on a stream: each part once, whatever earlier runs have finished, and nothing left in the end."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.executors.serial import SerialExecutor
from mxt.streams.plans import Bounds
from mxt.streams.tasks import Done, Task
from mxt.streams.work import MOST_FAILED, worked
from streams.slow import stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mxt.services.base.runs import Run
    from mxt.streams.parts import Parts
    from mxt.streams.tasks import TableStream

ROWS, PART_ROWS = 100, 10


@dataclass(frozen=True)
class Marking(Task):
    """The row numbers; each part that is worked on leaves a mark, and those named are wrong."""

    marks: Path
    wrong: tuple[int, ...] = ()

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:  # noqa: ARG002 - one table is enough
        part = int(inputs.index[0]) // PART_ROWS
        (self.marks / f"{part}-{len([*self.marks.iterdir()])}").touch()
        if part in self.wrong:
            msg = f"part {part} is wrong."
            raise DataError(msg)
        return Done(pd.DataFrame({"number": inputs.index}, index=inputs.index), {"state": str(part).encode()})


@dataclass(frozen=True)
class Place:
    """A table in ten parts, and the run that works on it."""

    stream: TableStream
    run: Run
    marks: Path

    @contextmanager
    def work(
        self, *, fresh: bool = False, wrong: tuple[int, ...] = (), share: tuple[int, int] = (1, 1)
    ) -> Iterator[Parts]:
        workload = replace(self.stream.workload, task=Marking(self.marks, wrong))
        stream = replace(self.stream, workload=workload, share=share)
        with worked(stream, SerialExecutor(), Bounds(fixed=True), self.run, "mark", fresh=fresh) as parts:
            yield parts

    def worked_on(self) -> list[int]:
        """The parts that were worked on since this was called last."""
        marks = [*self.marks.iterdir()]
        for mark in marks:
            mark.unlink()
        return sorted(int(mark.name.partition("-")[0]) for mark in marks)


@pytest.fixture
def place(tmp_path: Path, mlflow_run: Run) -> Place:
    (tmp_path / "marks").mkdir()
    return Place(
        stream(tmp_path, Marking(tmp_path / "marks"), ROWS, PART_ROWS), mlflow_run, tmp_path / "marks"
    )


def rows(parts: Parts) -> list[int]:
    return [row for batch in parts.tables() for row in batch["number"].to_pylist()]


def test_all_parts_are_there_in_the_order_of_the_table_and_gone_when_the_output_is_made(place: Place) -> None:
    with place.work() as parts:
        assert rows(parts) == [*range(ROWS)]
        assert [*parts.states("state")] == [str(part).encode() for part in range(10)]
        assert place.stream.folder.exists()
    assert place.worked_on() == [*range(10)]
    assert not place.stream.folder.exists()


def test_finished_parts_are_kept_when_others_fail_and_not_worked_on_again(place: Place) -> None:
    with pytest.raises(DataError, match=r"^part 3 is wrong\. .*1 more parts failed\. 8 parts are kept"):
        place.work(wrong=(3, 7)).__enter__()
    assert place.worked_on() == [*range(10)]
    with place.work() as parts:
        assert rows(parts) == [*range(ROWS)]
    assert place.worked_on() == [3, 7]


def test_many_failed_parts_stop_the_work(place: Place) -> None:
    with pytest.raises(DataError, match="7 more parts failed"):
        place.work(wrong=tuple(range(10))).__enter__()
    assert place.worked_on() == [*range(MOST_FAILED)]


def test_an_output_that_cannot_be_made_keeps_all_parts(place: Place) -> None:
    with pytest.raises(OSError, match="no room"), place.work():
        raise OSError("no room")  # noqa: TRY003, EM101 - what a writer may meet
    place.worked_on()
    with place.work() as parts:
        assert rows(parts) == [*range(ROWS)]
    assert place.worked_on() == []


def test_shares_work_on_parts_of_their_own_and_a_last_run_on_none(place: Place) -> None:
    for share in ((3, 3), (1, 3), (2, 3)):
        with place.work(share=share) as parts:
            assert len(parts.receipts) >= 3
        assert place.worked_on() == [part for part in range(10) if part % 3 == share[0] - 1]
    with place.work() as parts:
        assert rows(parts) == [*range(ROWS)]
    assert place.worked_on() == []


def test_a_fresh_share_works_on_its_own_parts_again_and_leaves_those_of_others(place: Place) -> None:
    for fresh in (False, True):
        for share in ((1, 2), (2, 2)):
            with place.work(share=share, fresh=fresh):
                pass
        assert place.worked_on() == [*range(10)]
    with place.work():
        pass
    assert place.worked_on() == []
