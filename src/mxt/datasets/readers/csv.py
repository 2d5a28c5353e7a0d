"""Comma-separated files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from mxt.datasets.conditions import expression
from mxt.datasets.csv_dialects import ANOTHER, ODD_SIGNS, known_encoding
from mxt.datasets.csv_files import Dialect
from mxt.datasets.csv_numbers import as_texts, chosen, with_types
from mxt.datasets.csv_times import time_fields, with_iso
from mxt.datasets.fragments import needed_by
from mxt.datasets.places import remembered
from mxt.datasets.readers.base.files import FileReader
from mxt.datasets.readers.base.remembered import Remembered
from mxt.datasets.time_formats import known_format, refuse
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

    time_formats: Remembered[tuple[Annotated[str, AfterValidator(known_format)], ...]] = Field(
        default=(), exclude_if=lambda formats: not formats
    )
    """How times are written, beside ISO 8601: ``["%d.%m.%Y"]`` for 31.12.2025, or with ``%m/%d/%Y``, ``%y``,
    ``%b``, ``%H:%M:%S``, ``%I:%M %p``. A column of texts whose cells all fit holds times."""

    _mixed: frozenset[str] = PrivateAttr(default=frozenset())

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        refuse(self._dialect.fault)
        return self

    @property
    def format(self) -> ds.FileFormat:
        return self._dialect.format(self._named)

    @property
    def _dialect(self) -> Dialect:
        signs = self.delimiter, self.encoding, self.decimal, self.thousands or ""
        return Dialect(*signs, self.missing, self.time_formats)

    def suited(self, texts: AbstractSet[str], others: AbstractSet[str]) -> Self:
        import pyarrow as pa

        with self._errors():
            schema = self._inferred([*texts, *others])
            kept = self._texts(schema, others) if self.exact else set()
        names = {field.name for field in schema if not pa.types.is_string(field.type)}
        types = dict.fromkeys(sorted(texts & names), "string")
        types |= dict.fromkeys(sorted(kept & others - {self.id_column}), "inferred")
        new = {name: kind for name, kind in types.items() if name not in self.types}
        copy = self.model_copy(update={"types": {**self.types, **new}}) if new or self.time_formats else self
        copy._mixed = frozenset(others - names if self.time_formats else ())  # noqa: SLF001 - its own copy
        return copy

    def _schema(self) -> pa.Schema:
        """Types that are named take the place of inferred ones, so that the file is read once for both."""
        if self._named:
            schema = self.model_copy(update={"types": {}})._schema()  # noqa: SLF001 - its own copy
            types = self._named
        else:
            schema, types = self._remembered("schema", self._inspected), self._converted
        return self._dialect.settled(with_types(schema, types))

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
        fault = self._dialect.fault_of(first, {*(self.columns or ()), self.id_column or ""}) if first else ""
        if first and (fault or otherwise):
            msg = f"{self._file(first.path)}: {fault or otherwise}"
            raise DataError(msg)

    def _first_file(self) -> ds.FileFragment | None:
        import pyarrow as pa

        return next(iter(self._dataset(pa.schema([])).get_fragments()), None)

    @property
    def _converted(self) -> dict[str, pa.DataType]:
        """Columns of numbers with separators between thousands, and of times, which Arrow infers as texts."""
        return self._remembered("converted", self._find_converted) if self._dialect.converts else {}

    def _find_converted(self) -> dict[str, pa.DataType]:
        first = self._first_file()
        return self._dialect.types_in(first, self._remembered("schema", self._inspected)) if first else {}

    def _own_schema(self, fragment: ds.FileFragment) -> pa.Schema:
        schema = super()._own_schema(fragment)
        if not self._dialect.converts:
            return schema
        return self._dialect.settled(with_types(schema, self._dialect.types_in(fragment, schema)))

    @property
    def _named(self) -> dict[str, pa.DataType]:
        """The types of columns that are not inferred."""
        import pyarrow as pa

        return {name: pa.type_for_alias(kind) for name, kind in self.types.items() if kind != "inferred"}

    def _typed(self, columns: list[str]) -> pa.Schema:
        """The columns in their own types, ids and other digits that are no numbers as texts."""
        schema = self._inferred(columns)
        texts = self._texts(schema, {*columns, *self._filtered}) if self.exact else set()
        return as_texts(schema, texts)

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
        converted = self.model_copy(update={"types": {}})._converted  # noqa: SLF001 - its own copy
        numbers = {name: kind for name, kind in own.items() if name not in ids | converted.keys()}
        return ids | head.texts(numbers, written_texts(self.path)) if head and numbers else ids

    def _head(self) -> tuple[list[str], Head | None]:
        """The header of the first file, and how its first lines are written; empty if there is no file."""
        return self._dialect.head(first) if (first := self._first_file()) else ([], None)

    def count(self) -> int:
        if not self._dialect.converts or not self._filtered:
            return super().count()
        return sum(batch.num_rows for batch in self.scan(self._filtered))

    def _scanned(self, dataset: ds.FileSystemDataset, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Arrow reads texts, of which numbers and times are made before any condition."""
        if not self._dialect.converts:
            yield from super()._scanned(dataset, columns)
            return
        with self._errors():
            condition = self._condition()
            fragments = list(dataset.get_fragments(filter=condition))
        for fragment in fragments:
            for batch in self._valued(fragment, dataset, list(dict.fromkeys([*columns, *self._filtered]))):
                with self._errors(fragment, dataset.schema):
                    yield from chosen(batch, condition, columns)

    def _valued(
        self, fragment: ds.FileFragment, dataset: ds.FileSystemDataset, columns: list[str]
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a file, with numbers and times made of the texts that Arrow reads."""
        import pyarrow.dataset as ds

        types = self._dialect.fields(needed_by(dataset.schema, fragment, columns))
        kept = {name: kind for name, kind in self.types.items() if name not in types}
        plain = self.model_copy(update={"filters": (), "thousands": None, "time_formats": (), "types": kept})
        plain._mark = None  # noqa: SLF001 - its own copy
        schema = as_texts(dataset.schema, types)
        file = ds.FileSystemDataset([fragment], schema, plain.format, dataset.filesystem)
        for batch in plain._scanned(file, columns):  # noqa: SLF001 - its own copy
            new = self._dialect.converted(batch, types, self._file(fragment.path))
            yield with_iso(new, self._mixed, self.time_formats) if self._mixed else new

    def _condition(self) -> pc.Expression | None:
        """The condition, in which a column read as texts is still compared with numbers as numbers."""
        if not self.filters:
            return super()._condition()
        schema = self._inferred([])
        texts = self._texts(schema, {*self._filtered}) if self.exact else set()
        times = time_fields(schema).keys() & {*self._filtered} - texts
        return expression(self.filters, self._mark, {name: schema.field(name).type for name in texts}, times)

    def _refuse(self, fragment: ds.FileFragment, needed: pa.Schema) -> None:
        self._refuse_lacking(fragment, self._dialect.header(fragment) or needed.names, needed)

    def _hint(self, fragment: ds.FileFragment, _needed: pa.Schema, error: Exception) -> str:
        return self._dialect.hint(fragment, error)
