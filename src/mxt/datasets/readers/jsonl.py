"""JSON Lines: one JSON object a line."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Literal, Self

from pydantic import PrivateAttr

from mxt.datasets.jsonl_texts import chunks, mixed_columns, with_texts
from mxt.datasets.readers.base.files import FileReader
from mxt.datasets.readers.base.remembered import Remembered
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    import pyarrow as pa
    import pyarrow.dataset as ds


BLOCK_BYTES = 1 << 20
"""A column's type is inferred from the first block of Arrow's JSON reader."""


class JsonlReader(FileReader):
    """Reads JSON Lines files (jsonlines.org): flat objects, UTF-8.

    Example:
        KIND: JsonlReader
        path: data/customers.jsonl
        id_column: customerID
    """

    KIND: Literal["JsonlReader"] = "JsonlReader"

    types: Remembered[dict[str, Literal["int64", "float64", "string", "bool", "timestamp[us]"]]] = {}
    """Types of columns that shall not be inferred from the first megabyte, such as times with fractions."""

    _loose: bool = PrivateAttr(default=False)

    @property
    def format(self) -> ds.FileFormat:
        import pyarrow.dataset as ds

        return ds.JsonFileFormat()

    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        texts = self._mixed
        schema = self._mixed_schema(texts) if texts else super()._schema()
        own = self._kept(schema) | {name: pa.type_for_alias(kind) for name, kind in self.types.items()}
        return pa.schema([pa.field(field.name, own.get(field.name, field.type)) for field in schema])

    def suited(self, texts: AbstractSet[str], _others: AbstractSet[str]) -> Self:
        """This reader, with times as texts where the model expects texts; JSON quotes nothing but texts."""
        import pyarrow as pa

        with self._errors():
            schema = self._schema()
        times = {field.name for field in schema if pa.types.is_timestamp(field.type)}
        new = dict.fromkeys(sorted(texts & times - self.types.keys()), "string")
        return self.model_copy(update={"types": {**self.types, **new}}) if new else self

    def _kept(self, schema: pa.Schema) -> dict[str, pa.DataType]:
        """The types of ids, and of texts that MXT wrote, which Arrow takes for times and doubles."""
        import pyarrow as pa

        from mxt.datasets.writers.base.texts import written_texts

        if not self.exact:
            return {}
        great, written = pa.decimal128(38, 0), written_texts(self.path)
        types: dict[str, pa.DataType] = {}
        for field in schema:
            is_id = field.name == self.id_column
            if pa.types.is_timestamp(field.type) and (is_id or field.name in written):
                types[field.name] = pa.string()
            elif is_id and pa.types.is_floating(field.type) and self._whole(schema, field.name, great):
                types[field.name] = great
        return types

    def _whole(self, schema: pa.Schema, name: str, kind: pa.DataType) -> bool:
        """Whether the numbers of a column are whole, in the head of the first file."""
        return self._remembered(("whole", name), lambda: self._holds(self._dataset(schema), name, kind))

    def _holds(self, dataset: ds.Dataset, name: str, kind: pa.DataType) -> bool:
        """Whether a type holds the numbers of a column in the first megabyte of the first file."""
        import pyarrow as pa
        import pyarrow.json

        first = next(iter(dataset.get_fragments()))
        with first.filesystem.open_input_stream(first.path) as stream:
            content = stream.read(BLOCK_BYTES)
        lines = io.BytesIO(content[: content.rfind(b"\n") + 1] or content)
        options = pyarrow.json.ParseOptions(
            explicit_schema=pa.schema([(name, kind)]), unexpected_field_behavior="ignore"
        )
        try:
            pyarrow.json.read_json(lines, pyarrow.json.ReadOptions(block_size=2 * BLOCK_BYTES), options)
        except pa.ArrowException:
            return False
        return True

    def loosely(self) -> Self:
        copy = self.model_copy()
        copy._loose = True  # noqa: SLF001 - its own copy
        return copy

    @property
    def _mixed(self) -> frozenset[str]:
        """The columns whose cells are texts here and numbers there, in the head of the first file."""
        return self._remembered("mixed", self._mixed_in_head) if self._loose else frozenset()

    def _mixed_in_head(self) -> frozenset[str]:
        import pyarrow as pa
        import pyarrow.dataset as ds

        try:
            super()._schema()
        except pa.ArrowInvalid:
            first = next(iter(self._dataset(pa.schema([])).get_fragments()))
            within_folders = ds.get_partition_keys(first.partition_expression)
            return frozenset() if within_folders else mixed_columns(self._first_lines())
        return frozenset()

    def _first_lines(self) -> bytes:
        """The lines of the first megabyte of the first file."""
        import pyarrow as pa

        dataset = self._dataset(pa.schema([]))
        with dataset.filesystem.open_input_stream(dataset.files[0]) as stream:
            return next(chunks(stream), b"")

    def _mixed_schema(self, texts: frozenset[str]) -> pa.Schema:
        """The schema in which columns of cells of several types are texts."""
        import pyarrow.json

        return self._remembered(
            "mixed schema",
            lambda: pyarrow.json.read_json(io.BytesIO(with_texts(self._first_lines(), texts))).schema,
        )

    def count(self) -> int:
        with self._errors():
            mixed = bool(self._mixed)
        if not mixed:
            return super().count()
        columns = [*dict.fromkeys(self._filtered)] or self.names()[:1]
        return sum(batch.num_rows for batch in self.scan(columns))

    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        with self._errors():
            self._remembered("last line", self._refuse_open_line)
            texts = self._mixed
        if not texts:
            yield from super().scan(columns)
            return
        with self._errors():
            schema, condition = self._typed(columns), self._condition()
            dataset = self._dataset(schema)
            for file in dataset.files:
                with dataset.filesystem.open_input_stream(file) as stream:
                    for lines in chunks(stream):
                        table = _parsed(with_texts(lines, texts), schema)
                        rows = table if condition is None else table.filter(condition)
                        yield from rows.select(columns).combine_chunks().to_batches()

    def _hint(self, _fragment: ds.FileFragment, needed: pa.Schema, error: Exception) -> str:
        change = re.search(r"Column\(/(.+?)\) changed from (\w+) to (\w+)", str(error))
        if not change or change[1] not in needed.names:
            return ""
        name, before, here = change.groups()
        if name in self.types:
            return f"Column {name!r} is a {before} by `types`, and a {here} in the file; make both the same."
        return f"Column {name!r} is a {before} in rows before it, and a {here} here; mend the file."

    def _refuse_open_line(self) -> None:
        """Arrow reads nulls from a file of one line without an end (apache/arrow issue 45394)."""
        dataset = self._dataset(self._schema())
        for file in dataset.files:
            with dataset.filesystem.open_input_stream(file) as stream:
                first = stream.read(BLOCK_BYTES)
                if first and b"\n" not in first:
                    msg = f"{self.source}: the only line of {file} does not end; end it with a line feed."
                    raise DataError(msg)


def _parsed(lines: bytes, schema: pa.Schema) -> pa.Table:
    """Lines in the types of a schema; a column that none of them has is missing."""
    import pyarrow as pa
    import pyarrow.json

    options = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    table = pyarrow.json.read_json(
        io.BytesIO(lines), pyarrow.json.ReadOptions(block_size=max(len(lines), BLOCK_BYTES) + 1), options
    )
    return pa.table({field.name: table[field.name] for field in schema}, schema=schema)
