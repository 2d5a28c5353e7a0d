"""CSV files of one dialect: Arrow's options for it, and what the first lines of a file show."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.datasets.csv_dialects import (
    ANOTHER,
    FIRST_BYTES,
    encoding_fault,
    is_utf8,
    one_column_fault,
    utf8_head,
)
from mxt.datasets.csv_numbers import mended, number_fields, number_types, with_numbers, with_types
from mxt.datasets.csv_texts import HEAD_BYTES, Head, head_of, header
from mxt.datasets.csv_times import is_time, mended_time, time_fields, time_types, with_times
from mxt.datasets.time_formats import contradiction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.dataset as ds

BLOCK_BYTES = 16 << 20
"""A column's type is inferred from the first block; later blocks must agree."""


@dataclass(frozen=True)
class Dialect:
    """How CSV files are written."""

    delimiter: str
    encoding: str
    decimal: str
    thousands: str
    """Empty for none."""
    missing: tuple[str, ...]
    time_formats: tuple[str, ...] = ()

    @property
    def fault(self) -> str:
        """What contradicts itself, and the line to write; empty if nothing does."""
        if self.thousands == self.decimal:
            other = "," if self.decimal == "." else "."
            return f"`thousands` and `decimal` are both {self.decimal!r}; set `decimal: '{other}'`"
        fault = contradiction(self.time_formats)
        return f"`time_formats`: {fault}" if fault else ""

    @property
    def converts(self) -> bool:
        """Whether numbers or times are made of texts that Arrow reads."""
        return bool(self.thousands or self.time_formats)

    @property
    def parse_options(self) -> pyarrow.csv.ParseOptions:
        """Arrow's options for parsing."""
        import pyarrow.csv

        return pyarrow.csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True)

    @property
    def read_options(self) -> pyarrow.csv.ReadOptions:
        """Arrow's options for reading."""
        import pyarrow.csv

        encoding = "utf8" if is_utf8(self.encoding) else self.encoding
        return pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES, encoding=encoding)

    def convert_options(
        self, types: Mapping[str, pa.DataType], columns: Sequence[str] = ()
    ) -> pyarrow.csv.ConvertOptions:
        """Arrow's options for converting cells, with the types of some columns; of all columns or of some."""
        import pyarrow.csv

        return pyarrow.csv.ConvertOptions(
            null_values=list(self.missing),
            strings_can_be_null=True,
            column_types=dict(types),
            decimal_point=self.decimal,
            include_columns=list(columns),
        )

    def format(self, types: Mapping[str, pa.DataType]) -> ds.CsvFileFormat:
        """Arrow's format of these files, with the types of some columns."""
        import pyarrow.dataset as ds

        return ds.CsvFileFormat(
            parse_options=self.parse_options,
            read_options=self.read_options,
            convert_options=self.convert_options(types),
        )

    def header(self, fragment: ds.FileFragment) -> list[str]:
        """The names in the first line of a file."""
        encoding = "utf-8-sig" if is_utf8(self.encoding) else self.encoding
        with fragment.filesystem.open_input_stream(fragment.path) as stream:
            return header(stream, self.delimiter, encoding)

    def head(self, fragment: ds.FileFragment) -> tuple[list[str], Head | None]:
        """The header of a file, and how its first lines are written."""
        with fragment.filesystem.open_input_stream(fragment.path) as stream:
            content = utf8_head(stream, self.encoding, HEAD_BYTES + 1)
        return header(io.BytesIO(content), self.delimiter), head_of(content, self.delimiter, self.missing)

    def fault_of(self, fragment: ds.FileFragment, named: AbstractSet[str]) -> str:
        """What shows that a file is written in another dialect, and the line to write; empty if nothing does.

        Args:
            fragment: The file.
            named: Columns that a config names: if the only column is among them, it is one indeed.
        """
        with fragment.filesystem.open_input_stream(fragment.path) as stream:
            content = stream.read(FIRST_BYTES)
        fault = encoding_fault(content, self.encoding)
        if fault:
            return fault
        head = utf8_head(io.BytesIO(content), self.encoding, FIRST_BYTES).decode(errors="replace").encode()
        names = header(io.BytesIO(head), self.delimiter)
        repeated = sorted(name for name, times in Counter(names).items() if times > 1)
        if repeated:
            return f"the header repeats the columns {repeated}; rename all but one of each name."
        if names and names[0].startswith("sep="):
            return "the first line is Excel's `sep=`, and no header; remove it, and set `delimiter`."
        return "" if named & {*names} else one_column_fault(head, self.delimiter)

    @property
    def separators(self) -> tuple[str, str]:
        """The sign before a fraction, and the sign between thousands."""
        return self.decimal, self.thousands

    def settled(self, schema: pa.Schema) -> pa.Schema:
        """The schema, with times and days in one type if they have formats."""
        if not self.time_formats:
            return schema
        return with_types(schema, time_fields(schema))

    def fields(self, schema: pa.Schema) -> dict[str, pa.DataType]:
        """The columns that Arrow reads as texts, with the types that are made of them."""
        numbers = number_fields(schema) if self.thousands else {}
        return {**numbers, **(time_fields(schema) if self.time_formats else {})}

    def converted(
        self, batch: pa.RecordBatch, types: Mapping[str, pa.DataType], source: str
    ) -> pa.RecordBatch:
        """The batch with columns of texts as numbers and times of the given types.

        Raises:
            DataError: Cells of a column are none of its type; they are described by their shapes.
        """
        times = {name: kind for name, kind in types.items() if is_time(kind)}
        numbers = {name: kind for name, kind in types.items() if name not in times}
        batch = with_numbers(batch, numbers, self.separators, source) if numbers else batch
        return with_times(batch, times, self.time_formats, source) if times else batch

    def types_in(self, fragment: ds.FileFragment, schema: pa.Schema) -> dict[str, pa.DataType]:
        """The types of columns whose texts are numbers or times, in the first block of a file."""
        import pyarrow as pa
        import pyarrow.csv

        header = self.header(fragment)
        texts = [field.name for field in schema if pa.types.is_string(field.type) and field.name in header]
        if not texts or not self.converts:
            return {}
        options = self.convert_options(dict.fromkeys(texts, pa.string()), texts)
        with fragment.filesystem.open_input_stream(fragment.path) as stream:
            reader = pyarrow.csv.open_csv(stream, self.read_options, self.parse_options, options)
            batch = reader.read_next_batch()
        times = time_types(batch, self.time_formats) if self.time_formats else {}
        return {**times, **(number_types(batch, self.separators) if self.thousands else {})}

    def hint(self, fragment: ds.FileFragment, error: Exception) -> str:
        """What is wrong in a file and the next step, by an error of Arrow's; empty if it does not show."""
        text = str(error)
        if isinstance(error, UnicodeError):
            return f"It is not {self.encoding}; {ANOTHER}."
        broken = re.search(
            r"column #(\d+):.*?conversion error to ([\w\[\]]+)(?:: invalid value '(.*)')?", text
        )
        name = dict(enumerate(self.header(fragment))).get(int(broken[1])) if broken else None
        if broken is None or name is None:
            return ""
        if "invalid UTF8" in text:
            return f"Column {name!r} is not UTF-8; {ANOTHER}."
        if broken[3] and broken[2].startswith(("timestamp", "date")):
            return f"Column {name!r} has a cell that is no time of ISO 8601{mended_time(broken[3])}"
        cells = [broken[3]] if broken[3] and broken[2] in {"int64", "double"} else []
        return f"Column {name!r} is {broken[2]} in rows before it{mended(cells)}"
