"""Where things are: the project's root, anchored paths, and secrets that only their variable names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import sqlalchemy as sa
import yarl
from pydantic import TypeAdapter, ValidationError

from mxt import configs
from mxt.configs import Location, Secret, current_root, project_root, reveal, revealed
from mxt.datasets.databases import DatabaseUrl
from mxt.errors import ConfigError
from mxt.executors.base.sessions import Master
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


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("https://reader:env:PW@host/x.csv", "https://reader:p%40ss%2Fw%C3%B6rd%251@host/x.csv"),
        ("https://env:PW@host/x", "https://p%40ss%2Fw%C3%B6rd%251@host/x"),
        ("https://env:USER_NAME:env:PW@host/x", "https://me:p%40ss%2Fw%C3%B6rd%251@host/x"),
        ("https://host/x?sv=1&sig=env:PW&x=env:USER_NAME#t=env:PW", None),
        ("mssql://host?odbc_connect=env:PW", "mssql://host?odbc_connect=p%40ss%2Fw%C3%B6rd%251"),
        ("sc://host/;token=env:USER_NAME", "sc://host/;token=me"),
        ("env:PW", "p@ss/w\u00f6rd%1"),
        ("env:USER_NAME-metadata.json", "me-metadata.json"),
        ("s3://bucket/a:env:PW@x/env:PW/b=env:PW", "s3://bucket/a:env:PW@x/env:PW/b=env:PW"),
        ("data/env:PW.csv", "data/env:PW.csv"),
    ],
)
def test_names_of_variables_become_their_values_where_a_library_is_called(
    written: str, taken: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW", "p@ss/w\u00f6rd%1")
    monkeypatch.setenv("USER_NAME", "me")
    encoded = "p%40ss%2Fw%C3%B6rd%251"
    assert revealed(written) == (taken or f"https://host/x?sv=1&sig={encoded}&x=me#t={encoded}")


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ConfigError, match="environment variable NOT_SET, which is not set"):
        revealed("https://reader:env:NOT_SET@host/x.csv")


def test_sqlalchemy_and_a_web_client_take_back_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    password = "p@ss w\u00f6rd/1:2%3?4#5&6+7"  # noqa: S105 - every sign that a URL gives a meaning
    monkeypatch.setenv("PW", password)
    assert sa.make_url(revealed("postgresql://u:env:PW@h/db")).password == password
    assert sa.make_url(revealed("postgresql://u@h/db?sslpassword=env:PW")).query["sslpassword"] == password
    assert yarl.URL(revealed("https://u:env:PW@h/x")).password == password
    assert yarl.URL(revealed("https://h/x?sig=env:PW&v=1")).query["sig"] == password


FORMS: dict[Any, tuple[str, ...]] = {
    Location: ("https://", "sftp://", "simplecache::https://"),
    DatabaseUrl: ("postgresql://", "mysql+pymysql://"),
    StoreUri: ("https://", "postgresql://"),
    Master: ("sc://",),
}
NAMES = ("location", "database", "store", "master")


@pytest.mark.parametrize(
    ("rest", "accepted"),
    [
        ("h:80", True),
        ("h:80/;user=x", True),
        ("u:hunter2@h/db", False),
        (":hunter2@h/db", False),
        ("u:env:PW!@h/db", False),
        ("h:80/;token=hunter2", False),
        ("h:80/;pwd=hunter2", False),
        ("h:80/;x-SECRET-y=hunter2", False),
        ("h:80/;token=env:PW", True),
    ],
)
@pytest.mark.parametrize("kind", FORMS, ids=NAMES)
def test_every_location_refuses_secrets_and_the_json_schema_knows_it(
    kind: Any,
    rest: str,
    accepted: bool,  # noqa: FBT001 - a case
) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    schema = jsonschema.Draft202012Validator(adapter.json_schema())
    for scheme in FORMS[kind]:
        url = f"{scheme}{rest}"
        assert schema.is_valid(url) is accepted
        if accepted:
            assert adapter.validate_python(url) == url
        else:
            with pytest.raises(ValidationError):
                adapter.validate_python(url)


@pytest.mark.parametrize("kind", FORMS, ids=NAMES)
def test_the_whole_of_a_location_may_be_named(kind: Any) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert adapter.validate_python("env:URL") == "env:URL"
    for wrong in ("env:", "env:1"):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)
