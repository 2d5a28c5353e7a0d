"""Databases: tables and queries, secrets that stay secret, types that a database does not tell."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from contracts.stores import CANARY
from mxt.datasets.readers.sql import BATCH_ROWS, SqlReader
from mxt.datasets.writers.sql import SqlWriter
from mxt.errors import ConfigError, DataError, MissingExtraError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "hunter2-5c1e"  # noqa: S105 - what must not be shown


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A real SQLite database with a table of customers."""
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (id TEXT, tenure INTEGER, plan TEXT, since TEXT)")
        connection.executemany(
            "INSERT INTO customers VALUES (?, ?, ?, ?)",
            [("c", 3, "x", None), ("a", 1, CANARY, None), ("b", None, "y", "2024-02-29 12:00:00")],
        )
    connection.close()
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    "query",
    [
        "customers",
        " customers ;\n",
        "SELECT * FROM customers",
        "SELECT * FROM customers;",
        "SELECT\n*\nFROM\ncustomers\n",
        "SELECT * FROM customers -- all of them",
        "WITH c AS (SELECT * FROM customers) SELECT * FROM c WHERE since IS NULL OR since <> '12:30'",
    ],
)
def test_a_query_may_be_a_statement_or_a_table(query: str, url: str) -> None:
    table = SqlReader(url=url, query=query, id_column="id").read()
    assert table.index.tolist() == ["a", "b", "c"]
    assert table["tenure"].fillna(0).tolist() == [1, 0, 3]


def test_the_order_of_a_query_is_kept_without_an_id(url: str) -> None:
    table = SqlReader(url=url, query="SELECT id FROM customers ORDER BY id DESC").read()
    assert table["id"].tolist() == ["c", "b", "a"]


def test_a_column_may_be_computed_and_filtered(url: str) -> None:
    reader = SqlReader(
        url=url,
        query="SELECT id, coalesce(tenure, 0) * 2 AS twice FROM customers",
        id_column="id",
        filters=(("twice", ">", 0),),
    )
    assert reader.read()["twice"].to_dict() == {"a": 2, "c": 6}


def test_a_value_that_looks_like_a_statement_is_a_value(url: str) -> None:
    reader = SqlReader(url=url, query="customers", filters=(("plan", "==", "x' OR '1'='1"),))
    with pytest.raises(DataError, match="no rows meet the filters"):
        reader.read()


def test_types_hold_in_every_batch(url: str) -> None:
    rows = BATCH_ROWS + 10
    frame = pd.DataFrame(
        {
            "late": [None] * BATCH_ROWS + [1.5] * 10,
            "flag": [row % 3 == 0 for row in range(rows)],
            "when": pd.Timestamp("2024-01-01 00:00:00.5") + pd.to_timedelta(range(rows), "min"),
        },
        index=pd.RangeIndex(rows, name="id"),
    )
    SqlWriter(url=url, table="long").write(frame)
    known: dict[str, Any] = {"late": "float64", "flag": "bool", "when": "timestamp[us]"}
    pd.testing.assert_frame_equal(
        SqlReader(url=url, query="long", id_column="id", types=known).read(),
        frame.astype({"when": "datetime64[us]"}),
    )
    with pytest.raises(DataError, match="name its type in `types`"):
        SqlReader(url=url, query="long", id_column="id").read()


