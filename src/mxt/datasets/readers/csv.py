"""Comma-separated files."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from mxt.datasets.conditions import expression
from mxt.datasets.csv_texts import head_of
from mxt.datasets.readers.base.files import FileReader
from mxt.datasets.writers.base.texts import written_texts
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

    missing: tuple[str, ...] = ("",)
    """Texts that stand for a missing value."""

    types: dict[str, Literal["int64", "float64", "string", "bool", "timestamp[us]", "inferred"]] = {}
    """Types of columns that shall not be inferred from the first 16 MB; ``inferred`` for one whose digits are
    numbers though they are quoted or start with 0."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """The character between two cells."""

    @property
    def format(self) -> ds.FileFormat:
        import pyarrow as pa
        import pyarrow.csv
        import pyarrow.dataset as ds

        return ds.CsvFileFormat(
            parse_options=pyarrow.csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
            read_options=pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES),
            convert_options=pyarrow.csv.ConvertOptions(
                null_values=list(self.missing),
                strings_can_be_null=True,
                column_types={
                    name: pa.type_for_alias(kind) for name, kind in self.types.items() if kind != "inferred"
                },
            ),
        )

    def suited(self, texts: AbstractSet[str], others: AbstractSet[str]) -> Self:
        import pyarrow as pa

        with self._errors():
            schema = self._inferred([*texts, *others]).schema
        names = {field.name for field in schema if not pa.types.is_string(field.type)}
        kept = self._texts(schema, others) if self.exact else set()
        types = dict.fromkeys(sorted(texts & names), "string")
        types |= dict.fromkeys(sorted(kept & others - {self.id_column}), "inferred")
        new = {name: kind for name, kind in types.items() if name not in self.types}
        return self.model_copy(update={"types": {**self.types, **new}}) if new else self

    def _typed(self, columns: list[str]) -> ds.Dataset:
        """The columns in their own types, ids and other digits that are no numbers as texts."""
        import pyarrow as pa

        dataset = self._inferred(columns)
        texts = self._texts(dataset.schema, {*columns, *self._filtered}) if self.exact else set()
        if not texts:
            return dataset
        fields = [field.with_type(pa.string()) if field.name in texts else field for field in dataset.schema]
        return self._dataset(pa.schema(fields))

    def _inferred(self, columns: list[str]) -> ds.Dataset:
        """Arrow takes text that is not UTF-8 for bytes; here it is refused."""
        import pyarrow as pa

        dataset = super()._typed(columns)
        foreign = [field.name for field in dataset.schema if pa.types.is_binary(field.type)]
        if foreign:
            msg = f"{self.source}: the columns {foreign} are not UTF-8. Convert the file, such as with iconv."
            raise DataError(msg)
        return dataset

    def _texts(self, schema: pa.Schema, columns: AbstractSet[str]) -> set[str]:
        """Which of some columns are texts, though another type is inferred for them."""
        import pyarrow as pa

        first = next(iter(self._dataset().get_fragments()), None)
        if first is None:
            return set()
        own = {*columns} & {*self._header(first)} - {*self.types}
        types = {
            field.name: field.type
            for field in schema
            if field.name in own and not pa.types.is_string(field.type)
        }
        found = {name for name in types if name == self.id_column}
        asked = {name: kind for name, kind in types.items() if name not in found}
        if not asked:
            return found
        with first.filesystem.open_input_stream(first.path) as stream:
            head = head_of(stream, self.delimiter, self.missing)
        if head is None:
            return found
        return found | head.texts(asked, written_texts(self.path))

    def _condition(self) -> pc.Expression | None:
        """Numbers and times are compared with columns of texts as if these held such too."""
        if not (self.exact and self.filters):
            return super()._condition()
        schema = self._inferred([]).schema
        texts = self._texts(schema, {*self._filtered})
        return expression(self.filters, self._mark, {name: schema.field(name).type for name in texts})

    def _refuse(self, fragment: ds.FileFragment, needed: pa.Schema) -> None:
        header = self._header(fragment)
        if header:
            self._refuse_lacking(fragment, header, needed)

    def _hint(self, fragment: ds.FileFragment, needed: pa.Schema, error: Exception) -> str:  # noqa: ARG002 - Arrow tells more
        found = re.search(r"column #(\d+):.*?conversion error to ([\w\[\]]+)", str(error))
        name = dict(enumerate(self._header(fragment))).get(int(found[1])) if found else None
        if found is None or name is None:
            return ""
        return f"Column {name!r} is {found[2]} in rows before it; mend it, or name its type in `types`."

    def _header(self, fragment: ds.FileFragment) -> list[str]:
        """The names in a file's first line; none if it is empty or has no end."""
        with fragment.filesystem.open_input_stream(fragment.path) as stream:
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            try:
                return next(csv.reader(text, delimiter=self.delimiter), [])
            except csv.Error:
                return []
