"""A run holds what a job tells of itself; what MLflow cannot take is told in a sentence."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import mlflow
import pandas as pd
import pytest
import requests
import sqlalchemy as sa
from matplotlib import pyplot as plt
from mlflow.exceptions import MlflowException
from mlflow.tracking.context.registry import _run_context_provider_registry

from mxt.errors import DataError, ServiceError
from mxt.services import MlflowService
from mxt.services.base.runs import MAX_PARAMETER, MAX_TAG, Run, translated

if TYPE_CHECKING:
    from collections.abc import Callable

DIGEST = "0123456789abcdef" * 4
HEAD = pd.DataFrame({"tenure": [1, 2]}, index=pd.Index(["a", "b"], name="customerID"))


@pytest.fixture
def run(service: MlflowService) -> Run:
    return Run.begin(service, "TrainingJob", {"mxt.job": "TrainingJob"})


def stored(run: Run) -> Any:
    """The run as MLflow has it."""
    return run.service.client().get_run(run.run_id)


def folder(run: Run) -> Path:
    """Where the run's artifacts lie."""
    return Path(stored(run).info.artifact_uri.removeprefix("file://"))


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_a_run_ends_as_its_job_did(status: Literal["FINISHED", "FAILED", "KILLED"], run: Run) -> None:
    assert stored(run).info.status == "RUNNING"
    run.end(status)
    assert stored(run).info.status == status
    assert mlflow.active_run() is None


def test_a_run_has_the_name_description_and_tags_of_the_config(store: Path) -> None:
    service = MlflowService(
        tracking_uri=f"sqlite:///{store}",
        run_name="nightly",
        run_description="Why: **monthly**",
        run_tags={"team": "risk", "long": "x" * 9000},
    )
    service.start()
    run = Run.begin(service, "TrainingJob", {"mxt.job": "TrainingJob"})
    run.end("FINISHED")
    found = stored(run)
    assert found.info.run_name == "nightly"
    assert found.info.experiment_id == service.experiment_id
    tags = {"team": "risk", "mxt.job": "TrainingJob", "mlflow.note.content": "Why: **monthly**"}
    assert found.data.tags | tags == found.data.tags
    assert found.data.tags["long"] == "x" * MAX_TAG


def test_a_run_without_a_name_has_its_jobs(run: Run) -> None:
    assert stored(run).info.run_name == "TrainingJob"


def test_a_run_that_the_user_left_open_is_named(run: Run) -> None:
    with pytest.raises(ServiceError, match=f"The MLflow run {run.run_id} is still open in this process"):
        Run.begin(run.service, "TrainingJob", {})


def test_tags_and_parameters_are_cut_and_metrics_are_whole(run: Run) -> None:
    run.tag({"mxt.model": "churn", "long": "y" * 9000})
    run.parameters({"trees": 20, "long": "z" * 9000, **{f"field{number}": number for number in range(150)}})
    run.score({"test_roc_auc": 0.8496})
    found = stored(run).data
    assert found.tags | {"mxt.model": "churn", "long": "y" * MAX_TAG} == found.tags
    assert found.params | {"trees": "20", "long": "z" * MAX_PARAMETER, "field149": "149"} == found.params
    assert found.metrics == {"test_roc_auc": 0.8496}


