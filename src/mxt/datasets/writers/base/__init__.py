"""What every writer does: replace the old output by a stream of parts, or add them, whole or not at all."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

from mxt.configs.addresses import Address
from mxt.datasets.local_files import obstacle, present
from mxt.datasets.tables import to_batch
from mxt.datasets.writers.base.provenance import COLUMNS, Provenance
from mxt.errors import DataError, MxtError
from mxt.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

__all__ = ["COLUMNS", "Provenance", "Writer"]


class Writer(Kind, ABC):
    """Writes a table; a write that is cut short leaves the previous output as it was."""

    @property
    @abstractmethod
    def target(self) -> str:
        """Where the table goes, as messages and records may show it: without a secret."""

    @property
    def local(self) -> Path | None:
        """The file or folder of this machine that it writes; None if it writes elsewhere."""
        return None

    @property
    def writes_to(self) -> tuple[Address, ...]:
        """All that a write replaces or makes; no other field of a config may name it."""
        return (
            Address(self.target, self.target, local=False)
            if self.local is None
            else Address.of(str(self.local)),
        )

    def unfit(self) -> str:
        """Why the config alone shows that the target cannot be written, as a clause; empty if it does not."""
        return ""

    def in_the_way(self) -> str:
        """What stands in the way of a write on this machine, as a clause; empty if nothing does."""
        places = (each.place for each in self.writes_to if each.local)
        return next((f"{place} {why}" for place in places if (why := obstacle(place))), "")

    def require_writable(self) -> None:
        """Check before any work whether the target can be written, without writing.

        Raises:
            DataError: It can never be written, or a link, a pipe or a device is in the way.
            MxtError: As `require_installed`.
        """
        self.refuse_unfit()
        self.require_installed()

    def refuse_unfit(self) -> None:
        """Raise a DataError if the target may not be written: only files and folders are replaced."""
        why = self.unfit() or self.in_the_way()
        if why:
            left = self._left() if self.local is not None and present(self.local) else ""
            msg = f"{self.target}: cannot be written, since {why}{left}. Name another place for the output."
            raise DataError(msg)

    def require_installed(self) -> None:
        """Check whether the packages for the kind of target are there, without writing.

        Raises:
            MissingExtraError: The package for the kind of target is not installed.
            ConfigError: The variable that names the target is not set.
        """

    def fault(self, _error: Exception, /) -> MxtError | None:
        """What an error says about the service behind the target; None if it says nothing about one."""
        return None

    @abstractmethod
    def provenance(self) -> Provenance | None:
        """Where the present output comes from, by its own metadata; None if there is no output.

        Raises:
            DataError: The output cannot be read.
        """

    @abstractmethod
    def write_batches(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, provenance: Provenance
    ) -> None:
        """Write the batches of one schema, then put them in the place of the previous output."""

    @abstractmethod
    def add_batches(
        self,
        batches: Iterator[pa.RecordBatch],
        schema: pa.Schema,
        provenance: Provenance,
        present: Provenance,
    ) -> None:
        """Put the batches after the rows of the output of provenance `present`, all of them or none."""

    def write(self, data: pd.DataFrame | Iterable[pd.DataFrame], provenance: Provenance | None = None) -> int:
        """Write a table or a stream of its parts, the index first, and return the number of rows.

        Raises:
            DataError: The target cannot be written, or a part has other columns than the first.
        """
        import pandas as pd

        parts = [data] if isinstance(data, pd.DataFrame) else data
        return self.write_arrow(map(self._batch, parts), provenance)

    def write_arrow(self, batches: Iterator[pa.RecordBatch], provenance: Provenance | None = None) -> int:
        """As `write`, of Arrow batches."""
        self.refuse_unfit()
        stream = self._stream(batches)
        with self._errors():
            whole = (provenance or Provenance()).of(stream.schema)
            self.write_batches(self._alike(stream), stream.schema, whole)
        return stream.rows

    def add_arrow(
        self, batches: Iterator[pa.RecordBatch], provenance: Provenance, present: Provenance
    ) -> int:
        """Put rows after those of the present output, and return the number of new ones.

        Args:
            batches: The new rows.
            provenance: Where the old and new rows together come from.
            present: What `provenance()` returned when the work on the new rows began.

        Raises:
            DataError: The output was changed since, or has other columns; or as `write` does.
        """
        self.refuse_unfit()
        stream = self._stream(batches)
        self.refuse_other(stream.schema, present)
        with self._errors():
            self.add_batches(self._alike(stream), stream.schema, provenance.of(stream.schema), present)
        return stream.rows

    def changed(self) -> DataError:
        """The error for an output that changed since the work began."""
        return DataError(f"{self.target}: another run has changed it meanwhile; run the job again.")

    def refuse_other(self, schema: pa.Schema, present: Provenance) -> None:
        """Raise a DataError unless the output has the provenance `present`, and these columns."""
        if self.provenance() != present:
            raise self.changed()
        contents = (each.facts.get(COLUMNS, "{}") for each in (Provenance().of(schema), present))
        new, old = map(json.loads, contents)
        if list(new.items()) == list(old.items()):
            return
        other = sorted(name for name in {*new, *old} if new.get(name) != old.get(name))
        msg = (
            f"{self.target}: its columns are not those of the new rows; other names, types or places "
            f"have {other[:5] or 'all'}. Name another output, or start over with --fresh."
        )
        raise DataError(msg)

    def _stream(self, batches: Iterator[pa.RecordBatch]) -> _Stream:
        first = next(batches, None)
        if first is None:
            msg = f"{self.target}: there is nothing to write."
            raise DataError(msg)
        return _Stream(first, batches)

    @contextmanager
    def _errors(self, verb: str = "written") -> Iterator[None]:
        """Raise a DataError that says why the output could not be written, or read.

        What the service behind the target raises becomes a ServiceError.
        """
        import pyarrow as pa

        try:
            yield
        except MxtError:
            raise
        except Exception as error:
            fault = self.fault(error)
            if fault is not None:
                raise fault from error
            if isinstance(error, OSError):
                reason = error.strerror or type(error).__name__
                msg = f"{self.target}: cannot be {verb} ({reason}){self._left()}."
                raise DataError(msg) from error
            if isinstance(error, pa.ArrowException):
                msg = f"{self.target}: cannot be {verb} by {type(self).__name__} ({type(error).__name__})."
                raise DataError(msg) from error
            raise

    def _left(self) -> str:
        """What there is of the previous output after a write that failed, as a clause behind a semicolon."""
        if self.local is None:
            return ""
        if present(self.local):
            return "; the previous output is untouched"
        return "; no output is there" if present(self.local.parent) else "; its folder is gone"

    def _batch(self, part: pd.DataFrame) -> pa.RecordBatch:
        import pyarrow as pa

        try:
            return to_batch(part)
        except (pa.ArrowException, TypeError, ValueError) as error:
            msg = f"{self.target}: a column mixes types, or bears the name of the index."
            raise DataError(msg) from error

    def _alike(self, stream: _Stream) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for batch in stream:
            try:
                alike = batch.cast(stream.schema)
            except (pa.ArrowException, ValueError) as error:
                msg = f"{self.target}: a part of the table has other columns or types than the first."
                raise DataError(msg) from error
            yield alike


class _Stream(Iterator["pa.RecordBatch"]):
    """Batches of one schema, and the number of rows that have passed."""

    def __init__(self, first: pa.RecordBatch, others: Iterator[pa.RecordBatch]) -> None:
        self.schema = first.schema
        self.rows = 0
        self._batches = chain([first], others)

    def __next__(self) -> pa.RecordBatch:
        batch = next(self._batches)
        self.rows += batch.num_rows
        return batch
