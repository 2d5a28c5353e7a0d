"""Apache Parquet files, and folders partitioned in the Hive manner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.datasets.readers.base import after
from mxt.datasets.readers.files import FileReader

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        """Column chunks are read in pieces, so that memory does not grow with the row groups either."""
        import pyarrow.dataset as ds

        return ds.ParquetFragmentScanOptions(pre_buffer=False, use_buffered_stream=True, buffer_size=1 << 16)

    def known_rows(self) -> int | None:
        """From the files' footers, unless rows are to meet conditions."""
        return None if self.filters or self._mark else self.rows()

    def scan_from(self, columns: list[str], first_row: int) -> Iterator[pa.RecordBatch]:
        """Row groups that end before `first_row` are not read, unless rows are to meet conditions."""
        if self.filters or self._mark or not first_row:
            yield from super().scan_from(columns, first_row)
            return
        with self._errors():
            dataset, left = _after_groups(self._dataset(), first_row)
        yield from after(self._scanned(dataset, columns), left)


def _after_groups(dataset: ds.FileSystemDataset, rows: int) -> tuple[ds.FileSystemDataset, int]:
    """The dataset without the row groups that lie within its first rows, and how many of these are left."""
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
