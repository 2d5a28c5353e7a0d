"""Comma-separated files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.datasets.conditions import expression
from mxt.datasets.csv_dialects import ANOTHER, ODD_SIGNS, known_encoding
from mxt.datasets.csv_files import Dialect
from mxt.datasets.csv_numbers import as_texts, chosen, number_fields, with_numbers
from mxt.datasets.places import remembered
from mxt.datasets.readers.base.files import FileReader, needed_by
from mxt.datasets.readers.base.remembered import Remembered
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    from mxt.datasets.csv_texts import Head


class CsvReader(FileReader):
    """Reads CSV files (RFC 4180, with a header line), in UTF-8 or any other encoding.

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
    """The character between two cells, such as ``";"``, ``"\\t"`` or ``"|"``."""

    decimal: Remembered[Literal[".", ","]] = Field(default=".", exclude_if=lambda sign: sign == ".")
    """The sign before the fraction of a number."""

    thousands: Remembered[Literal[",", ".", " ", "'", "_"] | None] = Field(
        default=None, exclude_if=lambda sign: sign is None
    )
    """The sign between groups of three digits, as in 1,100,000; a blank stands for blanks of any width. Texts
    that are grouped otherwise are no numbers. No sign is taken for one if left out."""

    encoding: Remembered[Annotated[str, AfterValidator(known_encoding)]] = Field(
        default="utf-8", exclude_if=lambda name: name == "utf-8"
    )
    """The encoding of the file, such as ``utf-16``, ``latin-1`` or ``cp1252``, by Python's names."""

    @model_validator(mode="after")
    def _separators_differ(self) -> Self:
        if self.thousands == self.decimal:
            other = "," if self.decimal == "." else "."
            kind = "contradiction"
            msg = f"`thousands` and `decimal` are both {self.decimal!r}; set `decimal: '{other}'`"
            raise PydanticCustomError(kind, msg)
        return self

    @property
    def format(self) -> ds.FileFormat:
        import pyarrow.dataset as ds

        dialect = self._dialect
        return ds.CsvFileFormat(
            parse_options=dialect.parse_options,
            read_options=dialect.read_options,
            convert_options=dialect.convert_options(self._named),
        )

    @property
    def _dialect(self) -> Dialect:
        return Dialect(self.delimiter, self.encoding, self.decimal, self.thousands or "", self.missing)

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

        if self._named:
            schema = self.model_copy(update={"types": {}})._schema()  # noqa: SLF001 - its own copy
            types = self._named
        else:
            schema, types = self._remembered("schema", self._inspected), self._grouped
        return pa.schema([field.with_type(types.get(field.name, field.type)) for field in schema])

    def _inspected(self) -> pa.Schema:
        """The schema that Arrow infers; where that fails or looks odd, another dialect is searched for."""
        try:
            schema = self._dataset().schema
            odd = any({*name} & ODD_SIGNS - {self.delimiter} for name in schema.names)
        except (OSError, ValueError) as error:
            coded = isinstance(error, UnicodeError)
            self._refuse_dialect(f"the file is not {self.encoding}; {ANOTHER}." if coded else "")
            raise
        if odd:
            self._refuse_dialect()
        return schema

    def _refuse_dialect(self, otherwise: str = "") -> None:
        """Raise a DataError if the first file shows another dialect, or else for another fault, if any."""
        first = self._first_file()
        fault = self._dialect.fault(first, {*(self.columns or ()), self.id_column or ""}) if first else ""
        if first and (fault or otherwise):
            msg = f"{self._file(first.path)}: {fault or otherwise}"
            raise DataError(msg)

    def _first_file(self) -> ds.FileFragment | None:
        import pyarrow as pa

        return next(iter(self._dataset(pa.schema([])).get_fragments()), None)

    @property
    def _grouped(self) -> dict[str, pa.DataType]:
        """Columns of numbers with separators between thousands, which Arrow infers as texts."""
        return self._remembered("thousands", self._find_grouped) if self.thousands else {}

    def _find_grouped(self) -> dict[str, pa.DataType]:
        first = self._first_file()
        return self._dialect.grouped(first, self._remembered("schema", self._inspected)) if first else {}

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
            msg = f"{self.source}: the columns {foreign} are not UTF-8; {ANOTHER}."
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
        question = ("head of CSV", self.delimiter, self.missing, self.encoding)
        names, head = remembered(self.path, question, self._head) if types else ([], None)
        own = {name: kind for name, kind in types.items() if name in names}
        ids = {name for name in own if name == self.id_column}
        grouped = self.model_copy(update={"types": {}})._grouped  # noqa: SLF001 - its own copy
        numbers = {name: kind for name, kind in own.items() if name not in ids | grouped.keys()}
        if head is None or not numbers:
            return ids
        return ids | head.texts(numbers, written_texts(self.path))

    def _head(self) -> tuple[list[str], Head | None]:
        """The header of the first file, and how its first lines are written; empty if there is no file."""
        first = self._first_file()
        return self._dialect.head(first) if first else ([], None)

    def count(self) -> int:
        if not self.thousands or not self._filtered:
            return super().count()
        return sum(batch.num_rows for batch in self.scan(self._filtered))

    def _scanned(self, dataset: ds.FileSystemDataset, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """With separators between thousands, Arrow reads texts, which become numbers before any condition."""
        if self.thousands is None:
            yield from super()._scanned(dataset, columns)
            return
        with self._errors():
            condition = self._condition()
            fragments = list(dataset.get_fragments(filter=condition))
        for fragment in fragments:
            for batch in self._numbered(fragment, dataset, list(dict.fromkeys([*columns, *self._filtered]))):
                with self._errors(fragment, dataset.schema):
                    yield from chosen(batch, condition, columns)

    def _numbered(
        self, fragment: ds.FileFragment, dataset: ds.FileSystemDataset, columns: list[str]
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a file, with numbers made of the texts that Arrow reads."""
        import pyarrow.dataset as ds

        types = number_fields(needed_by(dataset.schema, fragment, columns))
        kept = {name: kind for name, kind in self.types.items() if name not in types}
        plain = self.model_copy(update={"filters": (), "thousands": None, "types": kept})
        plain._mark = None  # noqa: SLF001 - its own copy
        schema = as_texts(dataset.schema, types)
        file = ds.FileSystemDataset([fragment], schema, plain.format, dataset.filesystem)
        for batch in plain._scanned(file, columns):  # noqa: SLF001 - its own copy
            yield with_numbers(batch, types, self._dialect.separators, self._file(fragment.path))

    def _condition(self) -> pc.Expression | None:
        """The condition, in which a column read as texts is still compared with numbers as numbers."""
        if not (self.exact and self.filters):
            return super()._condition()
        schema = self._inferred([])
        texts = self._texts(schema, {*self._filtered})
        return expression(self.filters, self._mark, {name: schema.field(name).type for name in texts})

    def _refuse(self, fragment: ds.FileFragment, needed: pa.Schema) -> None:
        header = self._dialect.header(fragment)
        if header:
            self._refuse_lacking(fragment, header, needed)

    def _hint(self, fragment: ds.FileFragment, _needed: pa.Schema, error: Exception) -> str:
        return self._dialect.hint(fragment, error)
