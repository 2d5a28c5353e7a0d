"""SQL databases, through SQLAlchemy."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import StringConstraints

from mxt.configs.addresses import Address
from mxt.datasets.bounds import each
from mxt.datasets.conditions import SIGNS, Scalar
from mxt.datasets.databases import DatabaseUrl, fetching, limit, opened
from mxt.datasets.queries import tables_in
from mxt.datasets.readers.base import Reader
from mxt.datasets.readers.base.remembered import Remembered
from mxt.errors import DataError
from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    import sqlalchemy as sa

    from mxt.datasets.marks import Mark

BATCH_ROWS = 65_536
FETCH_ROWS = 1_024
"""Rows that come from the database at once, for which it has the time of a call."""


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
    """SQLAlchemy URL; env:NAME in place of the password, or of the whole URL, names the variable with it."""

    query: Annotated[str, StringConstraints(min_length=1)]
    """A SELECT statement, or the name of a table; rows come in the order of the id column if there is one."""

    types: Remembered[dict[str, Literal["int64", "float64", "string", "bool", "timestamp[us]"]]] = {}
    """Types of columns whose first rows do not show them, such as columns that start with missing values."""

    @property
    def source(self) -> str:
        return shown(self.url)

    @property
    def reads_from(self) -> tuple[Address, ...]:
        found = tables_in(self.query).items()
        addresses = (
            (Address.of_database(self.url, name, f"{self.source} table {name}"), alone)
            for name, alone in found
        )
        return tuple(replace(address, looked_up=alone) for address, alone in addresses if address)

    def names(self) -> list[str]:
        with self._connected() as connection:
            return self._names(connection)

    def count(self) -> int:
        import sqlalchemy as sa

        if self._mark:  # the statement may give rows that are not beyond it
            return sum(batch.num_rows for batch in self._beyond(self.scan([self._mark.column])))
        with self._connected() as connection:
            rows = self._select([], connection).subquery()
            return int(connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one())

    def state(self) -> str:
        """The number of rows: the only change of a table that a database shows."""
        return str(self.count())

    def declared(self, columns: list[str]) -> dict[str, pa.DataType]:
        most = BATCH_ROWS if self.limit is None else min(self.limit, BATCH_ROWS)
        return self._types(next(self._batches(columns, most), None))

    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        yield from self._batches(columns, self.limit)

    def _batches(self, columns: list[str], most: int | None) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        seen: dict[str, pa.DataType] = {}
        with self._connected() as connection:
            statement = self._select(columns, connection).limit(most)
            with limit(connection.engine, self.source):  # it fetches the first rows as well
                result = connection.execution_options(yield_per=FETCH_ROWS).execute(statement)
            fetched = result.mappings().partitions(FETCH_ROWS)
            for rows in _batched(each(fetched, partial(fetching, connection.engine, self.source))):
                cells = {name: self._column(name, [row[name] for row in rows], seen) for name in rows[0]}
                yield pa.record_batch(cells)

    def _column(self, name: str, cells: list[object], seen: dict[str, pa.DataType]) -> pa.Array:
        """The cells of a column in its named type, or else in the type of its first batch."""
        import pyarrow as pa

        if self.types.get(name) == "string":
            return pa.array([_text(cell) for cell in cells], pa.string())
        if name in self.types:
            return pa.array(cells).cast(pa.type_for_alias(self.types[name]))
        if (
            name == self.id_column
            and self.exact
            and (seen.get(name) == pa.string() or any(map(_great, cells)))
        ):
            cells = [_text(cell) for cell in cells]
        column = pa.array(cells, seen.get(name))
        seen.setdefault(name, column.type)
        return column

    def _statement(self) -> str:
        query = self.query.strip().rstrip("; \n")
        statement = query if query.split()[1:] else f"SELECT * FROM {query}"  # noqa: S608 - the table is the config's
        return f"{statement}\n"  # so that a comment on the last line ends

    def _names(self, connection: sa.Connection) -> list[str]:
        import sqlalchemy as sa

        statement = f"SELECT * FROM ({self._statement()}) AS source LIMIT 0"  # noqa: S608 - the query is the config's
        return list(connection.execute(sa.text(statement)).keys())

    def _select(self, columns: list[str], connection: sa.Connection) -> sa.Select[tuple[object, ...]]:
        import sqlalchemy as sa

        names = self._names(connection)
        source = sa.text(self._statement()).columns(*(sa.column(name) for name in names)).subquery("source")
        statement = sa.select(*(source.c[name] for name in columns or names))
        for name, sign, value in self.filters:
            if name not in names:
                msg = f"{self.source}: a filter names the column {name!r}; the query has {names}."
                raise DataError(msg)
            statement = statement.where(_condition(source.c[name], sign, value))
        if self._mark:
            statement = statement.where(_new(source.c[self._mark.column], self._mark, connection))
        return statement.order_by(source.c[self.id_column]) if self.id_column else statement

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        import pyarrow as pa

        try:
            with opened(self.url) as engine, engine.connect() as connection:
                yield connection
        except (pa.ArrowException, TypeError, OverflowError) as error:
            msg = f"{self.source}: a column changes its type between rows; name its type in `types`."
            raise DataError(msg) from error


def _batched(fetched: Iterator[Sequence[sa.RowMapping]]) -> Iterator[list[sa.RowMapping]]:
    """Rows in batches of BATCH_ROWS."""
    rows: list[sa.RowMapping] = []
    for some in fetched:
        rows += some
        if len(rows) >= BATCH_ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _great(cell: object) -> bool:
    """Whether a cell is a whole number beyond 64 bits, or a decimal."""
    return isinstance(cell, Decimal) or (isinstance(cell, int) and not -(1 << 63) <= cell < 1 << 63)


def _text(cell: object) -> str | None:
    """A cell as text."""
    if cell is None:
        return None
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _new(column: sa.ColumnElement[object], mark: Mark, connection: sa.Connection) -> sa.ColumnElement[bool]:
    """What rows beyond the mark meet, and those without a cell."""
    import sqlalchemy as sa

    cell = connection.execute(sa.select(column).where(column.is_not(None)).limit(1)).scalar()
    bound = mark.of_sql(cell)
    return sa.or_(column.is_(None), SIGNS[bound[0]](column, bound[1])) if bound else sa.true()


def _condition(
    column: sa.ColumnElement[object], sign: str, value: Scalar | tuple[Scalar, ...]
) -> sa.ColumnElement[bool]:
    if sign in SIGNS:
        return SIGNS[sign](column, value)
    listed = list(value) if isinstance(value, tuple) else [value]
    return column.in_(listed) if sign == "in" else column.not_in(listed)
