"""The parts of a table: which are to be worked on, which are kept, and which rows need not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mxt.datasets.readers.parquet import ParquetReader
from mxt.errors import DataError
from mxt.executors.base.groups import Group, StreamFile
from mxt.executors.serial import SerialExecutor
from mxt.streams.staging import Staging
from mxt.streams.tasks import Done, TableStream, Task, Workload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Doubling(Task):
    """Twice each number; how often it was done is told by the marks in a folder."""

    marks: Path

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:  # noqa: ARG002 - one column is enough
        (self.marks / f"{inputs.index[0]}-{len(list(self.marks.iterdir()))}").touch()
        return Done(inputs * 2)


@dataclass(frozen=True)
class Place:
    """A table of 95 rows in row groups of ten, worked on in parts of ten."""

    folder: Path
    staging: Staging

    def stream(self, done: frozenset[int] = frozenset(), share: tuple[int, int] = (1, 1)) -> TableStream:
        reader = ParquetReader(path=str(self.folder / "x.parquet"))
        return TableStream(
            Workload(reader, None, Doubling(self.folder / "marks"), 10), self.staging, done, share
        )

    def marks(self) -> list[int]:
        """The first rows of the parts that were worked on, as often as they were."""
        return sorted(int(path.name.partition("-")[0]) for path in (self.folder / "marks").iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "marks").mkdir()
    pq.write_table(pa.table({"x": range(95)}), tmp_path / "x.parquet", row_group_size=10)
    staging = Staging(tmp_path / "out.parts", "key", "state")
    with staging.held():
        yield Place(tmp_path, staging)


@pytest.mark.parametrize(
    ("done", "share", "left"),
    [
        (set(), (1, 1), [*range(10)]),
        ({0, 1, 2, 5}, (1, 1), [3, 4, 6, 7, 8, 9]),
        ({1, 2}, (2, 3), [4, 7]),
        (set(range(10)), (1, 1), []),
    ],
)
def test_the_parts_left_are_told_without_reading_them(
    place: Place, done: set[int], share: tuple[int, int], left: list[int]
) -> None:
    stream = place.stream(frozenset(done), share)
    assert stream.numbers() == left
    assert [part.number for part in stream.parts()] == left
    for part in stream.parts(left[1:3]):
        assert part.first_row == part.number * 10
        assert part.batch["x"].to_pylist() == [*range(part.first_row, min(part.first_row + 10, 95))]
    assert [part.number for part in stream.parts(left[1:3])] == left[1:3]


def test_finished_parts_at_the_front_are_not_read(place: Place) -> None:
    path = place.folder / "x.parquet"
    group = pq.read_metadata(path).row_group(2).column(0)
    content = bytearray(path.read_bytes())
    start = group.dictionary_page_offset or group.data_page_offset
    content[start : start + group.total_compressed_size] = b"\xff" * group.total_compressed_size
    path.write_bytes(content)
    left = place.stream(frozenset({0, 1, 2}))
    assert [receipt.part for receipt in SerialExecutor().run(left)] == [*range(3, 10)]
    with pytest.raises(DataError):
        list(place.stream(frozenset({0, 1})).parts())


def test_a_table_that_lost_rows_meanwhile_is_told(place: Place) -> None:
    stream = place.stream()
    numbers = stream.numbers()
    pq.write_table(pa.table({"x": range(31)}), place.folder / "x.parquet")
    with pytest.raises(DataError, match="has become shorter"):
        list(stream.parts(numbers))


def test_a_group_that_is_tried_again_does_not_repeat_its_finished_parts(place: Place) -> None:
    stream = place.stream()
    file = StreamFile.write(stream)
    first = Group(file, (2, 3)).outcome()
    assert place.marks() == [20, 30]
    again = Group(file, (2, 3, 4)).outcome()
    assert isinstance(first, list)
    assert isinstance(again, list)
    assert place.marks() == [20, 30, 40]
    assert [(receipt.part, receipt.first_row, receipt.rows) for receipt in again] == [
        (2, 20, 10),
        (3, 30, 10),
        (4, 40, 10),
    ]
    kept = {"key": "", "digests": "", "state": ""}
    assert {**again[0].facts, **kept} == {**first[0].facts, **kept}


def test_a_part_whose_file_was_damaged_is_done_again(place: Place) -> None:
    file = StreamFile.write(place.stream())
    Group(file, (2, 3)).outcome()
    next(place.staging.folder.glob("00000003.*.arrow")).write_bytes(b"half")
    Group(file, (2, 3)).outcome()
    assert place.marks() == [20, 30, 30]
    assert set(place.staging.finished()) == {2, 3}


def test_a_stream_on_its_way_is_swept_up_by_the_next_run(place: Place, tmp_path: Path) -> None:
    StreamFile.write(place.stream())
    assert list(place.staging.folder.glob("stream-*"))
    place.stream().work(next(place.stream().parts()))
    staging = Staging(tmp_path / "out.parts", "key", "state")
    staging._sweep(kept={"00000000"})
    assert not list(staging.folder.glob("stream-*"))
    assert list(staging.finished()) == [0]
