"""Where things are: the project's root, anchored paths, and secrets that only their variable names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError

from mxt import configs
from mxt.configs import Location, Secret, current_root, project_root, reveal
from mxt.datasets.databases import DatabaseUrl
from mxt.errors import ConfigError
from mxt.services.mlflow import StoreUri

LOCATION: TypeAdapter[str] = TypeAdapter(Location)
SECRET: TypeAdapter[str] = TypeAdapter(Secret)


@pytest.mark.parametrize(
    ("file", "root"),
    [
        ("/p/confs/a.yaml", "/p"),
        ("/p/confs/prod/eu/a.yaml", "/p"),
        ("/p/confs/q/confs/a.yaml", "/p/confs/q"),
        ("/p/jobs/a.yaml", "/p/jobs"),
        ("/p/myconfs/a.yaml", "/p/myconfs"),
        ("/confs/a.yaml", "/"),
        ("/p/confs.yaml", "/p"),
    ],
)
def test_the_root_holds_the_confs(file: str, root: str) -> None:
    assert project_root(file) == root


def test_without_a_config_the_root_is_the_nearest_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert current_root() == str(inner)
    (tmp_path / "confs").mkdir()
    assert current_root() == str(tmp_path)
    (tmp_path / "a" / "mlflow.db").touch()
    assert current_root() == str(tmp_path / "a")
    monkeypatch.setenv("MXT_ROOT", str(tmp_path))
    assert current_root() == str(tmp_path)


def test_the_root_does_not_depend_on_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "confs").mkdir()
    (tmp_path / "confs" / "a.yaml").write_text("a: 1\n")
    for folder, file in (
        (tmp_path, "confs/a.yaml"),
        (tmp_path / "confs", "a.yaml"),
        (tmp_path / "confs", "./a.yaml"),
    ):
        monkeypatch.chdir(folder)
        assert configs.load([file], {}, []).root == str(tmp_path)


@pytest.mark.parametrize(
    ("told", "root"), [("other", "other"), ("./other/", "other"), ("/abs", "/abs"), ("", "")]
)
def test_the_environment_may_name_the_root(
    told: str, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MXT_ROOT", told)
    assert configs.load(["a.yaml"], {}, []).root == str(tmp_path / root)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("data/x.csv", "/project/data/x.csv"),
        ("./x.csv", "/project/x.csv"),
        ("../x.csv", "/x.csv"),
        ("a/../b/./x.csv", "/project/b/x.csv"),
        ("/abs/x.csv", "/abs/x.csv"),
        ("s3://bucket/key", "s3://bucket/key"),
        ("file:///x.csv", "file:///x.csv"),
        ("memory:x", "memory:x"),
        ("~/x.csv", "/project/~/x.csv"),
        ("C:/x.csv", "C:/x.csv"),
        ("2026-11-21T10:00.csv", "/project/2026-11-21T10:00.csv"),
    ],
)
def test_a_relative_path_starts_at_the_root_and_a_url_stays(written: str, found: str) -> None:
    assert LOCATION.validate_python(written, context={"root": "/project"}) == found


def test_without_a_config_a_path_starts_at_the_current_folder() -> None:
    assert LOCATION.validate_python("x.csv") == str(Path.cwd() / "x.csv")


@pytest.mark.parametrize("location", ["", "x" * 4097])
def test_a_location_is_neither_empty_nor_endless(location: str) -> None:
    with pytest.raises(ValidationError):
        LOCATION.validate_python(location)


@pytest.mark.parametrize("secret", ["env:A", "env:_a9", "env:CHURN_DATABASE_URL"])
def test_a_secret_is_named_by_its_variable(secret: str) -> None:
    assert SECRET.validate_python(secret) == secret


@pytest.mark.parametrize(
    "secret",
    ["", "hunter2", "env:", "env:9A", "env:A B", "env:A\n", "ENV:A", "xenv:A", "env:A-B", "env:\u00c4"],
)
def test_a_secret_itself_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError):
        SECRET.validate_python(secret)


def test_a_secret_is_revealed_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "hunter2")
    assert reveal("env:A_SECRET") == "hunter2"
    monkeypatch.setenv("A_SECRET", "")
    assert reveal("env:A_SECRET") == ""
    monkeypatch.delenv("A_SECRET")
    with pytest.raises(ConfigError, match=r"environment variable A_SECRET, which is not set"):
        reveal("env:A_SECRET")


@pytest.mark.parametrize("kind", [DatabaseUrl, StoreUri], ids=["database", "store"])
@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("postgresql://h/db?sslmode=require", True),
        ("postgresql://u@h/db", True),
        ("postgresql://u:hunter2@h/db", False),
        ("mysql://h/db?password=hunter2", False),
        ("mysql://h/db?a=1&PassWd=hunter2", False),
        ("https://h?Access_Token=hunter2", False),
        ("https://h;pwd=hunter2", False),
        ("mssql://h?odbc_connect=DRIVER%3Dx%3BPWD%3Dhunter2", False),
        ("mssql://h?ODBC_Connect=x", False),
        ("https://h?x-SECRET-y=hunter2", False),
        ("https://h/tokens?a=secret", True),
    ],
)
def test_a_url_with_a_secret_is_refused_and_the_json_schema_knows_it(
    kind: Any,
    url: str,
    accepted: bool,  # noqa: FBT001 - a case
) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert jsonschema.Draft202012Validator(adapter.json_schema()).is_valid(url) is accepted
    if accepted:
        assert adapter.validate_python(url) == url
        return
    with pytest.raises(ValidationError):
        adapter.validate_python(url)
