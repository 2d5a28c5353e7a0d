"""Comma-separated files."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.datasets.readers.files import FileReader
from mxt.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa
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

    types: dict[str, Literal["int64", "float64", "string", "bool", "timestamp[us]"]] = {}
    """Types of columns that shall not be inferred from the first 16 MB."""

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
                column_types={name: pa.type_for_alias(kind) for name, kind in self.types.items()},
            ),
        )

    def _typed(self, columns: list[str]) -> ds.Dataset:
        """Arrow takes text that is not UTF-8 for bytes; here it is refused."""
        import pyarrow as pa

        dataset = super()._typed(columns)
        foreign = [field.name for field in dataset.schema if pa.types.is_binary(field.type)]
        if foreign:
            msg = f"{self.source}: the columns {foreign} are not UTF-8. Convert the file, such as with iconv."
            raise DataError(msg)
        return dataset

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
