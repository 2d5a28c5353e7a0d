"""Databases, through SQLAlchemy: how they are named and opened, and what messages say when they fail."""

from __future__ import annotations

import importlib
import re
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import StringConstraints

from mxt.configs import NO_SECRET, revealed
from mxt.configs.addresses import Address
from mxt.datasets.bounds import bound
from mxt.datasets.deadlines import SECONDS, Expired, call, transfer
from mxt.datasets.local_files import refuse_special
from mxt.errors import DataError, MxtError, ServiceError, missing
from mxt.redaction import NAMED, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import sqlalchemy as sa


DatabaseUrl = Annotated[
    str, StringConstraints(pattern=rf"^({NAMED}$|[A-Za-z][A-Za-z0-9_+.-]*://)"), NO_SECRET
]
"""An SQLAlchemy URL in which ``env:NAME`` stands for a password, or ``env:NAME`` for the whole URL."""

_INSTALLS = {
    "MySQLdb": "mysqlclient",
    "cx_Oracle": "oracledb",
    "psycopg": "'mxt[postgresql]'",
    "psycopg2": "psycopg2-binary",
    "pymysql": "'mxt[mysql]'",
}
"""What pip is to install for the module of a driver, where the names differ."""
_DIALECTS = {
    "bigquery": "sqlalchemy-bigquery",
    "clickhouse": "clickhouse-sqlalchemy",
    "databricks": "databricks-sqlalchemy",
    "duckdb": "duckdb-engine",
    "redshift": "sqlalchemy-redshift",
    "snowflake": "snowflake-sqlalchemy",
    "trino": "trino",
}
"""The package of each kind of database that SQLAlchemy does not know by itself."""
_DENIED = re.compile(
    r"password|authenticat|access denied|login failed|permission denied|logon denied|"
    r"role \S+ does not exist|pg_hba",
    re.IGNORECASE,
)
"""What databases write when they refuse a user, if they write in English."""
_DENIED_STATES = ("28", "42501")
"""How the SQLSTATEs of such refusals begin."""
_DOWN_STATES = ("08", "40", "53", "55P03", "57", "58", "HYT")
"""How the SQLSTATEs of passing failures begin: lost connections, deadlocks, full disks, stops, timeouts."""
_MYSQL_FAULTS = {1054, 1060, 1064, 1136, 1146, 1222, 1242, 1364, 1366}
"""Numbers of MySQL for wrong statements that its drivers take for operational errors."""
_MYSQL_DENIALS = {1044, 1045, 1142, 1143, 1227, 1698, 1820, 3118}
"""Numbers of MySQL for refusals of a user."""
_NO_DATABASE = "3D"
_LOCAL = {"sqlite", "duckdb"}
_CALLS = ("connect", "do_execute", "do_execute_no_params", "do_executemany", "do_commit", "do_rollback")
"""The methods of SQLAlchemy's dialects in which a driver waits for its database."""
_LIBPQ = {"connect_timeout": SECONDS, "tcp_user_timeout": 1000 * SECONDS}
_MYSQL = {"connect_timeout": SECONDS, "read_timeout": SECONDS, "write_timeout": SECONDS}
_OPTIONS = {"psycopg": _LIBPQ, "psycopg2": _LIBPQ, "pymysql": _MYSQL, "mysqldb": _MYSQL}
"""The drivers' own limits, which hold in other threads too; those in the URL come before them."""
_UNITS = {"": 0.001, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
"""Seconds of the units of PostgreSQL; a number without one is of milliseconds."""


@contextmanager
def opened(url: str) -> Iterator[sa.Engine]:
    """An engine for the database at `url`.

    Messages leave out SQLAlchemy's own text, which may hold secrets and cells.

    Raises:
        ServiceError: The database cannot be opened, lets nobody in, or went away.
        MissingExtraError: Its driver is not installed.
        DataError: A statement failed.
    """
    import sqlalchemy as sa

    address = Address.of_database(revealed(url))
    if address is not None and address.local:
        refuse_special(address.place, shown(url), "its file", "Name another file.")
    engine = _engine(url)
    bound(engine.dialect, _CALLS, lambda name: limit(engine, name), shown(url))
    try:
        yield engine
    except Expired as error:
        raise ServiceError(str(error)) from None
    except sa.exc.SQLAlchemyError as error:
        raise failure(shown(url), engine.dialect.name, error) from error
    finally:
        engine.dispose()


def limit(engine: sa.Engine, name: str) -> AbstractContextManager[object]:
    """The deadline of one call to a database; none for a file, which no other machine works on.

    It raises Expired, by which SQLAlchemy knows that the connection is of no use any more.
    """
    return nullcontext() if engine.dialect.name in _LOCAL else call(name, _patience(engine.url), Expired)


def fetching(engine: sa.Engine, name: str) -> AbstractContextManager[object]:
    """The same for rows that come one after the other, as long as some come."""
    return nullcontext() if engine.dialect.name in _LOCAL else transfer(name, _patience(engine.url), Expired)


def interruptible(driver: str) -> None:
    """Let PostgreSQL's drivers wait in Python: their own code in C hears no signal while it waits."""
    with suppress(ImportError):
        if driver == "psycopg":
            waiting: Any = importlib.import_module("psycopg.waiting")
            waiting.wait = waiting.wait_selector
        if driver == "psycopg2":
            extensions, extras = map(importlib.import_module, ("psycopg2.extensions", "psycopg2.extras"))
            extensions.set_wait_callback(extras.wait_select)


def failure(name: str, dialect: str, error: sa.exc.SQLAlchemyError) -> MxtError:
    """What an error of SQLAlchemy means.

    Args:
        name: The database, as messages may show it.
        dialect: SQLAlchemy's name of its kind.
        error: What was raised by a connection or a statement.
    """
    kind = type(error).__name__
    if dialect not in _LOCAL and _denied(error):
        return ServiceError(
            f"{name}: the database refuses this user ({kind}). "
            "Is the password right that the URL's variable holds, and may the user do this?"
        )
    if _passing(dialect, error):
        where = "cannot be opened" if _connecting(error) else "went away or is busy"
        return ServiceError(
            f"{name}: the database {where} ({kind}). Is it up, and the URL right? Then run again."
        )
    if dialect in _LOCAL and "disk is full" in str(getattr(error, "orig", None)):
        return DataError(f"{name}: the disk is full; what the database held is untouched.")
    if dialect in _LOCAL and _connecting(error):
        return DataError(f"{name}: cannot be opened ({kind}). Is there such a file, and may it be read?")
    return DataError(f"{name}: a statement failed ({kind}). Is there such a table?")


def _connecting(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether no statement was under way."""
    return getattr(error, "statement", None) is None


def _denied(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether a database refuses the user."""
    own = getattr(error, "orig", None)
    state = _state(own)
    if state:
        return state.startswith(_DENIED_STATES)
    return _number(own) in _MYSQL_DENIALS or (_connecting(error) and bool(_DENIED.search(str(own))))


def _passing(dialect: str, error: sa.exc.SQLAlchemyError) -> bool:
    """Whether an error is about the database, and not about the statement."""
    import sqlalchemy as sa

    own = getattr(error, "orig", None)
    if dialect in _LOCAL:
        return isinstance(error, sa.exc.OperationalError) and "locked" in str(own)
    if getattr(error, "connection_invalidated", False) or isinstance(error, sa.exc.TimeoutError):
        return True
    state = _state(own)
    if state:
        return state.startswith(_DOWN_STATES) or (_connecting(error) and state.startswith(_NO_DATABASE))
    operational = isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError))
    return operational and _number(own) not in _MYSQL_FAULTS


