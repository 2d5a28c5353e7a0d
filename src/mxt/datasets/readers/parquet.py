"""Apache Parquet files, and folders partitioned in the Hive manner."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from mxt.datasets.parts import after
from mxt.datasets.readers.base.files import FileReader
from mxt.datasets.tables import plain_type
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    import pyarrow.dataset as ds


class ParquetReader(FileReader):
    """Reads a Parquet file, or a folder of them partitioned as ``column=value``.

    Example:
        KIND: ParquetReader
        path: outputs/samples_explanations.parquet
        id_column: customerID
        limit: 100
    """

    KIND: Literal["ParquetReader"] = "ParquetReader"

    @property
    def format(self) -> ds.FileFormat:
        import pyarrow.dataset as ds

        return ds.ParquetFileFormat()

    @property
    def scan_options(self) -> ds.FragmentScanOptions:
        """Column chunks are read in pieces, so that memory does not grow with the row groups either.

        Checksums of pages are verified where the file has some.
        """
        import pyarrow.dataset as ds

        return ds.ParquetFragmentScanOptions(
            pre_buffer=False, use_buffered_stream=True, buffer_size=1 << 16, page_checksum_verification=True
        )

    def known_rows(self) -> int | None:
        """The number of rows in the files' footers; None if rows must meet conditions."""
        return None if self.filters or self._mark else self.rows()

    def scan_from(self, columns: list[str], first_row: int) -> Iterator[pa.RecordBatch]:
        """Row groups that end before `first_row` are skipped, unless rows must meet conditions."""
        if self.filters or self._mark or not first_row:
            yield from super().scan_from(columns, first_row)
            return
        with self._errors():
            dataset, left = _after_groups(self._dataset(self._typed(columns)), first_row)
        yield from after(self._scanned(dataset, columns), left)

    def _lacking(self, names: Sequence[str]) -> str:
        """That pandas notes an index of consecutive numbers in the metadata alone, which are not read."""
        try:
            noted = json.loads((self._schema().metadata or {})[b"pandas"])["index_columns"]
            ranges = {index["name"] for index in noted if isinstance(index, dict)}
        except (ValueError, TypeError, KeyError):
            return ""
        noted_only = [name for name in names if name in ranges]
        if not noted_only:
            return ""
        return f" The index {noted_only[0]!r} stands in the file's metadata alone; write it as a column."

    def _refuse(self, fragment: ds.FileFragment, needed: pa.Schema) -> None:
        own = fragment.physical_schema
        self._refuse_lacking(fragment, own.names, needed)
        others = [field for field in needed if not _alike(own.field(field.name).type, field.type)]
        if others:
            msg = (
                f"{self._file(fragment.path)}: {_types(own, others)}. "
                "Write each column with one type in all files."
            )
            raise DataError(msg)

    def _hint(self, fragment: ds.FileFragment, needed: pa.Schema, _error: Exception) -> str:
        damage = _damage(fragment, needed.names)
        if damage:
            return f"{damage}; restore the file from where it came."
        own = fragment.physical_schema
        others = [field for field in needed if not own.field(field.name).type.equals(field.type)]
        if not others:
            return ""
        return (
            f"Among its values are some that do not fit: {_types(own, others)}. Write one type in all files."
        )


def _after_groups(dataset: ds.FileSystemDataset, rows: int) -> tuple[ds.FileSystemDataset, int]:
    """The dataset without the row groups within its first `rows`, and how many of these rows it still has."""
    import pyarrow.dataset as ds

    kept: list[ds.ParquetFileFragment] = []
    for fragment in dataset.get_fragments():
        groups = [] if kept else [group.num_rows for group in fragment.row_groups]
        skipped = 0
        while skipped < len(groups) and groups[skipped] <= rows:
            rows -= groups[skipped]
            skipped += 1
        if kept or skipped < len(groups):
            kept.append(fragment.subset(row_group_ids=range(skipped, len(groups))) if skipped else fragment)
    return ds.FileSystemDataset(kept, dataset.schema, dataset.format, dataset.filesystem), rows


def _alike(own: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether values of one type may be read as another type, if each value fits."""
    import pyarrow as pa

    own, wanted = plain_type(own), plain_type(wanted)
    kinds = pa.types
    numbers = [kinds.is_integer(kind) or kinds.is_floating(kind) for kind in (own, wanted)]
    return own.equals(wanted) or all(numbers) or kinds.is_null(own) or kinds.is_null(wanted)


def _types(own: pa.Schema, others: list[pa.Field]) -> str:
    faults = [
        f"column {field.name!r} is {own.field(field.name).type}, but {field.type} in files before it"
        for field in others
    ]
    return "; ".join(faults)


def _damage(fragment: ds.FileFragment, columns: list[str]) -> str:
    """In words, the first row group and column that cannot be read; empty if all can."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    group, first, name = -1, 0, ""
    try:
        with fragment.filesystem.open_input_file(fragment.path) as source:
            file = pq.ParquetFile(source, page_checksum_verification=True)
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                for name in columns:
                    file.read_row_group(group, columns=[name]).validate(full=True)
                first += rows
    except (pa.ArrowException, OSError):
        if group < 0:
            return "Its footer cannot be read: it is cut short, or no Parquet"
        return f"Row group {group}, from row {first} of the file on, is damaged in column {name!r}"
    return ""
