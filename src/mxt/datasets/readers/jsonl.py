"""JSON Lines: one JSON object a line."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Literal, Self

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

    @property
    def format(self) -> ds.FileFormat:
        import pyarrow.dataset as ds

        return ds.JsonFileFormat()

    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        schema = super()._schema()
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

    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        with self._errors():
            self._remembered("last line", self._refuse_open_line)
        yield from super().scan(columns)

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
