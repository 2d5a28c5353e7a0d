"""A move is on record before it is made; the next job settles what a dead one left, and nothing else."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from mlflow.entities import RunTag

from dead import dead_process
from mxt.errors import ModelError
from mxt.registries.aliases import Move, move_tags, moves, record_of
from mxt.registries.intents import move_anyway, move_as_decided, settle, settle_left_open
from mxt.registries.versions import aliases_of
from mxt.services.base.owners import PROCESS_TAG, this_process
from sweeps import trials

if TYPE_CHECKING:
    from collections.abc import Callable

    from registries.store import Registry

ELSEWHERE = "another another another 1 1 1"


@pytest.fixture(scope="module")
def dead() -> str:
    """A process that has ended."""
    return dead_process()


def versions(registry: Registry, name: str, alias_at: int | None = None) -> None:
    """Three versions of a model, and the alias A at one of them."""
    client = registry.client
    client.create_registered_model(name)
    for _ in range(3):
        client.create_model_version(name, "file:///nowhere")
    if alias_at:
        move_as_decided(client, name, opened(registry), Move("A", None, alias_at, who="Ada", why="the first"))


def opened(registry: Registry, process: str | None = None) -> str:
    """A run that is open, of this process unless another is named."""
    tags = {PROCESS_TAG: process or this_process(), "mxt.job": "PromotionJob"}
    return str(registry.client.create_run(registry.service.experiment_id, tags=tags).info.run_id)


def intended(registry: Registry, name: str, process: str, before: int, after: int, run_id: str = "") -> str:
    """A run whose job put a move of A on record, and went no further."""
    run_id = run_id or opened(registry, process)
    tags = move_tags(name, Move("A", before, after), who="Ben", why="it is better")
    tags["mxt.alias_intent"] = tags.pop("mxt.alias_to")
    registry.client.log_batch(run_id, tags=[RunTag(*tag) for tag in tags.items()])
    return run_id


def test_a_move_is_recorded_with_who_and_why(registry: Registry) -> None:
    versions(registry, "decided")
    run_id = opened(registry)
    move_as_decided(registry.client, "decided", run_id, Move("A", None, 2, who="Ada", why="a reason"))
    (made,) = moves(registry.client, "decided", "A")
    assert (made.before, made.after, made.who, made.why, made.run_id) == (None, 2, "Ada", "a reason", run_id)
    assert made.job == "PromotionJob"
    assert aliases_of(registry.client, "decided") == {"A": 2}
    move_anyway(registry.client, "decided", opened(registry), Move("A", None, 3, why="another"))
    assert [made.before for made in moves(registry.client, "decided", "A")] == [None, 2]


def test_a_decision_on_another_state_of_the_alias_is_withdrawn_and_moves_nothing(registry: Registry) -> None:
    versions(registry, "stale", alias_at=3)
    with pytest.raises(ModelError, match="'A' was moved from 1 to 3 while the gates judged"):
        move_as_decided(registry.client, "stale", opened(registry), Move("A", 1, 2, who="Ben", why="late"))
    record = record_of(registry.client, "stale", "A")
    assert (record.version, record.open, len(record.moves)) == (3, {}, 1)
    ((withdrawn, reason),) = record.withdrawn.items()
    assert (withdrawn.who, withdrawn.why, reason) == ("Ben", "late", "A was moved to version 3 meanwhile")


def test_the_move_of_a_dead_job_is_finished_in_its_name(registry: Registry, dead: str) -> None:
    versions(registry, "finished", alias_at=1)
    run_id = intended(registry, "finished", dead, 1, 2)
    registry.client.set_registered_model_alias("finished", "A", "2")
    before = moves(registry.client, "finished", "A")
    record, said = settle(registry.client, "finished", "A")
    assert [(move.before, move.after) for move in before] == [(None, 1), (1, 2)]
    assert [(move.before, move.after) for move in record.moves] == [(None, 1), (1, 2)]
    last = record.moves[-1]
    assert (last.who, last.why, last.run_id, last.unfinished) == ("Ben", "it is better", run_id, True)
    assert said == [f"run {run_id} had moved A from 1 to 2 when it was stopped; the move is on record now"]
    assert settle(registry.client, "finished", "A")[1] == []


def test_the_intent_of_a_job_that_died_before_its_move_is_withdrawn_and_stays_on_record(
    registry: Registry, dead: str
) -> None:
    versions(registry, "withdrawn", alias_at=1)
    run_id = intended(registry, "withdrawn", dead, 1, 2)
    record, said = settle(registry.client, "withdrawn", "A")
    assert said == [f"run {run_id} was stopped before it moved A from 1 to 2; its intent is withdrawn"]
    assert [move.after for move in record.moves] == [1]
    assert [(move.who, move.why) for move in record.withdrawn] == [("Ben", "it is better")]
    registry.client.set_registered_model_alias("withdrawn", "A", "2")
    assert not moves(registry.client, "withdrawn", "A")[-1].recorded, "somebody moved it later, outside MXT"


def test_any_job_of_the_experiment_settles_what_dead_jobs_left_of_all_aliases(
    registry: Registry, dead: str
) -> None:
    client, experiment = registry.client, registry.service.experiment_id
    versions(registry, "any", alias_at=1)
    versions(registry, "deleted model")
    run_id = intended(registry, "any", dead, 1, 2)
    others = [intended(registry, "deleted model", dead, 1, 2), opened(registry, dead)]
    client.set_registered_model_alias("any", "A", "2")
    client.delete_registered_model("deleted model")
    said = settle_left_open(client, experiment)
    client.set_registered_model_alias("any", "A", "3")
    assert f"run {run_id} had moved A from 1 to 2 when it was stopped; the move is on record now" in said
    history = moves(client, "any", "A")
    assert [(move.after, move.recorded) for move in history] == [(1, True), (2, True), (3, False)]
    assert {client.get_run(each).info.status for each in [run_id, *others]} == {"KILLED"}
    assert settle_left_open(client, experiment) == []


def test_of_two_dead_jobs_with_one_target_the_first_moved_the_alias(registry: Registry, dead: str) -> None:
    versions(registry, "both", alias_at=1)
    first, second = (intended(registry, "both", dead, 1, 2) for _ in range(2))
    registry.client.set_registered_model_alias("both", "A", "2")
    record, said = settle(registry.client, "both", "A")
    assert [move.run_id for move in record.moves][1:] == [first]
    assert [move.run_id for move in record.withdrawn] == [second]
    assert len(said) == 2


def test_a_move_outside_mxt_stays_one_whatever_a_dead_job_intended(registry: Registry, dead: str) -> None:
    versions(registry, "outside_intent", alias_at=1)
    intended(registry, "outside_intent", dead, 1, 2)
    registry.client.set_registered_model_alias("outside_intent", "A", "3")
    record, _ = settle(registry.client, "outside_intent", "A")
    assert [(move.after, move.recorded) for move in record.moves] == [(1, True), (3, False)]


@pytest.mark.parametrize("process", ["", ELSEWHERE])
def test_the_intent_of_a_living_job_is_left_alone_here_and_elsewhere(
    process: str, registry: Registry
) -> None:
    name = f"living{len(process)}"
    versions(registry, name, alias_at=1)
    run_id = intended(registry, name, process or this_process(), 1, 2)
    assert settle(registry.client, name, "A")[1] == []
    registry.client.set_registered_model_alias(name, "A", "2")
    assert moves(registry.client, name, "A")[-1].run_id == run_id, "it has moved, and is about to confirm"
    registry.client.set_tag(run_id, "mxt.alias_at", "2026-03-01T00:00:00+00:00")
    assert len(settle(registry.client, name, "A")[1]) == (process == ELSEWHERE), "its lease is over"


def test_an_intent_of_a_run_that_has_ended_is_nobodys(registry: Registry) -> None:
    versions(registry, "given up", alias_at=1)
    registry.client.set_terminated(intended(registry, "given up", this_process(), 1, 2), "FAILED")
    assert len(settle(registry.client, "given up", "A")[1]) == 1


def test_a_move_of_a_deleted_run_counts_though_nobody_can_confirm_it(registry: Registry, dead: str) -> None:
    versions(registry, "deleted", alias_at=1)
    run_id = intended(registry, "deleted", dead, 1, 2)
    registry.client.set_registered_model_alias("deleted", "A", "2")
    registry.client.delete_run(run_id)
    record, said = settle(registry.client, "deleted", "A")
    assert (said, record.moves[-1].run_id) == ([], run_id)
    move_anyway(registry.client, "deleted", opened(registry), Move("A", None, 3))
    assert [move.after for move in moves(registry.client, "deleted", "A")] == [1, 2, 3]


def test_a_job_does_not_wait_for_ever_for_one_that_hangs(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mxt.registries.intents.PATIENCE", 0.2)
    versions(registry, "hangs", alias_at=1)
    other = intended(registry, "hangs", this_process(), 1, 2)
    with pytest.raises(ModelError, match=f"Another job, run {other}, is about to move 'A' of 'hangs'"):
        move_anyway(registry.client, "hangs", opened(registry), Move("A", None, 3))
    assert aliases_of(registry.client, "hangs") == {"A": 1}
    assert len(record_of(registry.client, "hangs", "A").withdrawn) == 1


def test_a_job_that_waits_for_a_later_one_gives_way_to_an_earlier_one(registry: Registry) -> None:
    versions(registry, "between", alias_at=1)
    client, name = registry.client, "between"
    low, middle, high = sorted(opened(registry) for _ in range(3))
    intended(registry, name, this_process(), 1, 3, run_id=high)
    with ThreadPoolExecutor(1) as threads:
        moved = threads.submit(move_as_decided, client, name, middle, Move("A", 1, 2))
        _until(lambda: any(move.run_id == middle for move in record_of(client, name, "A").open))
        intended(registry, name, this_process(), 1, 3, run_id=low)
        _until(lambda: any(move.run_id == middle for move in record_of(client, name, "A").withdrawn))
        for run_id in (low, high):
            client.set_terminated(run_id, "FAILED")
        assert moved.result(timeout=30).after == 2
    assert aliases_of(client, name) == {"A": 2}


def _until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it has not come true"
        time.sleep(0.02)


@pytest.mark.slow
def test_of_jobs_that_decided_at_once_one_moves_the_alias_and_the_others_say_why_not(
    registry: Registry,
) -> None:
    jobs = 4
    versions(registry, "race", alias_at=1)
    client = registry.client
    for round_ in range(trials(5, 50)):
        before = aliases_of(client, "race")["A"]
        after = before % 3 + 1
        together = Barrier(jobs)
        runs = [opened(registry) for _ in range(jobs)]

        def decide(
            run_id: str, before: int = before, after: int = after, together: Barrier = together
        ) -> bool:
            together.wait(timeout=60)
            try:
                move_as_decided(client, "race", run_id, Move("A", before, after, who=run_id, why="a race"))
            except ModelError:
                return False
            return True

        with ThreadPoolExecutor(jobs) as threads:
            won = [*threads.map(decide, runs)]
        record = record_of(client, "race", "A")
        assert sum(won) == 1
        assert (record.version, record.moves[-1].who) == (after, runs[won.index(True)])
        assert all(move.recorded for move in record.moves)
        assert (len(record.moves), len(record.withdrawn)) == (round_ + 2, (round_ + 1) * (jobs - 1))
        for run_id in runs:
            client.set_terminated(run_id)
