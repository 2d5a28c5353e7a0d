"""Plans: what a pilot tells of the cost of rows, what a budget covers, and parts that stay within memory."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mxt.datasets.readers.parquet import ParquetReader
from mxt.executors.processes import ProcessesExecutor
from mxt.executors.serial import SerialExecutor
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.streams.budgets import Budget
from mxt.streams.pilot import Pilot, costs, line, times
from mxt.streams.plans import Bill, Plan, Planning, safe_line
from mxt.streams.staging import Staging
from mxt.streams.tasks import Done, Table, TableStream, Task

if TYPE_CHECKING:
    from pathlib import Path

    from clocks import Clock

LOADING, PART, ROW, IDLE_ROW = 1.0, 0.1, 0.02, 0.0001
"""Seconds."""


@dataclass(frozen=True)
class Slow(Task):
    """Work of a known cost, which takes longer the first time."""

    row: float
    loaded: list[bool] = field(default_factory=list)

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:  # noqa: ARG002 - one table is enough
        if not self.loaded:
            self.loaded.append(True)
            time.sleep(LOADING)
        time.sleep(PART + self.row * len(inputs))
        return Done(inputs)


def stream(folder: Path, task: Task, rows: int, part_rows: int) -> TableStream:
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(rows, 3)), columns=[*"abc"])
    table.to_parquet(folder / "x.parquet")
    reader = ParquetReader(path=str(folder / "x.parquet"))
    return TableStream(Table(reader, None, task, part_rows), Staging(folder / "out.parts", "key", "state"))


def test_loading_is_not_taken_for_the_cost_of_parts(tmp_path: Path, clock: Clock) -> None:
    """Only 4 and 16 rows are worked on in the time."""
    work = stream(tmp_path, Slow(ROW), 2000, 250)
    idle = replace(work, table=replace(work.table, task=Slow(IDLE_ROW), rows=1000))
    found = costs(SerialExecutor(), Pilot(work, 0.5, idle, begun=clock.begun))
    assert [rows for rows, _ in times(found, "seconds")] == [4, 16]
    assert [rows for rows, _ in times(found, "idle_seconds")][:3] == [4, 16, 64]
    part, each = line(times(found, "seconds"))
    assert (part, each) == pytest.approx((PART, ROW))
    first, *others = [cost.loading_seconds for cost in found]
    assert first == pytest.approx(2 * (LOADING + PART) + 4 * (ROW + IDLE_ROW))
    assert not any(others)


@pytest.mark.usefixtures("clock")
def test_what_takes_no_time_is_measured_up_to_the_longest_part(tmp_path: Path) -> None:
    work = stream(tmp_path, Slow(ROW, [True]), 2000, 250)
    idle = replace(work, table=replace(work.table, task=Slow(IDLE_ROW, [True]), rows=1000))
    found = costs(SerialExecutor(), Pilot(work, 5.0, idle))
    assert [rows for rows, _ in times(found, "seconds")] == [4, 16, 64]
    assert [rows for rows, _ in times(found, "idle_seconds")] == [4, 16, 64, 250, 1000]


def test_a_slow_first_step_does_not_make_rows_cheap() -> None:
    """Of rows that take 0.1 s, the first four were held up; later parts have 250."""
    held_up = [(4, 1.2), (16, 1.6)]
    assert safe_line(held_up, 250)[1] == pytest.approx(0.1)
    assert safe_line(held_up, 16) == line(held_up)
    assert line(held_up)[1] == pytest.approx(0.4 / 12)


BILL = Bill(before=3, part=2, predicted=0.001, explained=0.5, known=8000, rows=250, longest=2000, workers=2)


def test_parts_that_become_longer_are_billed_as_so_many() -> None:
    """Of 8000 rows in 4 parts of 2000: 3 s, and half of 4 * 2 s, of 8000 * 0.001 s and of rows * 0.5 s."""
    assert BILL.seconds(100) == pytest.approx(3 + (8 + 8 + 50) / 2)
    assert BILL.covered(36) == pytest.approx(100)
    assert replace(BILL, longest=250).seconds(100) == pytest.approx(3 + (64 + 8 + 50) / 2)


@pytest.mark.parametrize("longest", [250, 2000, 65_536])
@pytest.mark.parametrize("rows", [30, 900, 1100, 4000, 8000])
def test_what_is_covered_costs_what_there_is(rows: float, longest: int) -> None:
    bill = replace(BILL, longest=longest)
    assert bill.covered(bill.seconds(rows)) == pytest.approx(rows)


def planned(folder: Path, classes: int, **facts: Any) -> Plan:
    """The plan of 70,000 rows with three columns, of which about 70 are explained."""
    rows = 70_000
    work = stream(folder, Slow(ROW), rows, 250)
    inputs = pd.read_parquet(folder / "x.parquet")[: 20 * classes]
    fitted = DecisionTreeClassifier(max_depth=3).fit(inputs, np.arange(len(inputs)) % classes)
    model = Model(predictor_of(fitted, [*"abc"], []))
    told = {"executor": SerialExecutor(), "fixed": False, **facts}
    return Plan.from_json(Planning(work, budget=Budget(rows=70), model=model, **told).settle())


@pytest.mark.parametrize(
    ("classes", "facts", "rows"),
    [
        (2, {}, 70_000 // 4),
        (2, {"executor": ProcessesExecutor(processes=3)}, 70_000 // 12),
        (200, {}, 1_310_720 // 600),
        (200, {"fixed": True}, 250),
    ],
    ids=["parts enough for one", "parts enough for three", "many classes", "rows of a part that are named"],
)
def test_parts_of_a_sample_are_longer_but_not_beyond_memory_or_workers(
    classes: int, facts: dict[str, Any], rows: int, tmp_path: Path
) -> None:
    plan = planned(tmp_path, classes, **facts)
    assert plan.sample is not None
    assert plan.sample.rate == pytest.approx(0.001)
    assert plan.rows == rows
