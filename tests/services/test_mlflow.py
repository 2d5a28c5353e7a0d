"""The store is found from any folder, opened by many at once, and told of when it cannot be."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pytest
from pydantic import ValidationError

from conftest import clean_environment
from mxt.errors import ConfigError, MissingExtraError, ServiceError
from mxt.services import MlflowService
from services.servers import answering, closed_port

if TYPE_CHECKING:
    from clocks import Clock

CANARY = "canary4711"
FIRST_USE = """
import os, sys
from mxt.services import LoggerService, MlflowService
LoggerService().start()
service = MlflowService.model_validate_json("{}", context={"root": sys.argv[1]})
service.start()
import mlflow
from mlflow.telemetry.client import get_telemetry_client
with mlflow.start_run(experiment_id=service.experiment_id) as run:
    mlflow.log_text("hello", "greeting.txt")
mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/greeting.txt", dst_path=sys.argv[2])
print(os.environ["MLFLOW_DISABLE_TELEMETRY"], get_telemetry_client())
"""


def configured(root: Path, **fields: Any) -> MlflowService:
    """The service as a config under `root` would make it."""
    return MlflowService.model_validate_json(json.dumps(fields), context={"root": str(root)})


def script(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """How a script ends in a process of its own."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=clean_environment(variables),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_variable_that_mlflow_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").touch()
    ended = script("-m", "mxt", "trust", "a/1", cwd=tmp_path, MLFLOW_LOGGING_LEVEL="NOPE")
    assert ended.returncode == 2
    assert "such as MLFLOW_LOGGING_LEVEL (Unknown level: 'NOPE')" in ended.stderr


def failure(service: MlflowService, clock: Clock) -> str:
    """The message when the service cannot start; its pauses are no longer than a person waits."""
    begun = clock.passed
    with pytest.raises(ServiceError) as caught:
        service.start()
    paused = clock.passed - begun
    told = re.search(r" after ([0-9.]+) s\.", str(caught.value))
    assert told is not None
    assert float(told[1]) == pytest.approx(paused, abs=0.05)
    assert paused < 15
    return str(caught.value)


