"""JSON Lines: one JSON object a line."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Literal, Self

from mxt.datasets.readers.base.files import FileReader
from mxt.datasets.writers.base.texts import written_texts
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

    types: dict[str, Literal["int64", "float64", "string", "bool", "timestamp[us]"]] = {}
    """Types of columns that shall not be inferred from the first megabyte, such as times with fractions."""

    @property
    def format(self) -> ds.FileFormat:
        import pyarrow.dataset as ds

        return ds.JsonFileFormat()

    def _dataset(self, schema: pa.Schema | None = None) -> ds.Dataset:
        import pyarrow as pa

        dataset = super()._dataset(schema)
        known = self._kept(dataset) | {name: pa.type_for_alias(kind) for name, kind in self.types.items()}
        fields = [pa.field(field.name, known.get(field.name, field.type)) for field in dataset.schema]
        return super()._dataset(pa.schema(fields)) if known else dataset

    def suited(self, texts: AbstractSet[str], others: AbstractSet[str]) -> Self:  # noqa: ARG002 - JSON quotes texts alone
        import pyarrow as pa

        with self._errors():
            schema = self._dataset().schema
        times = {field.name for field in schema if pa.types.is_timestamp(field.type)}
        new = dict.fromkeys(sorted(texts & times - self.types.keys()), "string")
        return self.model_copy(update={"types": {**self.types, **new}}) if new else self

    def _kept(self, dataset: ds.Dataset) -> dict[str, pa.DataType]:
        """The types of ids, and of texts that MXT wrote, which Arrow takes for times and doubles."""
        import pyarrow as pa

        if not self.exact:
            return {}
        great, written, found = pa.decimal128(38, 0), written_texts(self.path), {}
        for field in dataset.schema:
            is_id = field.name == self.id_column
            if pa.types.is_timestamp(field.type) and (is_id or field.name in written):
                found[field.name] = pa.string()
            elif is_id and pa.types.is_floating(field.type) and self._holds(dataset, field.name, great):
                found[field.name] = great
        return found

    def _holds(self, dataset: ds.Dataset, name: str, kind: pa.DataType) -> bool:
        """Whether a type holds the numbers of a column in the head of the first file."""
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
        self._refuse_open_line()
        yield from super().scan(columns)

    def _hint(self, fragment: ds.FileFragment, needed: pa.Schema, error: Exception) -> str:  # noqa: ARG002 - Arrow tells more
        found = re.search(r"Column\(/(.+?)\) changed from (\w+) to (\w+)", str(error))
        if not found or found[1] not in needed.names:
            return ""
        return f"Column {found[1]!r} is a {found[2]} in rows before it, and a {found[3]} here; mend the file."

    def _refuse_open_line(self) -> None:
        """Arrow reads nulls from a file of one line without an end (apache/arrow issue 45394)."""
        with self._errors():
            dataset = self._dataset()
            for file in dataset.files:
                with dataset.filesystem.open_input_stream(file) as stream:
                    first = stream.read(BLOCK_BYTES)
                    if first and b"\n" not in first:
                        msg = f"{self.source}: the only line of {file} does not end; end it with a line feed."
                        raise DataError(msg)
