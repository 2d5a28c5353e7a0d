"""SQL databases, through SQLAlchemy."""

from __future__ import annotations

import operator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import StringConstraints

from mxt.configs import reveal
from mxt.datasets.readers.base import Reader
from mxt.errors import DataError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    import sqlalchemy as sa

BATCH_ROWS = 65_536

DatabaseUrl = Annotated[
    str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|[A-Za-z][A-Za-z0-9_+.-]*://([^:@/]*@)?[^@]*)$")
]
"""An SQLAlchemy URL without a password, or ``env:NAME`` for the variable that holds one."""


class SqlReader(Reader):
    """Reads a table or query of a database; columns, filters and limit become part of the statement.

    Example:
        KIND: SqlReader
        url: env:CHURN_DATABASE_URL
        query: SELECT * FROM customers ORDER BY id
        id_column: id
    """

    KIND: Literal["SqlReader"] = "SqlReader"

    url: DatabaseUrl
    """SQLAlchemy URL without a password, or env:NAME for the environment variable that holds it."""

    query: Annotated[str, StringConstraints(min_length=1)]
    """A SELECT statement, or the name of a table; rows come in the order of the id column if there is one."""

    types: dict[str, Literal["int64", "float64", "string", "bool", "timestamp[us]"]] = {}
    """Types of columns whose first rows do not show them, such as columns that start with missing values."""

    @property
    def source(self) -> str:
        return self.url if self.url.startswith("env:") else self.url.partition("?")[0]

    def names(self) -> list[str]:
        import sqlalchemy as sa

        with self._connected() as connection:
            return list(connection.execute(sa.text(f"SELECT * FROM ({self._statement()}) AS source LIMIT 0")).keys())  # noqa: S608 - the query is the config's

    def count(self) -> int:
        import sqlalchemy as sa

        with self._connected() as connection:
            rows = self._select([]).subquery()
            return int(connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one())

    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        schema = None
        with self._connected() as connection:
            result = connection.execution_options(yield_per=BATCH_ROWS).execute(self._select(columns))
            for rows in result.mappings().partitions(BATCH_ROWS):
                table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
                schema = schema or self._pinned(table.schema)
                yield from table.cast(schema).combine_chunks().to_batches()

    def _pinned(self, schema: pa.Schema) -> pa.Schema:
        import pyarrow as pa

        return pa.schema(
            [
                pa.field(field.name, pa.type_for_alias(self.types[field.name]) if field.name in self.types else field.type)
                for field in schema
            ]
        )

    def _statement(self) -> str:
        return self.query.strip().rstrip(";") if " " in self.query.strip() else f"SELECT * FROM {self.query.strip()}"  # noqa: S608

    def _select(self, columns: list[str]) -> sa.Select[Any]:
        import sqlalchemy as sa

        names = self.names()
        source = sa.text(self._statement()).columns(*(sa.column(name) for name in names)).subquery("source")
        statement = sa.select(*(source.c[name] for name in columns or names))
        for name, sign, value in self.filters:
            if name not in names:
                msg = f"{self.source}: a filter names the column {name!r}; the query has {names}."
                raise DataError(msg)
            statement = statement.where(_condition(source.c[name], sign, value))
        return statement.order_by(source.c[self.id_column]) if self.id_column else statement

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """A connection; errors are told without statement, parameters or URL, which may hold secrets."""
        import pyarrow as pa
        import sqlalchemy as sa

        try:
            engine = sa.create_engine(reveal(self.url) if self.url.startswith("env:") else self.url)
            with engine.connect() as connection:
                yield connection
        except sa.exc.NoSuchModuleError as error:
            msg = f"{self.source}: no driver for this kind of database is installed."
            raise ServiceError(msg) from error
        except (sa.exc.ArgumentError, sa.exc.InterfaceError, ModuleNotFoundError) as error:
            msg = f"{self.source}: cannot be opened ({type(error).__name__}); check the URL and its driver."
            raise ServiceError(msg) from error
        except sa.exc.SQLAlchemyError as error:
            msg = f"{self.source}: the query failed ({type(error).__name__}); check that database and table exist."
            raise DataError(msg) from error
        except (pa.ArrowException, TypeError) as error:
            msg = f"{self.source}: a column changes its type between rows; name its type in `types`."
            raise DataError(msg) from error


def _condition(column: Any, sign: str, value: object) -> Any:  # noqa: ANN401 - SQLAlchemy's expressions are untyped here
    signs = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
    if sign in signs:
        return signs[sign](column, value)
    listed = list(value) if isinstance(value, tuple) else [value]
    return column.in_(listed) if sign == "in" else column.not_in(listed)
