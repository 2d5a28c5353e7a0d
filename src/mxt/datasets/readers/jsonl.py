"""JSON Lines: one JSON object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.datasets.readers.files import FileReader

if TYPE_CHECKING:
    import pyarrow.dataset as ds


class JsonlReader(FileReader):
    """Reads JSON Lines files (jsonlines.org): flat objects, UTF-8.

    Example:
        KIND: JsonlReader
        path: data/customers.jsonl
        id_column: customerID
    """

    KIND: Literal["JsonlReader"] = "JsonlReader"

    @property
    def format(self) -> ds.FileFormat:
        import pyarrow.dataset as ds

        return ds.JsonFileFormat()
