"""Processes that work side by side, and die."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import clean_environment
from executors.streams import Damaged, Failing, Large, Meeting, Unloadable
from mxt.errors import DataError
from mxt.executors.base import Receipt
from mxt.executors.processes import ProcessesExecutor


def test_parts_are_shared_by_processes_that_work_at_once(tmp_path: Path) -> None:
    receipts = list(ProcessesExecutor(processes=2).run(Meeting(8, marks=tmp_path)))
    assert len({receipt.facts["process"] for receipt in receipts}) == 2


@pytest.mark.parametrize(("times", "failed"), [(2, []), (99, [3])])
def test_a_process_that_is_killed_is_replaced_and_its_part_tried_again(
    times: int, failed: list[int], tmp_path: Path
) -> None:
    stream = Failing(9, marks=tmp_path, times=times, how="killed")
    receipts = list(ProcessesExecutor(processes=2).run(stream))
    assert sorted(receipt.part for receipt in receipts) == [*range(9)]
    assert [receipt.part for receipt in receipts if receipt.error] == failed
    if failed:
        lost = next(receipt for receipt in receipts if receipt.error)
        assert "ended by signal 9 3 times; it may need more memory" in lost.error
        assert lost.exit_code == 5


def test_processes_that_die_before_they_work_are_told() -> None:
    receipts = list(ProcessesExecutor(processes=2).run(Unloadable(2)))
    assert [(receipt.part, receipt.exit_code) for receipt in receipts] == [(0, 5), (1, 5)]
    assert all("ended by signal 9 3 times; it may need more memory" in receipt.error for receipt in receipts)


def test_a_part_that_a_process_has_no_memory_to_receive_is_told() -> None:
    (receipt,) = ProcessesExecutor(processes=1).run(Large(1))
    assert receipt.exit_code == 5
    assert "ended with code 1 3 times; it may need more memory" in receipt.error


LONG = """
import sys
from pathlib import Path
from executors.streams import Long
from mxt.executors.processes import ProcessesExecutor
if __name__ == "__main__":
    list(ProcessesExecutor(processes=2).run(Long(2, seconds=3600, marks=Path(sys.argv[1]))))
"""


def test_the_processes_of_a_job_that_is_killed_end_at_once(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    (tmp_path / "long.py").write_text(LONG)
    environment = clean_environment({"PYTHONPATH": str(Path(__file__).parents[1])})
    command = [sys.executable, str(tmp_path / "long.py"), str(tmp_path / "marks")]
    marks = tmp_path / "marks"
    with subprocess.Popen(command, env=environment) as job:
        while len(list(marks.glob("begun-*"))) < 2 and job.poll() is None:
            time.sleep(0.05)
        children = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text("ascii").split()
        job.kill()
    processes = [Path("/proc", child) for child in children]
    workers = {path.name.partition("-")[2] for path in marks.glob("begun-*")}
    assert len(workers) == 2
    assert {*children} > workers, "multiprocessing's tracker of resources too"
    while any(process.exists() for process in processes):  # an hour, if they did not end
        time.sleep(0.05)
    assert not list(marks.glob("done-*"))


def test_a_table_that_cannot_be_read_on_is_told_after_the_parts_before() -> None:
    found: list[Receipt] = []
    with pytest.raises(DataError, match="the table is damaged"):
        found.extend(ProcessesExecutor(processes=2).run(Damaged(7, seconds=0.05)))
    assert sorted(receipt.part for receipt in found) == [*range(7)]
