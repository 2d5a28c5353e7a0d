"""Pilots: what the first rows of a table took is measured, and says what all of its rows will take."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from mxt.errors import DataError
from mxt.executors.processes import ProcessesExecutor
from mxt.executors.serial import SerialExecutor
from mxt.streams.pilot import TimingPilot, step_sizes
from streams.slow import IDLE_ROW, LOADING, PART, ROW, Slow, stream

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clocks import Clock
    from mxt.streams.tasks import Done


@dataclass(frozen=True)
class HeldUp(Slow):
    """Work on parts of four rows that takes as long as on parts of sixteen."""

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:
        time.sleep(12 * self.row if len(inputs) == 4 else 0.0)
        return super().do(inputs, table)


def pilot(folder: Path, task: Slow, seconds: float, part_rows: int = 250, longest: int = 1000) -> TimingPilot:
    work = stream(folder, task, 2000, part_rows)
    idle = replace(work.workload, task=Slow(IDLE_ROW, list(task.loaded)), part_rows=longest)
    return TimingPilot(work, replace(work, workload=idle), seconds)


def test_loading_is_not_taken_for_the_cost_of_rows(tmp_path: Path, clock: Clock) -> None:
    """Only 4 and 16 rows are worked on in the time."""
    timing = replace(pilot(tmp_path, Slow(ROW), 0.5), begun=clock.begun)
    facts = timing.work(next(iter(timing.parts()))).facts
    assert facts["loading"] == pytest.approx(2 * (LOADING + PART) + 4 * (ROW + IDLE_ROW))
    assert facts["full"] == [(4, pytest.approx(PART + 4 * ROW)), (16, pytest.approx(PART + 16 * ROW))]
    assert facts["idle"][:2] == [(rows, pytest.approx(PART + rows * IDLE_ROW)) for rows in (4, 16)]


@pytest.mark.usefixtures("clock")
def test_rows_that_take_no_time_are_measured_up_to_the_longest_part(tmp_path: Path) -> None:
    timing = pilot(tmp_path, Slow(ROW, [True]), 5.0)
    facts = timing.work(next(iter(timing.parts()))).facts
    assert [rows for rows, _ in facts["full"]] == [4, 16, 64]
    assert [rows for rows, _ in facts["idle"]] == [4, 16, 64, 256, 1000]


@pytest.mark.usefixtures("clock")
def test_predicting_a_row_costs_its_share_of_a_long_part(tmp_path: Path) -> None:
    """Parts of 1000 rows take 0.1 s and 1000 times 0.0001 s; those measured are no longer than 64 rows."""
    pace = pilot(tmp_path, Slow(ROW, [True]), 0.36).measured(SerialExecutor())
    assert pace.predicted == pytest.approx((PART + 1000 * IDLE_ROW) / 1000)
    assert pace.loading == 0.0, "this process goes on with what is loaded"


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("seconds", [0.5, 5.0, 60.0])
def test_explaining_is_not_billed_below_its_cost_however_little_was_measured(
    seconds: float, tmp_path: Path
) -> None:
    """Parts of 250 rows take 0.1 s and 250 times 0.02 s."""
    pace = pilot(tmp_path, Slow(ROW, [True]), seconds).measured(SerialExecutor())
    cost = (PART + 250 * ROW) / 250
    assert cost <= pace.explained + pace.predicted + 1e-12
    assert pace.explained + pace.predicted == pytest.approx(cost, rel=0.02 if seconds > 10 else 0.35)


@pytest.mark.usefixtures("clock")
def test_a_slow_first_step_does_not_make_rows_cheap(tmp_path: Path) -> None:
    """By the line through the two steps, which take the same, a row would cost nothing."""
    pace = pilot(tmp_path, HeldUp(ROW, [True]), 0.1).measured(SerialExecutor())
    assert pace.explained > ROW


def test_a_pilot_keeps_nothing_and_each_worker_measures_all_steps(tmp_path: Path) -> None:
    timing = replace(pilot(tmp_path, Slow(0.0, [True]), 0.01), workers=2)
    facts = timing.facts(ProcessesExecutor(processes=2))
    assert [[rows for rows, _ in each["full"]] for each in facts] == [[4, 16]] * 2
    assert not (tmp_path / "out.parts").exists()


@dataclass(frozen=True)
class Wrong(Slow):
    """Work on a table that cannot be right."""

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:  # noqa: ARG002 - whatever they are
        msg = "the rows are wrong"
        raise DataError(msg)


def test_first_rows_that_are_wrong_are_an_error_of_the_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^the rows are wrong$"):
        pilot(tmp_path, Wrong(ROW), 1.0).measured(SerialExecutor())


@pytest.mark.parametrize(
    ("most", "sizes"), [(1, [1]), (4, [4]), (5, [4, 5]), (250, [4, 16, 64, 250]), (256, [4, 16, 64, 256])]
)
def test_steps_grow_fourfold_up_to_the_rows_of_a_part(most: int, sizes: list[int]) -> None:
    assert step_sizes(most) == sizes
