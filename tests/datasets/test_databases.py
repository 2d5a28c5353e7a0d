"""Databases by URL: no secret in a config, and none in a message."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from canaries import postgres
from mxt.datasets import databases, deadlines
from mxt.datasets.databases import DatabaseUrl, failure, opened
from mxt.errors import DataError, MissingExtraError, ServiceError
from services.servers import misbehaving

if TYPE_CHECKING:
    from pathlib import Path

URL = TypeAdapter(DatabaseUrl)
SECRET = "hunter2-5c1e"  # noqa: S105 - what must not be shown
SHORT = 1.0


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


DRIVERS = {"psycopg": "postgresql+psycopg", "pymysql": "mysql+pymysql"}


def needed(driver: str) -> None:
    """Skip a test where a driver is absent."""
    pytest.importorskip(driver, reason=f"{driver} is not installed: run `just services`")


def given_up(url: str, statement: str = "SELECT 1") -> str:
    """The error of a statement whose database does not answer, in no more than its deadline."""
    begun = time.monotonic()
    with pytest.raises(ServiceError) as caught, opened(url) as engine, engine.connect() as connection:
        connection.execute(sa.text(statement)).all()
    assert time.monotonic() - begun < SHORT + 3, "also on a machine with much else to do"
    return str(caught.value)


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "SECONDS", SHORT)
    monkeypatch.setattr(deadlines, "_late", set())


@pytest.mark.slow
@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("how", ["silent", "dripping", "no HTTP", "cut off"])
@pytest.mark.parametrize("driver", DRIVERS)
def test_whatever_a_server_does_it_is_given_up_in_time(driver: str, how: str) -> None:
    needed(driver)
    with misbehaving(how) as (host, _):
        url = f"{DRIVERS[driver]}://reader@{host}/crm"
        message = given_up(url)
    assert message.startswith(url)
    if how == "silent":
        assert f"{url} does not answer: given up after {SHORT:.1f} s" in message


@pytest.mark.slow
@pytest.mark.parametrize("driver", DRIVERS)
def test_a_silent_server_is_given_up_in_other_threads_too(
    driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed(driver)
    seconds = 2.0  # libpq takes no less
    monkeypatch.setattr(databases, "SECONDS", seconds)
    monkeypatch.setitem(databases._OPTIONS, driver, dict.fromkeys(databases._OPTIONS[driver], seconds))
    errors: list[BaseException] = []

    def work(url: str) -> None:
        try:
            with opened(url) as engine, engine.connect():
                pass
        except ServiceError as error:
            errors.append(error)

    with misbehaving("silent") as (host, _):
        thread = threading.Thread(target=work, args=(f"{DRIVERS[driver]}://reader@{host}/crm",))
        thread.start()
        thread.join(6 * seconds)
    assert [type(error) for error in errors] == [ServiceError]


@pytest.mark.slow
def test_a_table_that_another_holds_is_given_up_and_so_is_a_statement_that_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed("psycopg")
    monkeypatch.setenv("CRM_PASSWORD", SECRET)
    with postgres(tmp_path / "server", SECRET) as port:
        url = f"postgresql+psycopg://reader:env:CRM_PASSWORD@127.0.0.1:{port}/postgres"
        with opened(url) as engine, engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE crm AS SELECT generate_series(1, 30) AS id"))
            connection.execute(sa.text("CREATE TABLE held AS SELECT 1 AS id"))
        monkeypatch.setattr(databases, "SECONDS", SHORT)
        monkeypatch.setattr(deadlines, "_late", set())
        query = "SELECT id, pg_sleep(0.1) FROM crm"
        own = f"{url}?options=-c%20statement_timeout=10s"
        with opened(own) as engine, engine.connect() as connection:
            assert len(connection.execute(sa.text(query)).all()) == 30, "its URL allows it more"
        assert "given up" in given_up(url, query)
        with opened(url) as engine, engine.begin() as connection:
            connection.execute(sa.text("LOCK TABLE held"))
            message = given_up(url, "SELECT id FROM held")
    assert f"does not answer: given up after {SHORT:.1f} s" in message
    assert SECRET not in message


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ("", 60),
        ("read_timeout=90", 90),
        ("read_timeout=5", 60),
        ("options=-c%20statement_timeout=90000", 90),
        ("options=-c%20statement_timeout%3D10min", 600),
        ("options=-c%20work_mem=9s", 60),
    ],
)
def test_a_statement_has_a_minute_or_what_the_url_allows(options: str, seconds: float) -> None:
    assert databases._patience(sa.make_url(f"postgresql://host/db?{options}")) == seconds
