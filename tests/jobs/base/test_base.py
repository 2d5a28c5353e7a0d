"""A job is a context around its services and its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlflow
import pytest

from blank import blank_store
from mxt.errors import DataError, MissingExtraError
from mxt.jobs.history import HistoryJob
from uncompiled import uncompile

if TYPE_CHECKING:
    from pathlib import Path

    from mxt.jobs.base import Job


def job_on(root: Path, **fields: object) -> Job:
    service = {"tracking_uri": f"sqlite:///{blank_store(root)}", "experiment_name": "churn"}
    return HistoryJob.model_validate({"mlflow_service": service, "alias": "Champion", **fields})


def ended(job: Job) -> tuple[str, str]:
    """The status and the name of the one run of a job's store."""
    client = mlflow.MlflowClient(job.mlflow_service.tracking_uri)
    (run,) = client.search_runs([job.mlflow_service.experiment_id])
    return run.info.status, str(run.info.run_name)


def test_a_job_that_runs_without_its_services_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"write `with job: job.run\(\)`"):
        job_on(tmp_path).run()


@pytest.mark.parametrize(
    ("error", "status"),
    [(DataError("x"), "FAILED"), (ZeroDivisionError(), "FAILED"), (KeyboardInterrupt(), "KILLED")],
    ids=["fault", "bug", "stop"],
)
def test_an_error_closes_the_run_and_goes_on(error: BaseException, status: str, tmp_path: Path) -> None:
    job = job_on(tmp_path)
    with pytest.raises(type(error)), job:
        raise error
    assert ended(job) == (status, "HistoryJob: failed")


@pytest.mark.parametrize(
    "output",
    [
        {"KIND": "CsvWriter", "path": "s3://bucket/x.csv"},
        {"KIND": "SqlWriter", "url": "mysql://host/x", "table": "t"},
    ],
)
def test_what_an_output_needs_is_missed_before_the_work(output: dict[str, str], tmp_path: Path) -> None:
    job = job_on(tmp_path, history=output)
    with pytest.raises(MissingExtraError, match="pip install"), job:
        raise AssertionError(job)
    assert ended(job) == ("FAILED", "HistoryJob: failed")


def test_memory_that_ran_out_is_no_bug(tmp_path: Path) -> None:
    from mxt.errors import ServiceError

    with pytest.raises(ServiceError, match="Memory ran out"), job_on(tmp_path):
        raise MemoryError


def test_a_job_without_kernels_says_once_why_they_were_not_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    uncompile(monkeypatch, "the C++ compiler g++ was not found")
    with job_on(tmp_path):
        pass
    shown = capsys.readouterr().err
    assert shown.count("MXT has no compiled kernels: the C++ compiler g++ was not found.") == 1
