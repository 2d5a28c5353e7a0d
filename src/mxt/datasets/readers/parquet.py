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
