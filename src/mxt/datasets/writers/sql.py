"""SQL databases, through SQLAlchemy."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import StringConstraints

from mxt.configs.addresses import Address
from mxt.datasets.databases import DatabaseUrl, opened
from mxt.datasets.writers.base import Provenance, Writer
from mxt.redaction import shown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    import pyarrow as pa
    import sqlalchemy as sa

PROVENANCE_TABLE = "mxt_provenance"


class SqlWriter(Writer):
    """Replaces a table of a database in one transaction; provenance goes to the table ``mxt_provenance``.

    Example:
        KIND: SqlWriter
        url: env:CHURN_DATABASE_URL
        table: predictions
    """

    KIND: Literal["SqlWriter"] = "SqlWriter"

    url: DatabaseUrl
    """SQLAlchemy URL; env:NAME in place of the password, or of the whole URL, names the variable with it."""

    table: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Name of the table to replace."""

    @property
    def target(self) -> str:
        return f"{shown(self.url)} table {self.table}"

    @property
    def writes_to(self) -> tuple[Address, ...]:
        address = Address.of_database(self.url, self.table, self.target)
        return () if address is None else (address,)

    def unfit(self) -> str:
        own = self.table.casefold() == PROVENANCE_TABLE
        return f"{PROVENANCE_TABLE} holds the provenance of all tables that MXT wrote" if own else ""

    def require_installed(self) -> None:
        with opened(self.url):
            pass

    def provenance(self) -> Provenance | None:
        import sqlalchemy as sa

        with opened(self.url) as engine, engine.connect() as connection:
            known = sa.inspect(connection)
            if not known.has_table(self.table):
                return None
            records, content = _records(), None
            if known.has_table(PROVENANCE_TABLE):
                own = sa.select(records.c.provenance).where(records.c.table_name == self.table)
                content = connection.execute(own).scalar()
        return Provenance.from_json(content or "{}")

    def write_batches(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, provenance: Provenance
    ) -> None:
        with self._transaction() as connection:
            table, records = self._table(schema), _records()
            table.drop(connection, checkfirst=True)
            for each in (table, records):
                each.create(connection, checkfirst=True)
            _insert(connection, table, batches)
            connection.execute(records.delete().where(records.c.table_name == self.table))
            connection.execute(
                records.insert().values(table_name=self.table, provenance=provenance.to_json())
            )

    def add_batches(
        self,
        batches: Iterator[pa.RecordBatch],
        schema: pa.Schema,
        provenance: Provenance,
        present: Provenance,
    ) -> None:
        with self._transaction() as connection:
            records = _records()
            same = (records.c.table_name == self.table) & (records.c.provenance == present.to_json())
            change = records.update().where(same).values(provenance=provenance.to_json())
            if connection.execute(change).rowcount != 1:  # it also locks the row until the end
                raise self.changed()
            _insert(connection, self._table(schema), batches)

    def _table(self, schema: pa.Schema) -> sa.Table:
        import sqlalchemy as sa

        columns = [sa.Column(field.name, _sql_type(field.type)) for field in schema]
        return sa.Table(self.table, sa.MetaData(), *columns)

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with opened(self.url) as engine:
            _begin_before_ddl(engine)
            with engine.begin() as connection:
                yield connection


def _records() -> sa.Table:
    """The table of provenances: one record for each table that MXT wrote."""
    import sqlalchemy as sa

    name = sa.Column("table_name", sa.String(255), primary_key=True)
    return sa.Table(PROVENANCE_TABLE, sa.MetaData(), name, sa.Column("provenance", sa.Text))


def _insert(connection: sa.Connection, table: sa.Table, batches: Iterator[pa.RecordBatch]) -> None:
    for batch in batches:
        if batch.num_rows:  # without rows, SQLAlchemy would insert one of defaults
            connection.execute(table.insert(), batch.to_pylist())


def _begin_before_ddl(engine: sa.Engine) -> None:
    """Make sqlite3 open its transaction before DROP and CREATE, which it leaves outside by default.

    SQLAlchemy 2.1, "SQLite dialect: Serializable isolation / Savepoints / Transactional DDL".
    """
    import sqlalchemy as sa

    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _explicit_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _sql_type(
    kind: pa.DataType,
) -> type[sa.Boolean | sa.BigInteger | sa.Double[float] | sa.DateTime | sa.Text]:
    import pyarrow as pa
    import sqlalchemy as sa

    types = pa.types
    if types.is_boolean(kind):
        return sa.Boolean
    if types.is_integer(kind):
        return sa.BigInteger
    if types.is_floating(kind):
        return sa.Double
    return sa.DateTime if types.is_timestamp(kind) else sa.Text
