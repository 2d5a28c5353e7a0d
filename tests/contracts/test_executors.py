"""What every executor owes: each part once, three attempts, and no end because of one part."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from executors import sparks
from executors.streams import FAULTS, Failing, Sums
from mxt.errors import MxtError
from mxt.executors.base import Executor
from mxt.kinds import members
from mxt.kinds.texts import example_of
from mxt.streams.failures import failure

TESTS = str(Path(__file__).parents[1])
"""Where processes that others start find what tests hold."""


@pytest.fixture(params=members(Executor))
def executor(request: pytest.FixtureRequest) -> Executor:
    """The executor of the example that each member's description shows."""
    kind = members(Executor)[request.param]
    fields = yaml.safe_load(example_of(kind))
    if request.param == "SparkExecutor":
        sparks.needed()
        fields["options"] = {"spark.executorEnv.PYTHONPATH": TESTS}
    return kind.model_validate_json(json.dumps(fields))


def test_a_memory_limit_may_choose_from_ever_fewer_workers(executor: Executor) -> None:
    choices = [*executor.choices]
    assert choices == sorted({*choices}, reverse=True)
    assert choices[:1] in ([], [executor.workers])
    assert [executor.limited(workers).workers for workers in choices] == choices
    assert executor.limited(executor.workers + 1) == executor


def test_each_part_is_worked_on_once(executor: Executor) -> None:
    receipts = sorted(executor.run(Sums(7)), key=lambda receipt: receipt.part)
    assert [(receipt.part, receipt.first_row, receipt.rows) for receipt in receipts] == [
        (number, number * 10, 10) for number in range(7)
    ]
    assert [receipt.facts["sum"] for receipt in receipts] == [100 * number + 45 for number in range(7)]
    assert not any(receipt.error for receipt in receipts)


def test_no_parts_give_no_receipts(executor: Executor) -> None:
    assert list(executor.run(Sums(0))) == []


def test_a_part_that_fails_twice_is_tried_again(executor: Executor, tmp_path: Path) -> None:
    receipts = list(executor.run(Failing(5, marks=tmp_path, times=2)))
    assert len(receipts) == 5
    assert not any(receipt.error for receipt in receipts)


def test_a_part_that_always_fails_does_not_stop_the_others(executor: Executor, tmp_path: Path) -> None:
    receipts = list(executor.run(Failing(5, marks=tmp_path)))
    failed = [receipt for receipt in receipts if receipt.error]
    assert [(receipt.part, receipt.first_row, receipt.rows, receipt.exit_code) for receipt in failed] == [
        (3, 30, 10, 1)
    ]
    assert "customer" not in failed[0].error
    assert len(list(tmp_path.iterdir())) == 3
    assert len(receipts) == 5


def test_a_part_that_is_wrong_is_not_tried_again(executor: Executor, tmp_path: Path) -> None:
    receipts = list(executor.run(Failing(5, marks=tmp_path, how="wrong")))
    failed = [(receipt.part, receipt.error, receipt.exit_code) for receipt in receipts if receipt.error]
    assert failed == [(3, "the part is wrong", 3)]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("how", FAULTS)
def test_an_error_of_a_part_keeps_its_class_and_message(how: str, executor: Executor, tmp_path: Path) -> None:
    (bad,) = (receipt for receipt in executor.run(Failing(5, marks=tmp_path, how=how)) if receipt.error)
    for whole in (0, 4):
        error = failure([bad], whole)
        assert type(error) is type(FAULTS[how])
        assert error.exit_code == FAULTS[how].exit_code
        assert str(error).startswith(str(FAULTS[how]))


def test_there_is_a_fault_of_each_class() -> None:
    assert {*map(type, FAULTS.values())} == {MxtError, *MxtError.__subclasses__()}


@pytest.mark.parametrize("how", ["array", "buffer"])
def test_memory_that_runs_out_is_no_bug(how: str, executor: Executor, tmp_path: Path) -> None:
    receipts = list(executor.run(Failing(5, marks=tmp_path, how=how)))
    failed = [(receipt.part, receipt.error, receipt.exit_code) for receipt in receipts if receipt.error]
    error = "Memory ran out on 10 rows at once. Set a smaller part_rows, or use fewer processes."
    assert failed == [(3, error, 5)]
    assert len(receipts) == 5