def test_a_column_that_mixes_types_is_told_without_its_cells(url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("CREATE TABLE mixed (x)")
        connection.executemany("INSERT INTO mixed VALUES (?)", [(1,), (CANARY,)])
    connection.close()
    with pytest.raises(DataError, match="a column changes its type") as caught:
        SqlReader(url=url, query="mixed").read()
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("query", ["nowhere", "SELECT wrong FROM customers", "SELEC 1 FROM customers"])
def test_a_failed_statement_is_told_without_the_statement(query: str, url: str) -> None:
    with pytest.raises(DataError, match="a statement failed") as caught:
        SqlReader(url=url, query=f"{query} ".rstrip(), filters=(("id", "==", CANARY),)).read()
    assert CANARY not in str(caught.value)
    assert "wrong" not in str(caught.value)


def test_a_variable_may_hold_the_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", url)
    reader = SqlReader(url="env:CRM_URL", query="customers", id_column="id")
    assert len(reader.read()) == 3
    assert reader.source == "env:CRM_URL"


def test_a_variable_that_is_not_set_is_told() -> None:
    for attempt in (
        SqlReader(url="env:CRM_URL", query="customers").read,
        lambda: SqlWriter(url="env:CRM_URL", table="t").write(pd.DataFrame({"a": [1]})),
    ):
        with pytest.raises(ConfigError, match="variable CRM_URL, which is not set"):
            attempt()


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (f"postgresql://mxt:{SECRET}@localhost:1/crm", MissingExtraError),
        (f"postgresql://mxt:pass/{SECRET}@localhost/crm", MissingExtraError),
        (f"postgresql://mxt:{SECRET}@localhost:no-port/crm", ServiceError),
        (f"no-such-database://mxt:{SECRET}@localhost/crm", ServiceError),
        (SECRET, ServiceError),
        (f"sqlite:////nowhere/{SECRET}/crm.db", DataError),
    ],
)
def test_no_message_holds_the_secret(
    value: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_URL", value)
    with pytest.raises(error, match="env:CRM_URL") as caught:
        SqlReader(url="env:CRM_URL", query="customers").read()
    assert SECRET not in str(caught.value)
    with pytest.raises(error, match="env:CRM_URL") as caught:
        SqlWriter(url="env:CRM_URL", table="t").write(pd.DataFrame({"a": [1]}))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        f"postgresql://mxt:{SECRET}@localhost/crm",
        f"postgresql://mxt:{SECRET}@local@host/crm",
        f"postgresql://localhost/crm?password={SECRET}",
        f"postgresql://localhost/crm?sslmode=require&PWD={SECRET}",
        f"mssql+pyodbc:///?odbc_connect=UID%3Dmxt%3BPWD%3D{SECRET}",
        "env:NOT A NAME",
        "no url",
        "",
    ],
)
def test_a_url_that_holds_a_password_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        SqlReader(url=value, query="customers")
    with pytest.raises(ValidationError):
        SqlWriter(url=value, table="customers")


@pytest.mark.parametrize(
    "value", ["postgresql://mxt@localhost:5432/crm?sslmode=require", "sqlite:///data/crm.db", "env:CRM_URL"]
)
def test_a_url_without_a_password_is_taken(value: str) -> None:
    source = SqlReader(url=value, query="customers").source
    assert source == value.partition("?")[0]


@pytest.mark.parametrize("table", ["customers; DROP TABLE customers", 'a"b', "", "1st"])
def test_a_table_to_replace_has_a_plain_name(table: str) -> None:
    with pytest.raises(ValidationError):
        SqlWriter(url="sqlite://", table=table)


def test_writing_one_table_leaves_the_others_and_their_provenance(url: str, tmp_path: Path) -> None:
    for name in ("first", "second", "first"):
        SqlWriter(url=url, table=name).write(pd.DataFrame({"a": [1]}))
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        kept = connection.execute("SELECT table_name FROM mxt_provenance ORDER BY 1").fetchall()
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (3,)
    connection.close()
    assert kept == [("first",), ("second",)]


@pytest.fixture
def seen() -> Iterator[list[tuple[str, Any]]]:
    """The statements sent to databases, each with its parameters, and "connect" for each connection."""
    events: list[tuple[str, Any]] = []

    def connected(*_: object) -> None:
        events.append(("connect", ()))

    def sent(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        events.append((statement, parameters))

    sa.event.listen(sa.pool.Pool, "connect", connected)
    sa.event.listen(sa.engine.Engine, "before_cursor_execute", sent)
    yield events
    sa.event.remove(sa.pool.Pool, "connect", connected)
    sa.event.remove(sa.engine.Engine, "before_cursor_execute", sent)


def test_a_question_takes_one_connection(url: str, seen: list[tuple[str, Any]]) -> None:
    reader = SqlReader(url=url, query="customers", id_column="id", filters=(("tenure", ">", 0),))
    for question in (reader.names, reader.count, lambda: reader.declared(["id"])):
        seen.clear()
        question()
        assert [statement for statement, _ in seen].count("connect") == 1


def test_the_types_of_a_long_table_take_one_batch_of_it(url: str, seen: list[tuple[str, Any]]) -> None:
    reader = SqlReader(url=url, query="customers", id_column="id")
    assert reader.declared(["id", "tenure"]) == {"id": pa.string(), "tenure": pa.int64()}
    assert BATCH_ROWS in seen[-1][1]
    assert reader.model_copy(update={"limit": 2}).declared(["id"]) == {"id": pa.string()}
    assert 2 in seen[-1][1]