def test_texts_tables_and_figures_are_artifacts(run: Run) -> None:
    run.text("héllo", "notes/summary.md")
    run.table(HEAD, "table.csv")
    run.chart(lambda figure: figure.subplots().plot([0, 1]), "figure.png")
    assert (folder(run) / "notes" / "summary.md").read_text("utf-8") == "héllo"
    assert (folder(run) / "table.csv").read_bytes() == b"customerID,tenure\na,1\nb,2\n"
    assert (folder(run) / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert run.artifacts == ["notes/summary.md", "table.csv", "figure.png"]


def test_the_description_links_what_was_logged_pages_first(run: Run) -> None:
    run.text("{}", "config.json")
    run.text("# Why", "why.md")
    run.describe("passed: fine")
    page = f"#/experiments/{run.service.experiment_id}/runs/{run.run_id}/artifacts"
    links = [f"[{file}]({page}/{file}?workflowType=machine_learning)" for file in ("why.md", "config.json")]
    note = stored(run).data.tags["mlflow.note.content"]
    assert note == f"{links[0]}\n\npassed: fine\n\n{links[1]}"


def test_what_is_recorded_holds_no_secret(store: Path) -> None:
    secret = "https://u:canary@h/x?sig=canary"  # noqa: S105 - what must not be kept
    service = MlflowService(
        tracking_uri=f"sqlite:///{store}",
        run_name=secret,
        run_description=secret,
        run_tags={"source": secret},
    )
    service.start()
    run = Run.begin(service, "TrainingJob", {})
    run.tag({"tag": secret})
    run.parameters({"inputs.path": "https://h/x?version=3", "wrong": secret})
    run.text(json.dumps({"path": "https://h/x?version=3&sig=env:SIG", "wrong": secret}), "config.json")
    run.table(pd.DataFrame({"links": [secret, "plain"]}), "table.csv")
    run.dataset(HEAD, "0" * 64, 2, secret, "training")
    run.end("FINISHED")
    kept = json.loads((folder(run) / "config.json").read_text())
    assert kept == {"path": "https://h/x?version=3&sig=env:SIG", "wrong": "https://h/x?sig=***"}
    assert stored(run).data.params == {"inputs.path": "https://h/x", "wrong": "https://h/x"}
    texts = [str(stored(run).to_dictionary()), (folder(run) / "table.csv").read_text()]
    assert [text for text in texts if "canary" in text] == []


def test_a_token_in_the_address_of_the_repository_is_not_recorded(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (
        ["init", "-q"],
        ["commit", "-q", "--allow-empty", "-m", "first"],
        ["remote", "add", "origin", "https://ci:canary@github.com/acme/churn.git"],
    ):
        subprocess.run([*git, *words], cwd=clone, check=True)
    main = clone / "main.py"
    main.touch()
    monkeypatch.setattr("sys.argv", [str(main)])
    for provider in _run_context_provider_registry:
        monkeypatch.setattr(provider, "_cache", {}, raising=False)  # of another test's repository
    service = MlflowService(tracking_uri=f"sqlite:///{store}")
    service.start()
    run = Run.begin(service, "TrainingJob", {})
    run.end("FINISHED")
    assert stored(run).data.tags["mlflow.source.git.repoURL"] == "https://github.com/acme/churn.git"


def test_a_description_in_the_config_is_left_alone(store: Path) -> None:
    service = MlflowService(tracking_uri=f"sqlite:///{store}", run_description="mine")
    service.start()
    run = Run.begin(service, "TrainingJob", {})
    run.describe("passed")
    assert stored(run).data.tags["mlflow.note.content"] == "mine"
    run.end("FINISHED")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("/data/churn.csv", "local"),
        ("s3://bucket/churn.parquet", "s3"),
        ("https://example.org/churn.csv", "http"),
        ("sklearn.datasets.load_iris", "local"),
        ("env:DATABASE_URL", "code"),
        ("sqlite:////data/churn.db", "code"),
        ("postgresql://reader@db/churn", "code"),
        ("az://container/churn.parquet", "code"),
        ("memory://churn.parquet", "code"),
    ],
)
def test_the_data_read_is_linked_by_its_whole_fingerprint(source: str, kind: str, run: Run) -> None:
    run.dataset(HEAD, DIGEST, 7043, source, "training")
    (linked,) = stored(run).inputs.dataset_inputs
    tags = {tag.key: tag.value for tag in linked.tags}
    assert linked.dataset.name == "training"
    assert linked.dataset.digest == DIGEST[:36]
    assert linked.dataset.source_type == kind
    assert source in json.dumps(json.loads(linked.dataset.source))
    assert tags == {"mxt.data_digest": DIGEST, "mxt.rows": "7043", "mlflow.data.context": "training"}


@pytest.mark.parametrize(
    "log",
    [
        lambda run: run.text("hello", "hello.txt"),
        lambda run: run.table(HEAD, "hello.csv"),
        lambda run: run.chart(lambda figure: figure.subplots(), "hello.png"),
    ],
    ids=["text", "table", "figure"],
)
def test_an_artifact_store_that_takes_no_file_is_told(log: Callable[[Run], None], run: Run) -> None:
    folder(run).parent.mkdir(parents=True, exist_ok=True)
    folder(run).write_text("a file where the artifacts should be")
    before = plt.get_fignums()
    with pytest.raises(
        ServiceError, match=rf"The file hello\.\w+ of run {run.run_id} cannot be stored .*\(.+\)"
    ):
        log(run)
    assert run.artifacts == []
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    "error",
    [
        MlflowException("no such run\nsecond line"),
        sa.exc.OperationalError("SELECT secret", {}, Exception("database is locked")),
        requests.ConnectionError("refused"),
        requests.Timeout(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_mlflow_raises_is_a_service_error_in_one_line(error: Exception) -> None:
    told = r"^MLflow at https://example\.org failed \(\w+: .*\)$"
    with pytest.raises(ServiceError, match=told) as caught, translated("https://example.org"):
        raise error
    assert type(error).__name__ in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [DataError("no rows"), KeyError("a bug"), KeyboardInterrupt()])
def test_what_others_raise_stays_as_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, translated("https://example.org"):
        raise error
    assert caught.value is error


def test_a_store_that_breaks_during_a_run_is_a_service_error(run: Run, store: Path) -> None:
    with sa.create_engine(f"sqlite:///{store}").begin() as database:
        database.execute(sa.text("DROP TABLE datasets"))
    told = f"MLflow at sqlite:///{store} failed"
    with pytest.raises(ServiceError, match=told), translated(run.service.tracking_uri):
        run.dataset(HEAD, DIGEST, 7043, "/data/churn.csv", "training")
