"""A part that fails: how often it is tried, and what its receipt says."""

from __future__ import annotations

import errno
from pathlib import Path

import pyarrow as pa
import pytest

from executors.streams import FAULTS, Failing
from mxt.executors.base import ATTEMPTS, Part, attempted, failed

PART = Part(3, 30, pa.record_batch({"x": [*range(30, 40)]}))


@pytest.mark.parametrize(("times", "tries"), [(0, 0), (2, 2), (99, ATTEMPTS)])
def test_a_bug_is_tried_three_times(times: int, tries: int, tmp_path: Path) -> None:
    receipt = attempted(Failing(5, marks=tmp_path, times=times), PART)
    assert bool(receipt.error) == (times >= ATTEMPTS)
    assert len([*tmp_path.iterdir()]) == tries


def test_a_bug_is_named_by_its_class_and_place_and_its_text_is_withheld(tmp_path: Path) -> None:
    receipt = attempted(Failing(5, marks=tmp_path), PART)
    assert receipt.error.startswith("A bug in MXT: ValueError at streams.py, line ")
    assert (receipt.part, receipt.first_row, receipt.rows, receipt.exit_code) == (3, 30, 10, 1)
    assert failed(PART, ValueError("a cell")).error == "A bug in MXT: ValueError."


@pytest.mark.parametrize("how", FAULTS)
def test_an_error_of_ours_is_not_tried_again_and_keeps_its_text_and_code(how: str, tmp_path: Path) -> None:
    receipt = attempted(Failing(5, marks=tmp_path, how=how), PART)
    assert (receipt.error, receipt.exit_code) == (str(FAULTS[how]), FAULTS[how].exit_code)
    assert len([*tmp_path.iterdir()]) == 1


@pytest.mark.parametrize(
    "error",
    [MemoryError("4711 bytes"), OSError(errno.ENOMEM, "4711"), RuntimeError("std::bad_alloc")],
    ids=["Python", "system", "C++"],
)
def test_memory_that_ran_out_is_an_error_of_the_service_with_a_way_out(error: Exception) -> None:
    receipt = failed(PART, error)
    message = "Memory ran out on 10 rows at once. Set a smaller part_rows, or use fewer processes."
    assert (receipt.error, receipt.exit_code) == (message, 5)
