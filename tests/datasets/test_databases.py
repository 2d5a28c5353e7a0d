"""Databases by URL: no secret in a config, and none in a message."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from mxt.datasets.databases import DatabaseUrl, failure, opened
from mxt.errors import DataError, MissingExtraError, ServiceError

if TYPE_CHECKING:
    from pathlib import Path

URL = TypeAdapter(DatabaseUrl)
SECRET = "hunter2-5c1e"  # noqa: S105 - what must not be shown


@pytest.mark.parametrize(
    "url", ["sqlite:///data/crm.db", "postgresql://reader@host/crm", "env:CHURN_DATABASE_URL"]
)
def test_a_url_without_a_password_is_taken(url: str) -> None:
    assert URL.validate_python(url) == url


@pytest.mark.parametrize(
    "url",
    [f"postgresql://reader:{SECRET}@host/crm", f"sqlite:///crm.db?password={SECRET}", "crm.db", "env:1"],
)
def test_a_url_with_a_password_is_not(url: str) -> None:
    with pytest.raises(ValidationError):
        URL.validate_python(url)


def test_errors_quote_neither_statement_nor_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("URL", f"sqlite:///{tmp_path}/{SECRET}.db")
    with opened("env:URL") as engine, engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    with pytest.raises(DataError) as caught, opened("env:URL") as engine, engine.connect() as connection:
        connection.execute(sa.text("SELECT :cell FROM nowhere"), {"cell": SECRET})
    assert str(caught.value) == "env:URL: a statement failed (OperationalError). Is there such a table?"


@pytest.mark.parametrize(
    ("url", "install"),
    [
        ("postgresql+psycopg://reader@host/crm", "'mxt[postgresql]'"),
        ("postgresql+psycopg2://reader@host/crm", "psycopg2-binary"),
        ("mysql+pymysql://reader@host/crm", "'mxt[mysql]'"),
        ("mysql://reader@host/crm", "mysqlclient"),
        ("snowflake://reader@host/crm", "snowflake-sqlalchemy"),
        ("mssql+pyodbc://reader@host/crm", "pyodbc"),
    ],
)
def test_a_driver_that_is_not_installed_names_the_command(url: str, install: str) -> None:
    with pytest.raises(MissingExtraError) as caught, opened(url):
        pass
    assert str(caught.value) == (
        f"{url}: this kind of database needs a package that is not installed; run: pip install {install}"
    )


class RefusalError(Exception):
    """What a driver raises, with the SQLSTATE and the arguments of its own errors."""

    def __init__(self, *words: object, state: str | None = None) -> None:
        super().__init__(*words)
        self.sqlstate = state


@pytest.mark.parametrize(
    ("own", "statement", "error", "message"),
    [
        (RefusalError("connection refused"), None, ServiceError, "cannot be opened"),
        (RefusalError(f'password authentication failed for "{SECRET}"'), None, ServiceError, "refuses"),
        (RefusalError("FATAL", state="28P01"), None, ServiceError, "refuses"),
        (RefusalError("no right", state="42501"), "SELECT", ServiceError, "refuses"),
        (RefusalError("no such database", state="3D000"), None, ServiceError, "cannot be opened"),
        (RefusalError("shut down", state="57P01"), "SELECT", ServiceError, "went away or is busy"),
        (RefusalError("deadlock", state="40P01"), "SELECT", ServiceError, "went away or is busy"),
        (RefusalError(1045, "Access denied"), None, ServiceError, "refuses"),
        (RefusalError(2006, "gone away"), "SELECT", ServiceError, "went away or is busy"),
        (RefusalError(1054, "Unknown column 'password'"), "SELECT", DataError, "a statement failed"),
        (RefusalError('no "password"', state="42703"), "SELECT", DataError, "a statement failed"),
    ],
)
def test_a_server_that_fails_is_told_from_a_statement_that_does(
    own: RefusalError, statement: str | None, error: type[Exception], message: str
) -> None:
    raised = failure("env:URL", "postgresql", sa.exc.OperationalError(statement, {}, own))
    assert type(raised) is error
    assert str(raised).startswith("env:URL: ")
    assert message in str(raised)
    assert SECRET not in str(raised)


def test_a_locked_file_is_a_service_and_a_file_that_is_not_there_is_data(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "crm.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    locked, nowhere = f"sqlite:///{tmp_path}/crm.db?timeout=0.05", f"sqlite:///{tmp_path}/no/crm.db"
    busy = pytest.raises(ServiceError, match="went away or is busy")
    with busy, opened(locked) as engine, engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (id TEXT)"))
    holder.close()
    with pytest.raises(DataError, match="Is there such a file"), opened(nowhere) as engine:
        engine.connect()


@pytest.mark.parametrize("url", ["nothing://host/crm", "not a url"])
def test_a_database_that_cannot_be_opened_is_a_service(url: str) -> None:
    with pytest.raises(ServiceError, match=r"cannot be opened .*its driver installed\?$"), opened(url):
        pass
