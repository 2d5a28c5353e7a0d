"""What readers of files share: Arrow's dataset scanner over a path, folder or URL."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, TypeVar

from mxt.configs import Location
from mxt.configs.addresses import Address
from mxt.datasets.conditions import expression
from mxt.datasets.fragments import needed_by, reason
from mxt.datasets.places import filesystem_of, listing, place_of, remembered
from mxt.datasets.readers.base import Reader
from mxt.datasets.remotes import behind, remote, unreached
from mxt.errors import DataError, MxtError
from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

T = TypeVar("T")

FACTS = ("size", "mtime", "LastModified", "last_modified", "updated", "etag", "ETag")
"""What file systems state of a file that differs once it changed."""

BATCH_VALUES = 65_536
"""Values of a batch, over all its columns: Arrow reads up to 64 batches ahead of a slow reader."""

BATCHES_AHEAD = 2
"""Batches that Arrow decodes at once."""

HINT = "Check the format, that a column keeps one type, and that filters compare like with like."


class FileReader(Reader, ABC):
    """Reads files of one format through `pyarrow.dataset`, which pushes columns and filters down."""

    shows_changes: ClassVar[bool] = True

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
        return shown(self.path)

    @property
    def reads_from(self) -> tuple[Address, ...]:
        return (Address.of(self.path, self.source),)

    def names(self) -> list[str]:
        with self._errors():
            return list(self._schema().names)

    def count(self) -> int:
        with self._errors():
            dataset, condition = self._dataset(self._typed([])), self._condition()
            try:
                return int(dataset.count_rows(filter=condition))
            except (OSError, ValueError, TypeError):
                for fragment in dataset.get_fragments(filter=condition):
                    with self._errors(fragment, needed_by(dataset.schema, fragment, self._filtered)):
                        fragment.count_rows(filter=condition)
                raise

    def state(self) -> str:
        """The names, sizes and times of the files."""
        filesystem_of(self.path)[0].invalidate_cache()
        with self._errors():
            files = listing(self.path)
        return str([(name, *(str(files[name].get(fact)) for fact in FACTS)) for name in sorted(files)])

    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        with self._errors():
            dataset = self._dataset(self._typed(columns))
        yield from self._scanned(dataset, columns)

    def _scanned(self, dataset: ds.Dataset, columns: list[str]) -> Iterator[pa.RecordBatch]:
        with self._errors():
            condition = self._condition()
            fragments = list(dataset.get_fragments(filter=condition))
        for fragment in fragments:
            needed = needed_by(dataset.schema, fragment, [*columns, *self._filtered])
            with self._errors(fragment, needed):
                self._refuse(fragment, needed)
                batches = fragment.to_batches(
                    schema=dataset.schema,
                    columns=columns,
                    filter=condition,
                    batch_size=max(1, BATCH_VALUES // max(1, len(columns))),
                    batch_readahead=BATCHES_AHEAD,
                    fragment_scan_options=self.scan_options,
                )
                for batch in batches:
                    # Text that is not UTF-8 passes Arrow's JSON and Parquet readers.
                    batch.validate(full=True)
                    yield batch

    def declared(self, columns: list[str]) -> dict[str, pa.DataType]:
        import pyarrow as pa

        with self._errors():
            schema = self._typed(columns)
        settled = self.settled(pa.RecordBatch.from_pylist([], schema)).schema
        return {name: settled.field(name).type for name in columns}

    def _condition(self) -> pc.Expression | None:
        """The condition that rows must meet; None if all rows are read."""
        return expression(self.filters, self._mark)

    @property
    def _filtered(self) -> list[str]:
        return [*(name for name, _, _ in self.filters), *([self._mark.column] if self._mark else [])]

    def _remembered(self, question: Hashable, answer: Callable[[], T]) -> T:
        """What reading the files by their format showed, remembered as long as they do not change."""
        return remembered(self.path, (self.model_dump_json(exclude={*Reader.model_fields}), question), answer)

    def _dataset(self, schema: pa.Schema | None = None) -> ds.Dataset:
        """The files, read with a schema; without one the first of them is read to infer it."""
        import pyarrow.dataset as ds

        filesystem, path = place_of(self.path)
        layout = "hive" if filesystem.isdir(path) else None
        return ds.dataset(path, schema, self.format, filesystem, partitioning=layout)

    def _schema(self) -> pa.Schema:
        """The columns of the first file and of the folders, with their types there."""
        return self._remembered("schema", lambda: self._dataset().schema)

    def _typed(self, columns: list[str]) -> pa.Schema:
        """The schema, where a column without a value has its type from the first file that has some."""
        import pyarrow as pa

        schema, needed = self._schema(), {*columns, *self._filtered}
        untyped = [field.name for field in schema if field.name in needed and pa.types.is_null(field.type)]
        later = self._remembered(("types", *untyped), lambda: self._later(schema, untyped)) if untyped else {}
        for name, field in later.items():
            schema = schema.set(schema.get_field_index(name), field)
        return schema

    def _later(self, schema: pa.Schema, untyped: list[str]) -> dict[str, pa.Field]:
        """Columns that have no value in the first file, as the first file that has some declares them."""
        import pyarrow as pa

        fields: dict[str, pa.Field] = {}
        for fragment in self._dataset(schema).get_fragments():
            left = {name for name in untyped if name not in fields or pa.types.is_null(fields[name].type)}
            if not left:
                break
            with self._errors(fragment):
                own = self._own_schema(fragment)
            fields |= {name: own.field(name) for name in left & {*own.names}}
        return fields

    def _own_schema(self, fragment: ds.FileFragment) -> pa.Schema:
        """The columns of a file, with their types there."""
        return fragment.physical_schema

    def _refuse(self, fragment: ds.FileFragment, needed: pa.Schema) -> None:
        """Raise a DataError if a file's header lacks a column, or declares it with another type.

        In a format without headers, a column that a file lacks is missing in its rows.
        """

    def _refuse_lacking(self, fragment: ds.FileFragment, names: list[str], needed: pa.Schema) -> None:
        lacking = [name for name in needed.names if name not in names]
        if lacking:
            msg = (
                f"{self._file(fragment.path)}: the file lacks the columns {lacking}, "
                "which files before it have. Write it again with them, empty if nothing is known."
            )
            raise DataError(msg)

    def _hint(self, _fragment: ds.FileFragment, _needed: pa.Schema, _error: Exception) -> str:
        """What is wrong in a file and the next step, if its format shows that; else an empty text."""
        return ""

    def _file(self, path: str) -> str:
        """A file of the table, as messages name it."""
        inner = place_of(self.path)[1].rstrip("/")
        return f"{self.source.rstrip('/')}{path[len(inner) :]}" if path.startswith(inner) else self.source

    @contextmanager
    def _errors(
        self, fragment: ds.FileFragment | None = None, needed: pa.Schema | None = None
    ) -> Iterator[None]:
        """Turn Arrow's errors into DataErrors that name the file, and quote no cell.

        Errors of the service behind a URL become ServiceErrors.
        """
        import pyarrow as pa

        try:
            yield
        except (MemoryError, MxtError):
            raise
        except Exception as error:
            fault = unreached(self.path, error)
            if fault is not None:
                raise fault from behind(self.path, error)
            if isinstance(error, FileNotFoundError):
                raise self._absent(fragment) from behind(self.path, error)
            foreign = bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", self.path))  # a file system of any package
            if not foreign and not isinstance(error, (pa.ArrowException, OSError, ValueError, TypeError)):
                raise
            if "duplicate field names" in str(error):
                msg = f"{self.source}: two columns have the same name; rename one of them."
                raise DataError(msg) from behind(self.path, error)
            opened = re.search("Could not read schema from '([^']*)'", str(error))
            path = fragment.path if fragment is not None else opened[1] if opened else ""
            hint = "" if fragment is None or needed is None else self._hint(fragment, needed, error)
            msg = (
                f"{self._file(path)}: cannot be read by {type(self).__name__}{reason(error)}. {hint or HINT}"
            )
            raise DataError(msg) from behind(self.path, error)

    def _absent(self, fragment: ds.FileFragment | None) -> DataError:
        """The error for an absent table, or for a file of it that was removed during the reading."""
        if fragment is not None:
            file = self._file(fragment.path)
            return DataError(f"{file}: the file went while the table was read. Restore it, and run again.")
        hint = "" if remote(self.path) else " Relative paths start at the project's root."
        return DataError(f"{self.source}: no such file or folder.{hint}")
