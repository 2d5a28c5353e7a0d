"""A run belongs to a process; one that its process left open is closed by the next job, and no other is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dead import dead_process
from mxt.services.base.owners import PROCESS_TAG, STOPPED_TAG, close, left_open, lives, this_process

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mxt.services import MlflowService

HOST, MACHINE, BOOT, SPACE, PID, STARTED = range(6)


def changed(**parts: str) -> str:
    """The description of this process with other parts, by their names above."""
    words = this_process().split(" ")
    for name, word in parts.items():
        words[globals()[name]] = word
    return " ".join(words)


def test_a_process_lives_until_it_ends() -> None:
    assert lives(this_process()) is True
    assert lives(dead_process()) is False


def test_a_process_that_ended_does_not_live_though_its_parent_has_not_noticed() -> None:
    assert lives(dead_process(noticed=False)) is False


def test_a_number_that_another_process_has_now_is_no_life() -> None:
    assert lives(changed(STARTED="1")) is False


def test_nobody_knows_of_a_process_elsewhere_and_a_new_start_of_the_machine_ends_all() -> None:
    assert lives(changed(HOST="another", MACHINE="another", BOOT="another")) is None
    assert lives(changed(SPACE="1")) is None
    assert lives(changed(MACHINE="m", BOOT="another")) is None
    assert lives("") is None
    if this_process().split(" ")[MACHINE] != "-":
        assert lives(changed(BOOT="another")) is False


def test_the_next_job_closes_the_runs_of_dead_processes_and_no_others(
    service: MlflowService, warned: list[str]
) -> None:
    client: MlflowClient = service.client()
    elsewhere = changed(HOST="another", MACHINE="another", BOOT="another")
    owners = {"dead": dead_process(), "alive": this_process(), "elsewhere": elsewhere, "older": None}
    runs = {
        name: client.create_run(service.experiment_id, tags={PROCESS_TAG: owner} if owner else {}).info.run_id
        for name, owner in owners.items()
    }
    old = client.create_run(service.experiment_id, start_time=1, tags={PROCESS_TAG: elsewhere}).info.run_id
    made = [
        client.create_logged_model(service.experiment_id, source_run_id=run_id) for run_id in runs.values()
    ]
    for run in left_open(client, service.experiment_id):
        close(client, run)
    status = {name: client.get_run(run_id).info.status for name, run_id in runs.items()}
    assert status == {"dead": "KILLED", "alive": "RUNNING", "elsewhere": "RUNNING", "older": "RUNNING"}
    assert client.get_run(old).info.status == "KILLED"
    assert STOPPED_TAG in client.get_run(runs["dead"]).data.tags
    models = [str(client.get_logged_model(model.model_id).status) for model in made]
    assert models == ["FAILED", "PENDING", "PENDING", "PENDING"], "a model without all of its files"
    assert len(warned) == 2
    assert runs["dead"] in warned[0] + warned[1]
