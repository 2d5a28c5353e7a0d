"""The finished parts of a table: its fingerprint, its first rows, and what all parts say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.readers.parquet import ParquetReader
from mxt.errors import DataError
from mxt.executors.serial import SerialExecutor
from mxt.schemas import InputsSchema
from mxt.streams.parts import Parts
from mxt.streams.plans import StreamPlan
from mxt.streams.staging import Staging
from mxt.streams.tasks import Done, TableStream, Task, Workload

if TYPE_CHECKING:
    from pathlib import Path


class Passing(Task):
    """The rows as they are; of even parts only."""

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:  # noqa: ARG002 - one table is enough
        even = int(inputs["x"].iloc[0]) % 20 == 0
        return Done(inputs if even else None, {"state": b"even"} if even else {}, len(inputs) if even else 0)


def parts_of(folder: Path, ids: list[str], rows: int = 10) -> Parts:
    """The parts of a table with these ids, whose numbers grow beyond those that the schema knows."""
    table = pd.DataFrame({"x": [float(row) for row in range(len(ids))]}, index=pd.Index(ids, name="id"))
    table.reset_index().to_parquet(folder / "x.parquet", index=False)
    reader = ParquetReader(path=str(folder / "x.parquet"), id_column="id")
    workload = Workload(reader, InputsSchema.infer(table.head(25)), Passing(), rows)
    stream = TableStream(workload, Staging(folder / "x.parts", "key", reader.state()))
    with stream.staging.held():
        receipts = [(stream.staging.finished() and {}) or receipt for receipt in SerialExecutor().run(stream)]
        assert not any(getattr(receipt, "error", "") for receipt in receipts)
    kept = stream.staging.finished()
    return Parts(stream, [kept[number] for number in sorted(kept)], StreamPlan(rows))


@pytest.mark.parametrize("rows", [7, 10, 100])
def test_the_fingerprint_is_that_of_the_whole_table_in_any_parts(rows: int, tmp_path: Path) -> None:
    parts = parts_of(tmp_path, [f"r{row}" for row in range(40)], rows)
    reader = parts.stream.workload.reader
    read = parts.table_read()
    assert read.data == fingerprint(reader.arrow(["x"]))
    assert (len(read.head), read.head.index.name, read.columns) == (40, "id", 2)
    assert read.beyond == {"x": 15}, "25 rows are known to the schema"


def test_parts_without_rows_worked_on_have_no_table_and_no_state(tmp_path: Path) -> None:
    parts = parts_of(tmp_path, [f"r{row}" for row in range(40)])
    assert [batch["x"][0].as_py() for batch in parts.tables()] == [0.0, 20.0]
    assert [*parts.states("state")] == [b"even", b"even"]


def test_an_id_in_two_parts_is_refused_and_no_part_is_kept(tmp_path: Path) -> None:
    parts = parts_of(tmp_path, [*(f"r{row}" for row in range(39)), "r0"])
    with pytest.raises(DataError, match="1 repeated ids"):
        parts.table_read()
    assert parts.stream.staging.parts() == []


def test_a_table_that_has_changed_is_refused_and_its_parts_are_compared_again(tmp_path: Path) -> None:
    parts = parts_of(tmp_path, [f"r{row}" for row in range(40)])
    table = pd.read_parquet(tmp_path / "x.parquet")
    table.assign(y=1.0).to_parquet(tmp_path / "x.parquet", index=False)
    with pytest.raises(DataError, match="changed"):
        parts.table_read()
    staging = parts.stream.staging
    assert len(staging.finished()) == 4
    assert not any(map(staging.is_current, staging.finished().values()))
