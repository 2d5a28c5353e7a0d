"""Watermarks: up to which cell of a column that only grows a table has been worked on."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from mxt.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

Kind = Literal["number", "text", "time", "zoned time"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Mark:
    """The greatest cell of a column, so far."""

    column: str
    kind: Kind
    value: int | float | Decimal | str
    """A number, a text, or a time of UTC as text, which sorts as the times do."""

    @classmethod
    def of(cls, batch: pa.RecordBatch, column: str, source: str) -> Mark:
        """The mark of some rows.

        Raises:
            DataError: Cells are missing, or the column has no order of numbers, texts or times.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        cells = batch[column]
        known = pc.is_finite(cells) if pa.types.is_floating(cells.type) else cells.is_valid()
        missing = len(cells) - int(pc.sum(known).as_py() or 0)
        if missing:
            rows = f"{missing} of {len(cells)} rows"
            msg = f"{source}: the watermark {column!r} is missing in {rows}; fill it in."
            raise DataError(msg)
        kind = kind_of(cells.type, column, source)
        if kind in ("time", "zoned time"):
            cells = cells.cast(pa.timestamp("us")).cast(pa.string())
        return cls(column, kind, pc.max(cells).as_py())

    @classmethod
    def from_json(cls, content: str) -> Mark:
        """The mark that `to_json` wrote."""
        facts = json.loads(content)
        if facts["kind"] == "number" and isinstance(facts["value"], str):
            facts["value"] = Decimal(facts["value"])
        return cls(**facts)

    def to_json(self) -> str:
        """The mark as JSON, a decimal as its text."""
        return json.dumps(asdict(self), default=str)

    def refuse_other_kind(self, type_: pa.DataType, source: str) -> None:
        """Raise a DataError if cells of this type cannot be compared with the mark."""
        import pyarrow as pa

        kind = self.kind if pa.types.is_null(type_) else kind_of(type_, self.column, source)
        if kind != self.kind:
            msg = (
                f"{source}: the watermark {self.column!r} is a {kind}, and was a {self.kind} before. "
                "Give it its old type, or start over with --fresh."
            )
            raise DataError(msg)

    def beyond(self) -> pc.Expression:
        """The condition for rows beyond the mark, and for rows without a cell, which are refused later."""
        import pyarrow.compute as pc

        cells = pc.field(self.column)
        return (cells > self._scalar()) | cells.is_null(nan_is_null=True)

    def of_sql(self, cell: object) -> tuple[str, int | float | Decimal | str | date] | None:
        """A sign and a value that select the rows beyond the mark in a database, or None if none is safe.

        Rows that are not beyond the mark may be selected too, where times are stored as text. Texts are
        compared as if the database ordered them by their bytes, as Arrow does.

        Args:
            cell: Any cell of the column, which shows how the database stores it.
        """
        if isinstance(self.value, str) and isinstance(cell, str):
            if self.kind == "text":
                return ">", self.value
            return (">=", self.value[:10]) if self.kind == "time" and _DAY.match(cell) else None
        if isinstance(self.value, str) and isinstance(cell, date):
            time = datetime.fromisoformat(self.value)
            if not isinstance(cell, datetime):
                return ">=", time.date()
            return ">", time.replace(tzinfo=UTC) if self.kind == "zoned time" else time
        numbers = isinstance(cell, int | float | Decimal) and not isinstance(self.value, str)
        return (">", self.value) if numbers else None

    def _scalar(self) -> pa.Scalar:
        import pyarrow as pa

        if self.kind in ("number", "text"):
            great = isinstance(self.value, int) and self.value >= 1 << 63
            return pa.scalar(self.value, pa.uint64() if great else None)
        time = pa.scalar(self.value).cast(pa.timestamp("us"))
        return time.cast(pa.timestamp("us", "UTC")) if self.kind == "zoned time" else time


def kind_of(type_: pa.DataType, column: str, source: str) -> Kind:
    """As what cells of a type are compared.

    Raises:
        DataError: They are neither numbers, texts nor times.
    """
    import pyarrow as pa

    types = pa.types
    if types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_):
        return "number"
    if types.is_string(type_):
        return "text"
    if types.is_timestamp(type_):
        return "zoned time" if type_.tz else "time"
    msg = f"{source}: the watermark {column!r} has type {type_}; it must be a number, a text or a time."
    raise DataError(msg)
