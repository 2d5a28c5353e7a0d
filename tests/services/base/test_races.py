"""Jobs that add the same row to a store at the same moment all go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from mlflow.entities import Dataset, DatasetInput
from mlflow.exceptions import MlflowException

from mxt.services.base.races import settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow import MlflowClient

    from mxt.services import MlflowService

JOBS, ROUNDS = 8, 12


@pytest.fixture
def client(service: MlflowService) -> MlflowClient:
    """A client of a store with one version of a model."""
    client = service.client()
    client.create_registered_model("model")
    client.create_model_version("model", "file:///nowhere")
    return client


@pytest.mark.slow
def test_the_rows_of_datasets_tags_and_aliases_may_be_added_by_many_jobs_at_once(
    service: MlflowService, client: MlflowClient
) -> None:
    together = Barrier(JOBS)

    def job(run_id: str) -> None:
        for number in map(str, range(ROUNDS)):
            for add in _additions(client, run_id, number):
                together.wait(timeout=60)
                add()

    runs = [client.create_run(service.experiment_id).info.run_id for _ in range(JOBS)]
    with ThreadPoolExecutor(JOBS) as jobs:
        list(jobs.map(job, runs))
    assert len(client.get_registered_model("model").aliases) == ROUNDS
    assert len(client.get_model_version("model", "1").tags) == ROUNDS
    assert all(len(client.get_run(run_id).inputs.dataset_inputs) == ROUNDS for run_id in runs)


def _additions(client: MlflowClient, run_id: str, number: str) -> list[Callable[[], object]]:
    table = DatasetInput(Dataset("training", number, "local", "{}"), [])
    return [
        lambda: settled(client.log_inputs, run_id, [table]),
        lambda: settled(client.set_model_version_tag, "model", "1", number, "set"),
        lambda: settled(client.set_registered_model_alias, "model", f"alias{number}", "1"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        "(sqlite3.IntegrityError) UNIQUE constraint failed: datasets.name",
        '(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint "dataset_pk"',
        "(pymysql.err.IntegrityError) (1062, \"Duplicate entry 'a' for key 'datasets.PRIMARY'\")",
    ],
)
def test_a_call_that_lost_a_race_is_made_once_more(words: str) -> None:
    errors = [MlflowException(words)]

    def call(answer: str) -> str:
        if errors:
            raise errors.pop()
        return answer

    assert settled(call, "made") == "made"
    errors += [MlflowException(words), MlflowException(words)]
    with pytest.raises(MlflowException):
        settled(call, "made")
    assert not errors


def test_any_other_failure_of_a_call_is_not_tried_again() -> None:
    calls = []
    gone = MlflowException("The experiment 7 does not exist.")

    def call() -> None:
        calls.append(1)
        raise gone

    with pytest.raises(MlflowException):
        settled(call)
    assert len(calls) == 1
