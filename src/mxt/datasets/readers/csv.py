"""Comma-separated files."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from mxt.datasets.conditions import expression
from mxt.datasets.csv_texts import HEAD_BYTES, Head, head_of, header
from mxt.datasets.places import remembered
from mxt.datasets.readers.base.files import FileReader
from mxt.datasets.readers.base.remembered import Remembered
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

BLOCK_BYTES = 16 << 20
"""A column's type is inferred from the first block; later blocks must agree."""


class CsvReader(FileReader):
    """Reads CSV files (RFC 4180, UTF-8, with a header line).

    Example:
        KIND: CsvReader
        path: data/churn.csv
        id_column: customerID
        missing: ["", " "]
    """

    KIND: Literal["CsvReader"] = "CsvReader"

    missing: Remembered[tuple[str, ...]] = ("",)
    """Texts that stand for a missing value."""

    types: Remembered[
        dict[str, Literal["int64", "float64", "string", "bool", "timestamp[us]", "inferred"]]
    ] = {}
    """Types of columns that shall not be inferred from the first 16 MB; ``inferred`` for one whose digits are
    numbers though they are quoted or start with 0."""

    delimiter: Remembered[Annotated[str, Field(min_length=1, max_length=1)]] = ","
    """The character between two cells."""

    @property
    def format(self) -> ds.FileFormat:
        import pyarrow.csv
        import pyarrow.dataset as ds

        return ds.CsvFileFormat(
            parse_options=pyarrow.csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
            read_options=pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES),
            convert_options=pyarrow.csv.ConvertOptions(
                null_values=list(self.missing),
                strings_can_be_null=True,
                column_types=self._named,
            ),
        )

    def suited(self, texts: AbstractSet[str], others: AbstractSet[str]) -> Self:
        import pyarrow as pa

        with self._errors():
            schema = self._inferred([*texts, *others])
            kept = self._texts(schema, others) if self.exact else set()
        names = {field.name for field in schema if not pa.types.is_string(field.type)}
        types = dict.fromkeys(sorted(texts & names), "string")
        types |= dict.fromkeys(sorted(kept & others - {self.id_column}), "inferred")
        new = {name: kind for name, kind in types.items() if name not in self.types}
        return self.model_copy(update={"types": {**self.types, **new}}) if new else self

    def _schema(self) -> pa.Schema:
        """Types that are named take the place of inferred ones, so that the file is read once for both."""
        import pyarrow as pa

        if not self._named:
            return super()._schema()
        schema = self.model_copy(update={"types": {}})._schema()  # noqa: SLF001 - its own copy
        return pa.schema([field.with_type(self._named.get(field.name, field.type)) for field in schema])

    @property
    def _named(self) -> dict[str, pa.DataType]:
        """The types of columns that are not inferred."""
        import pyarrow as pa

        return {name: pa.type_for_alias(kind) for name, kind in self.types.items() if kind != "inferred"}

    def _typed(self, columns: list[str]) -> pa.Schema:
        """The columns in their own types, ids and other digits that are no numbers as texts."""
        import pyarrow as pa

        schema = self._inferred(columns)
        texts = self._texts(schema, {*columns, *self._filtered}) if self.exact else set()
        return pa.schema([field.with_type(pa.string()) if field.name in texts else field for field in schema])

    def _inferred(self, columns: list[str]) -> pa.Schema:
        """The columns as Arrow infers them; bytes that are not UTF-8 are refused."""
        import pyarrow as pa

        schema = super()._typed(columns)
        foreign = [field.name for field in schema if pa.types.is_binary(field.type)]
        if foreign:
            msg = f"{self.source}: the columns {foreign} are not UTF-8. Convert the file, such as with iconv."
            raise DataError(msg)
        return schema

    def _texts(self, schema: pa.Schema, columns: AbstractSet[str]) -> set[str]:
        """Which of some columns are texts, though another type is inferred for them."""
        import pyarrow as pa

        from mxt.datasets.writers.base.texts import written_texts

        types = {
            field.name: field.type
            for field in schema
            if field.name in columns and field.name not in self.types and not pa.types.is_string(field.type)
        }
        question = ("head of CSV", self.delimiter, self.missing)
        names, head = remembered(self.path, question, self._head) if types else ([], None)
        own = {name: kind for name, kind in types.items() if name in names}
        ids = {name for name in own if name == self.id_column}
        numbers = {name: kind for name, kind in own.items() if name not in ids}
        if head is None or not numbers:
            return ids
        return ids | head.texts(numbers, written_texts(self.path))

    def _head(self) -> tuple[list[str], Head | None]:
        """The header of the first file, and how its first lines are written; empty if there is no file."""
        first = next(iter(self._dataset(self._schema()).get_fragments()), None)
        if first is None:
            return [], None
        with first.filesystem.open_input_stream(first.path) as stream:
            content = stream.read(HEAD_BYTES + 1)
        return header(io.BytesIO(content), self.delimiter), head_of(content, self.delimiter, self.missing)

    def _condition(self) -> pc.Expression | None:
        """The condition, in which a column read as texts is still compared with numbers as numbers."""
        if not (self.exact and self.filters):
            return super()._condition()
        schema = self._inferred([])
        texts = self._texts(schema, {*self._filtered})
        return expression(self.filters, self._mark, {name: schema.field(name).type for name in texts})

    def _refuse(self, fragment: ds.FileFragment, needed: pa.Schema) -> None:
        header = self._header(fragment)
        if header:
            self._refuse_lacking(fragment, header, needed)

    def _hint(self, fragment: ds.FileFragment, _needed: pa.Schema, error: Exception) -> str:
        broken = re.search(r"column #(\d+):.*?conversion error to ([\w\[\]]+)", str(error))
        name = dict(enumerate(self._header(fragment))).get(int(broken[1])) if broken else None
        if broken is None or name is None:
            return ""
        return f"Column {name!r} is {broken[2]} in rows before it; mend it, or name its type in `types`."

    def _header(self, fragment: ds.FileFragment) -> list[str]:
        with fragment.filesystem.open_input_stream(fragment.path) as stream:
            return header(stream, self.delimiter)