def _number(error: BaseException | None) -> object:
    """The number that a driver of MySQL gives an error."""
    return error.args[0] if error is not None and error.args else None


def absent(name: str, url: str, error: BaseException) -> MxtError | None:
    """The error for a driver that is not installed; None if the error is about something else."""
    import sqlalchemy as sa

    if isinstance(error, sa.exc.NoSuchModuleError):
        kind = re.split(r"[+:]", revealed(url))[0]
        return missing(f"{name}: this kind of database", _DIALECTS[kind]) if kind in _DIALECTS else None
    if not isinstance(error, ImportError):
        return None
    module = str(error.name or "").partition(".")[0]
    return missing(f"{name}: this kind of database", _INSTALLS.get(module, module)) if module else None


def _engine(url: str) -> sa.Engine:
    import sqlalchemy as sa

    try:
        address = sa.make_url(revealed(url))
        options = _OPTIONS.get(address.get_driver_name(), {})
        interruptible(address.get_driver_name())
        own = {name: round(value) for name, value in options.items() if name not in address.query}
        return sa.create_engine(address, connect_args=own)
    except (sa.exc.ArgumentError, ImportError, ValueError) as error:
        lacking = absent(shown(url), url, error)
        if lacking is not None:
            raise lacking from error
        hint = (
            " SQLAlchemy writes postgresql://, not postgres://." if "dialects:postgres" in str(error) else ""
        )
        msg = f"{shown(url)}: cannot be opened ({type(error).__name__}).{hint}"
        msg += " Is the URL right, and its driver installed?"
        raise ServiceError(msg) from error


def _state(error: BaseException | None) -> str:
    """The SQLSTATE that a driver's error holds; empty if there is none."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if (
        state is None
        and error is not None
        and error.args
        and re.fullmatch(r"[0-9A-Z]{5}", str(error.args[0]))
    ):
        state = error.args[0]  # as pyodbc has it
    return str(state or "")


def _patience(url: sa.URL) -> float:
    """How long a statement may take: SECONDS, or longer where the URL's own options allow it.

    These are ``read_timeout`` in MySQL's, and ``options=-c statement_timeout=10min`` in PostgreSQL's.
    """
    seconds = str(url.query.get("read_timeout", ""))
    found = re.search(r"statement_timeout[= ](\d+)(ms|s|min|h)?", str(url.query.get("options", "")))
    if found:
        return max(SECONDS, float(found[1]) * _UNITS[found[2] or ""])
    return max(SECONDS, float(seconds) if seconds.isdecimal() else 0.0)
