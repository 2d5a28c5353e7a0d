"""What every writer does: replace the old output by a table or a stream of parts, whole or not at all."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mxt.datasets.tables import to_batch
from mxt.errors import DataError
from mxt.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Provenance:
    """Where an output comes from, written into the output's own metadata."""

    facts: Mapping[str, str] = field(default_factory=dict)
    """Job, run, model URI and version, config digest, data digest, unit, package versions."""

    def to_json(self) -> str:
        return json.dumps(dict(self.facts), sort_keys=True)


class Writer(Kind, ABC):
    """Writes a table; a write that is cut short leaves the previous output as it was."""

    @property
    @abstractmethod
    def target(self) -> str:
        """Where the table goes, fit for messages and records: never a secret."""

    @abstractmethod
    def write_batches(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, provenance: Provenance
    ) -> None:
        """Write the batches of one schema, then put them in the place of the previous output."""

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
        import pyarrow as pa

        counted = _Counted(batches)
        first = next(counted, None)
        if first is None:
            msg = f"{self.target}: there is nothing to write."
            raise DataError(msg)
        try:
            self.write_batches(self._alike(first, counted), first.schema, provenance or Provenance())
        except OSError as error:
            reason = error.strerror or type(error).__name__
            msg = f"{self.target}: cannot be written ({reason}); the previous output is untouched."
            raise DataError(msg) from error
        except pa.ArrowException as error:
            msg = f"{self.target}: cannot be written by {type(self).__name__} ({type(error).__name__})."
            raise DataError(msg) from error
        return counted.rows

    def _batch(self, part: pd.DataFrame) -> pa.RecordBatch:
        import pyarrow as pa

        try:
            return to_batch(part)
        except (pa.ArrowException, TypeError, ValueError) as error:
            msg = f"{self.target}: a column mixes types, or bears the name of the index."
            raise DataError(msg) from error

    def _alike(self, first: pa.RecordBatch, others: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        yield first
        for batch in others:
            try:
                alike = batch.cast(first.schema)
            except (pa.ArrowException, ValueError) as error:
                msg = f"{self.target}: a part of the table has other columns or types than the first."
                raise DataError(msg) from error
            yield alike


class _Counted(Iterator["pa.RecordBatch"]):
    """Counts the rows of the batches that pass."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self.batches = batches
        self.rows = 0

    def __next__(self) -> pa.RecordBatch:
        batch = next(self.batches)
        self.rows += batch.num_rows
        return batch
