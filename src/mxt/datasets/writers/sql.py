"""SQL databases, through SQLAlchemy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import StringConstraints

from mxt.datasets.databases import DatabaseUrl, described, opened
from mxt.datasets.writers.base import Provenance, Writer

if TYPE_CHECKING:
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
    """SQLAlchemy URL without a password, or env:NAME for the environment variable that holds it."""

    table: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Name of the table to replace."""

    @property
    def target(self) -> str:
        return f"{described(self.url)} table {self.table}"

    def write_batches(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, provenance: Provenance
    ) -> None:
        with opened(self.url) as engine:
            _begin_before_ddl(engine)
            with engine.begin() as connection:
                self._replace(connection, batches, schema, provenance)

    def _replace(
        self,
        connection: sa.Connection,
        batches: Iterator[pa.RecordBatch],
        schema: pa.Schema,
        provenance: Provenance,
    ) -> None:
        import sqlalchemy as sa

        catalogue = sa.MetaData()
        table = sa.Table(
            self.table, catalogue, *(sa.Column(field.name, _sql_type(field.type)) for field in schema)
        )
        records = sa.Table(
            PROVENANCE_TABLE,
            catalogue,
            sa.Column("table_name", sa.String(255), primary_key=True),
            sa.Column("provenance", sa.Text),
        )
        table.drop(connection, checkfirst=True)
        catalogue.create_all(connection)
        for batch in batches:
            connection.execute(table.insert(), batch.to_pylist())
        connection.execute(records.delete().where(records.c.table_name == self.table))
        connection.execute(records.insert().values(table_name=self.table, provenance=provenance.to_json()))


def _begin_before_ddl(engine: sa.Engine) -> None:
    """Make sqlite3 open its transaction before DROP and CREATE, which it leaves outside by default.

    SQLAlchemy 2.1, "SQLite dialect: Serializable isolation / Savepoints / Transactional DDL".
    """
    import sqlalchemy as sa

    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _explicit_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _sql_type(kind: pa.DataType) -> type[sa.types.TypeEngine[Any]]:
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
