"""What readers of files share: Arrow's dataset scanner over a path, folder or URL."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxt.configs import Location
from mxt.datasets.readers.base import Reader, expression
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    import pyarrow.dataset as ds


BATCH_VALUES = 65_536
"""Values of a batch, over all its columns: Arrow reads up to 64 batches ahead of a slow reader."""

BATCHES_AHEAD = 2
"""Batches that Arrow decodes at once."""


class FileReader(Reader, ABC):
    """Reads files of one format through `pyarrow.dataset`, which pushes columns and filters down."""

    path: Location
    """File, folder of files, or URL (s3://, gs://, abfs://, ... with the fsspec package for it)."""

    @property
    @abstractmethod
    def format(self) -> ds.FileFormat:
        """How a file is laid out."""

    @property
    def scan_options(self) -> ds.FragmentScanOptions | None:
        """How a file is scanned, where that is not the format's own choice."""
        return None

    @property
    def source(self) -> str:
        return self.path

    def names(self) -> list[str]:
        with self._errors():
            return list(self._dataset().schema.names)

    def count(self) -> int:
        with self._errors():
            return int(self._dataset().count_rows(filter=expression(self.filters, self._mark)))

    def state(self) -> str:
        """The names, sizes and times of the files."""
        filesystem, inner = _place(self.path)
        with self._errors():
            files = filesystem.find(inner, detail=True) or {inner: filesystem.info(inner)}
        told = ("size", "mtime", "LastModified", "last_modified", "updated", "etag", "ETag")
        return str([(name, *(str(files[name].get(fact)) for fact in told)) for name in sorted(files)])

    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        with self._errors():
            dataset = self._dataset()
        yield from self._scanned(dataset, columns)

    def _scanned(self, dataset: ds.Dataset, columns: list[str]) -> Iterator[pa.RecordBatch]:
        with self._errors():
            batches = dataset.to_batches(
                columns=columns,
                filter=expression(self.filters, self._mark),
                batch_size=max(1, BATCH_VALUES // max(1, len(columns))),
                batch_readahead=BATCHES_AHEAD,
                fragment_readahead=1,
                fragment_scan_options=self.scan_options,
            )
            for batch in batches:
                batch.validate(full=True)  # text that is not UTF-8 passes Arrow's JSON and Parquet readers
                yield batch

    def _dataset(self, schema: pa.Schema | None = None) -> ds.Dataset:
        import pyarrow.dataset as ds

        filesystem, path = _place(self.path)
        layout = "hive" if filesystem.isdir(path) else None
        return ds.dataset(path, schema, self.format, filesystem, partitioning=layout)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Tell Arrow's errors without the cells that they quote."""
        import pyarrow as pa

        try:
            yield
        except FileNotFoundError as error:
            msg = f"{self.source}: no such file or folder. Relative paths start at the project's root."
            raise DataError(msg) from error
        except (pa.ArrowException, OSError, ValueError, TypeError) as error:
            place = ", ".join(re.findall(r"(?:[Cc]olumn|[Rr]ow) #\d+", str(error)))
            reason = (
                os.strerror(error.errno)
                if isinstance(error, OSError) and error.errno
                else type(error).__name__
            )
            at = f" at {place}" if place else ""
            msg = (
                f"{self.source}: cannot be read by {type(self).__name__}{at} ({reason}). "
                "Check the format, that a column keeps one type, and that filters compare like with like."
            )
            raise DataError(msg) from error


def _place(path: str) -> tuple[Any, str]:
    """The file system of a path or URL, and the path within it; a device or pipe is refused."""
    from fsspec.core import url_to_fs

    try:
        filesystem, inner = url_to_fs(path)
    except ImportError as error:
        msg = f"{path}: this kind of URL needs a package that is not installed: {error}"
        raise DataError(msg) from error
    except ValueError as error:
        msg = f"{path}: no file system is known for this kind of URL."
        raise DataError(msg) from error
    local = Path(inner) if filesystem.protocol[0] == "file" else None
    if local and local.exists() and not (local.is_file() or local.is_dir()):
        msg = f"{path}: neither a file nor a folder."
        raise DataError(msg)
    return filesystem, inner
