"""The rows that a model was fitted to, as digests: enough to recognise a row, too little to read one.

A row is recognised by its id and target, or by its inputs and target if the table has no ids. A record holds
8 bytes of each row's SHA-256, keyed by the fingerprint of the training table, so that records of two
tables cannot be compared. Of more than `MOST` rows it keeps the smallest digests: whether a row was fitted is
certain if its digest lies in their range, and unknown otherwise.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mxt.datasets.fingerprint import row_digests
from mxt.datasets.likeness import comparable, texts
from mxt.datasets.splitters.base import Splitter
from mxt.datasets.tables import to_batch
from mxt.kinds import member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd

MOST = 100_000
"""How many digests are kept; 8 bytes each."""

FORMAT = 1
_DEVIATIONS = 4
"""By how many standard deviations the rows that equal a fitted row may exceed the number due to chance."""


@dataclass(frozen=True)
class Membership:
    """Which rows of a table a model was fitted to."""

    record: FittedRows
    fitted: np.ndarray
    """Whether the record holds each row, shape (rows,)."""
    known: np.ndarray
    """Whether the record can hold each row, shape (rows,): a sample says nothing about other rows."""

    @property
    def count(self) -> int:
        """How many of the rows the model was fitted to; 0 if so many can equal a fitted row by chance."""
        return self.record.beyond_chance(int(self.fitted.sum()), int(self.known.sum()))

    def at(self, chosen: np.ndarray) -> Membership:
        """The membership of the rows chosen by booleans, shape (rows,)."""
        return replace(self, fitted=self.fitted[chosen], known=self.known[chosen])

    def held_out(self, table: pd.DataFrame) -> np.ndarray:
        """Which rows the model is known not to be fitted to: booleans, shape (rows,).

        If this is the table of the training, these are the rows that it held out; else the rows that the
        record can hold and does not.

        Args:
            table: The rows compared, with the columns that the splitter looks at.
        """
        splitter = self.record.splitter
        if splitter is not None and {*splitter.columns} <= {*table.columns}:
            chosen = splitter.in_test(table, self.record.target)
            if self.fitted[self.known & ~chosen].all() and not self.at(chosen).count:
                return chosen
        return self.known & ~self.fitted


@dataclass(frozen=True)
class FittedRows:
    """A record of the rows that a model was fitted to."""

    digests: np.ndarray
    """The first 8 bytes of each row's digest as a number, in ascending order, shape (rows kept,)."""
    rows: int
    """How many rows the model was fitted to."""
    key: str
    """The fingerprint of the training table."""
    target: str
    columns: tuple[str, ...]
    """The model's inputs, by which rows without an id are recognised."""
    id_column: str | None = None
    splitter: Splitter | None = None
    """How the training held rows out; None if this kind of splitter is not installed here."""
    alike: int = 0
    """Rows held out that equal a fitted row."""
    held_out: int = 0
    """Rows held out; like `alike`, counted in the range of the digests kept."""
    reader: Mapping[str, object] = field(default_factory=dict)
    """The fields of the training's reader, as `remembered` returns them; empty if no record exists."""

    @classmethod
    def of(
        cls,
        inputs: pd.DataFrame,
        truth: pd.Series,
        training: pd.Index,
        key: str,
        splitter: Splitter,
        id_column: str | None,
    ) -> FittedRows:
        """The record of a training.

        Args:
            inputs: The checked inputs of the whole table.
            truth: Its target, with the same index.
            training: The part of the index that the model was fitted to.
            key: The fingerprint of the table.
            splitter: What split the table.
            id_column: Name of the index, if that holds ids.
        """
        import numpy as np

        names = tuple(map(str, inputs.columns))
        empty = cls(np.empty(0, np.uint64), len(training), key, str(truth.name), names, id_column, splitter)
        digests, chosen = empty._digests(inputs, truth, inputs.index), inputs.index.isin(training)
        kept = np.unique(digests[chosen])[:MOST]
        others = digests[~chosen]
        others = others if len(kept) < MOST else others[others <= kept[-1]]
        alike = int(np.isin(others, kept).sum())
        return cls(kept, len(training), key, empty.target, names, id_column, splitter, alike, len(others))

    @property
    def complete(self) -> bool:
        """Whether every fitted row is in the record, and not a sample of them."""
        return len(self.digests) < MOST

    def wanted(self, names: Sequence[str]) -> list[str]:
        """The columns among `names` that `compare` and the splitter look at."""
        own = [self.target, *([] if self.id_column is None else [self.id_column])]
        own += self.splitter.columns if self.splitter else []
        return [name for name in own if name in names]

    def comparable(self, table: pd.DataFrame, id_column: str | None) -> bool:
        """Whether `table` has what its rows are compared by: the target, and ids if the training had ids.

        Args:
            table: Any table.
            id_column: Name of its index, if that holds ids.
        """
        has_ids = self.id_column is None or id_column is not None or self.id_column in table.columns
        return self.target in table.columns and has_ids

    def compare(self, inputs: pd.DataFrame | None, table: pd.DataFrame) -> Membership:
        """Which rows of a table the model was fitted to.

        Args:
            inputs: The checked inputs; they are not looked at if the training had ids.
            table: The same rows with the target. Ids are taken from the column that is named as in the
                training, or else from the index.
        """
        import numpy as np

        ids = table[self.id_column] if self.id_column in table.columns else table.index
        digests = self._digests(inputs, table[self.target], ids)
        known = np.ones(len(table), bool) if self.complete else digests <= self.digests[-1]
        return Membership(self, np.isin(digests, self.digests), known)

    def beyond_chance(self, matches: int, known: int) -> int:
        """The number of rows that the record holds, or 0 if so many can equal a fitted row by chance.

        Rows without ids can be alike; how often is estimated from the rows held out that equal a fitted row.

        Args:
            matches: How many rows of a table the record holds.
            known: How many rows of the table the record can hold.
        """
        share = self.alike / self.held_out if self.alike else 0.0
        spread = math.sqrt(known * share * (1 - share) * (1 + known / max(self.held_out, 1)))
        return matches if matches > known * share + _DEVIATIONS * spread else 0

    def _digests(
        self, inputs: pd.DataFrame | None, truth: pd.Series, ids: pd.Index | pd.Series
    ) -> np.ndarray:
        """8 bytes of each row's keyed digest, shape (rows,)."""
        import numpy as np
        import pandas as pd

        cells: dict[str, object] = {"key": self.key, "target": texts(truth)}
        if self.id_column is not None:
            cells["id"] = texts(ids)
        elif inputs is not None:
            columns = enumerate(inputs[name] for name in self.columns)
            cells |= {f"input {place}": comparable(column) for place, column in columns}
        digests = row_digests(to_batch(pd.DataFrame(cells, index=pd.RangeIndex(len(truth)))))
        return np.ascontiguousarray(digests[:, :8]).view(np.uint64)[:, 0]

    def to_bytes(self) -> bytes:
        """The record as a Parquet file: the digests, and all else as JSON beside them."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        facts = {
            "format": FORMAT,
            "rows": self.rows,
            "key": self.key,
            "target": self.target,
            "columns": self.columns,
            "id_column": self.id_column,
            "splitter": None if self.splitter is None else json.loads(self.splitter.model_dump_json()),
            "alike": self.alike,
            "held_out": self.held_out,
            **({"reader": self.reader} if self.reader else {}),
        }
        table = pa.table({"digest": self.digests}).replace_schema_metadata({"mxt": json.dumps(facts)})
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, use_dictionary=False, compression="none")
        return sink.getvalue().to_pybytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> FittedRows:
        """The record that `to_bytes` wrote."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(pa.BufferReader(content))
        facts = json.loads(table.schema.metadata[b"mxt"])
        kind = member(Splitter, str((facts["splitter"] or {}).get("KIND")))
        return cls(
            digests=np.asarray(table["digest"], np.uint64),
            rows=facts["rows"],
            key=facts["key"],
            target=facts["target"],
            columns=tuple(facts["columns"]),
            id_column=facts["id_column"],
            splitter=None if kind is None else kind.model_validate_json(json.dumps(facts["splitter"])),
            alike=facts["alike"],
            held_out=facts["held_out"],
            reader=facts.get("reader") or {},
        )
