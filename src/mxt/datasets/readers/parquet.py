"""Apache Parquet files, and folders partitioned in the Hive manner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.datasets.readers.files import FileReader

if TYPE_CHECKING:
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
        """From the files' footers, unless there are filters."""
        if self.filters:
            return None
        most = [self.count(), self.limit, self.sample.rows if self.sample else None]
        return min(rows for rows in most if rows is not None)