def test_the_default_store_lies_at_the_projects_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert configured(tmp_path).tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sqlite:///other.db", "sqlite:///{root}/other.db"),
        ("sqlite:///stores/../other.db", "sqlite:///{root}/other.db"),
        ("sqlite+pysqlite:///other.db", "sqlite+pysqlite:///{root}/other.db"),
        ("sqlite:////srv/jobs@2/mlflow.db", "sqlite:////srv/jobs@2/mlflow.db"),
        ("https://mlflow.example.org/path", "https://mlflow.example.org/path"),
        ("postgresql://mlflow@db.example.org:5432/mlflow", "postgresql://mlflow@db.example.org:5432/mlflow"),
        ("databricks", "databricks"),
        ("databricks://profile", "databricks://profile"),
    ],
)
@pytest.mark.parametrize("source", ["tracking_uri", "registry_uri", "MLFLOW_TRACKING_URI"])
def test_only_a_relative_file_depends_on_the_projects_root(
    source: str, written: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    if source.isupper():
        monkeypatch.setenv(source, written)
    service = configured(tmp_path, **({} if source.isupper() else {source: written}))
    found = service.registry_uri if source == "registry_uri" else service.tracking_uri
    assert found == meant.format(root=tmp_path)


def test_the_config_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://environment.example.org")
    assert configured(tmp_path).tracking_uri == "https://environment.example.org"
    given = configured(tmp_path, tracking_uri="https://config.example.org")
    assert given.tracking_uri == "https://config.example.org"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    assert configured(tmp_path).tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"


@pytest.mark.parametrize(
    "uri",
    [
        f"https://user:{CANARY}@mlflow.example.org",
        f"postgresql://user:{CANARY}@db/mlflow",
        f"postgresql+psycopg2://:{CANARY}@db/mlflow",
        f"postgresql://user@db/mlflow?password={CANARY}",
        f"mysql://db/mlflow?ssl=1&PASSWD={CANARY}",
        f"mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3D{CANARY}",
        f"sqlite://user:{CANARY}@host/x",
    ],
)
@pytest.mark.parametrize("source", ["tracking_uri", "registry_uri", "MLFLOW_TRACKING_URI"])
def test_a_password_in_a_uri_is_refused(
    source: str, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if source.isupper():
        monkeypatch.setenv(source, uri)
    with pytest.raises(ValidationError, match="env:NAME"):
        configured(tmp_path, **({} if source.isupper() else {source: uri}))


def test_first_use_is_quiet_private_and_keeps_all_in_the_project(tmp_path: Path) -> None:
    root, elsewhere, copies = tmp_path / "my projet é", tmp_path / "elsewhere", tmp_path / "copies"
    for folder in (root, elsewhere, copies):
        folder.mkdir()
    no_git = str(elsewhere)
    ended = script("-c", FIRST_USE, str(root), str(copies), cwd=elsewhere, PATH=no_git)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "true None\n"
    assert ended.stderr == ""
    assert list(elsewhere.iterdir()) == []
    (greeting,) = root.rglob("greeting.txt")
    assert greeting.is_relative_to(root / "mlartifacts" / "mxt")
    with sqlite3.connect(root / "mlflow.db") as database:
        (location,) = database.execute(
            "SELECT artifact_location FROM experiments WHERE name = 'mxt'"
        ).fetchone()
    assert location == (root / "mlartifacts" / "mxt").as_uri()


def test_two_experiments_keep_their_artifacts_apart(store: Path) -> None:
    locations = set()
    for name in ("credit/retail", "credit/corporate"):
        service = MlflowService(tracking_uri=f"sqlite:///{store}", experiment_name=name)
        service.start()
        found = service.client().get_experiment(service.experiment_id)
        assert found.name == name
        locations.add(found.artifact_location)
    folder = store.parent / "mlartifacts"
    assert locations == {(folder / "credit_retail").as_uri(), (folder / "credit_corporate").as_uri()}


def test_started_again_it_finds_its_experiment(service: MlflowService) -> None:
    again = MlflowService(tracking_uri=service.tracking_uri)
    again.start()
    assert again.experiment_id == service.experiment_id != ""
    assert mlflow.get_tracking_uri() == mlflow.get_registry_uri() == service.tracking_uri


def test_what_the_user_set_stays(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    MlflowService(tracking_uri=f"sqlite:///{store}").start()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "false"
    assert os.environ["MLFLOW_TRACKING_URI"] == "https://mlflow.example.org"


def test_a_job_does_not_choose_the_store_of_the_next(service: MlflowService, tmp_path: Path) -> None:
    assert mlflow.get_tracking_uri() == service.tracking_uri
    another = tmp_path / "another"
    assert configured(another).tracking_uri == f"sqlite:///{another}/mlflow.db"


def test_the_registry_can_be_another_store(new_store: Path, store: Path, tmp_path: Path) -> None:
    registry = f"sqlite:///{shutil.copy(new_store, tmp_path / 'registry.db')}"
    service = MlflowService(tracking_uri=f"sqlite:///{store}", registry_uri=registry)
    service.start()
    service.client().create_registered_model("churn")
    assert mlflow.get_registry_uri() == registry
    assert [model.name for model in mlflow.MlflowClient(registry, registry).search_registered_models()] == [
        "churn"
    ]
    assert mlflow.MlflowClient(f"sqlite:///{store}", f"sqlite:///{store}").search_registered_models() == []


@pytest.mark.parametrize("count", [3, pytest.param(8, marks=pytest.mark.slow)])
def test_processes_can_open_a_store_at_once_that_does_not_exist_yet(count: int, tmp_path: Path) -> None:
    store = tmp_path / "new" / "mlflow.db"
    starting = str(Path(__file__).with_name("starting_at_once.py"))
    ended = script(starting, f"sqlite:///{store}", str(count), cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["1"] * count
    with sqlite3.connect(store) as database:
        assert database.execute("SELECT name FROM experiments WHERE name = 'mxt'").fetchall() == [("mxt",)]


def test_a_server_that_is_down_is_named_with_the_seconds_it_was_tried(clock: Clock) -> None:
    uri = f"http://127.0.0.1:{closed_port()}"
    assert failure(MlflowService(tracking_uri=uri), clock).startswith(f"MLflow does not answer at {uri}: ")


@pytest.mark.parametrize("status", [200, 401, 404])
def test_a_server_that_is_not_mlflow_is_named(status: int, clock: Clock) -> None:
    with answering(status, b"<html>a page of something else</html>") as (host, asked):
        told = failure(MlflowService(tracking_uri=f"http://{host}"), clock)
    assert told.startswith(f"MLflow does not answer at http://{host}: ")
    assert len(asked) > 0


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_corrupt_database_is_named_and_left_as_it_was(content: bytes, tmp_path: Path, clock: Clock) -> None:
    store = tmp_path / "mlflow.db"
    store.write_bytes(content)
    assert str(store) in failure(MlflowService(tracking_uri=f"sqlite:///{store}"), clock)
    assert store.read_bytes() == content


def test_a_database_that_cannot_be_opened_is_given_up_in_seconds(tmp_path: Path, clock: Clock) -> None:
    store = tmp_path / "mlflow.db"
    store.mkdir()
    assert str(store) in failure(MlflowService(tracking_uri=f"sqlite:///{store}"), clock)


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:///{blocked}/mlflow.db",
        "nosuch://example.org",
        "nosuchdb+x://db/x",
    ],
)
def test_a_store_that_nothing_can_open_is_named(uri: str, tmp_path: Path, clock: Clock) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    assert uri.format(blocked=blocked) in failure(
        MlflowService(tracking_uri=uri.format(blocked=blocked)), clock
    )


def test_a_store_in_a_folder_is_refused_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"Write tracking_uri: sqlite:///mlflow.db.*MLFLOW_ALLOW_FILE_STORE=true"
    ):
        MlflowService(tracking_uri=(tmp_path / "mlruns").as_uri()).start()


@pytest.mark.parametrize(
    ("uri", "install"),
    [("postgresql+pg8000://db/x", "pg8000"), ("mysql+pymysql://db/x", "'mxt[mysql]'")],
)
def test_a_store_without_its_driver_names_the_command(uri: str, install: str) -> None:
    with pytest.raises(MissingExtraError) as caught:
        MlflowService(tracking_uri=uri).start()
    assert str(caught.value).startswith(f"MLflow at {uri}: ")
    assert str(caught.value).endswith(f"run: pip install {install}")


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_wants_a_password_names_where_it_comes_from(status: int, clock: Clock) -> None:
    with answering(status, b"You are not authenticated.") as (host, _):
        message = failure(MlflowService(tracking_uri=f"http://{host}"), clock)
    assert message.endswith(
        "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."
    )


def test_a_deleted_experiment_is_named(service: MlflowService) -> None:
    service.client().delete_experiment(service.experiment_id)
    with pytest.raises(ServiceError, match=r"The experiment 'mxt' was deleted; restore it or name another\."):
        MlflowService(tracking_uri=service.tracking_uri).start()


@pytest.mark.parametrize("name", ["", " ", "models/churn", "churn:1", "100%", "it's", 'say "hi"', "a.b"])
def test_a_registry_name_fits_a_model_uri(name: str) -> None:
    with pytest.raises(ValidationError):
        MlflowService(registry_name=name)


WRONG = [
    *(
        b"<html>a login</html>",
        b"[1, 2]",
        b"null",
        b"7",
        b'"text"',
        b'{"exper',
        b"\x1f\x8b\x08garbage",
        b"",
        b"{}",
    ),
    b'{"experiment": {"experiment_id": 5}}',
    b'{"experiment": [1]}',
    b'{"experiment": "x"}',
    b'{"experiment": {"experiment_id": {"a": []}}}',
]


@pytest.mark.parametrize("body", WRONG)
def test_an_answer_of_another_form_is_a_failure_of_the_service(body: bytes, tmp_path: Path) -> None:
    with answering(200, body) as (host, _):
        service = configured(tmp_path, tracking_uri=f"http://{host}")
        with pytest.raises(
            ServiceError,
            match=rf"^MLflow (does not answer )?at http://{host}\b.*address that of an MLflow server\?$",
        ):
            service.start()
