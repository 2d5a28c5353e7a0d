"""CSV files of one dialect: Arrow's options for it, and what the first lines of a file show."""

from __future__ import annotations

import io
import re
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
from mxt.datasets.csv_numbers import mended, number_types
from mxt.datasets.csv_texts import HEAD_BYTES, Head, head_of, header

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

    def fault(self, fragment: ds.FileFragment, named: AbstractSet[str]) -> str:
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
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            return f"the header repeats the columns {repeated}; rename all but one of each name."
        if names and names[0].startswith("sep="):
            return "the first line is Excel's `sep=`, and no header; remove it, and set `delimiter`."
        return "" if named & {*names} else one_column_fault(head, self.delimiter)

    @property
    def separators(self) -> tuple[str, str]:
        """The sign before a fraction, and the sign between thousands."""
        return self.decimal, self.thousands

    def grouped(self, fragment: ds.FileFragment, schema: pa.Schema) -> dict[str, pa.DataType]:
        """The types of columns whose texts are numbers, in the first block of a file."""
        import pyarrow as pa
        import pyarrow.csv

        header = self.header(fragment)
        texts = [field.name for field in schema if pa.types.is_string(field.type) and field.name in header]
        if not texts:
            return {}
        options = self.convert_options(dict.fromkeys(texts, pa.string()), texts)
        with fragment.filesystem.open_input_stream(fragment.path) as stream:
            reader = pyarrow.csv.open_csv(stream, self.read_options, self.parse_options, options)
            return number_types(reader.read_next_batch(), self.separators)

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
        cells = [broken[3]] if broken[3] and broken[2] in {"int64", "double"} else []
        return f"Column {name!r} is {broken[2]} in rows before it{mended(cells)}"
