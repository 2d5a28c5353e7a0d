"""The finished parts of a table: what is written, merged and reported of all of them together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mxt.datasets.fingerprint import fingerprint_of, repeated
from mxt.datasets.tables import from_ipc, refuse_ids, to_frame
from mxt.streams.admissions import REJECTED
from mxt.streams.receipts import IDS, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from mxt.datasets.fingerprint import Fingerprint
    from mxt.streams.plans import StreamPlan
    from mxt.streams.receipts import KeptPart
    from mxt.streams.tasks import TableStream

HEAD_ROWS = 100
"""First rows of a table by which its columns are described."""


@dataclass(frozen=True)
class TableRead:
    """The table that the parts were made of."""

    data: Fingerprint
    head: pd.DataFrame
    """Its first rows."""
    columns: int
    beyond: Mapping[str, int]
    """How many rows exceed a soft limit, by column."""


@dataclass(frozen=True)
class Parts:
    """The finished parts of a table."""

    stream: TableStream
    receipts: list[KeptPart]
    """In the order of the parts."""
    plan: StreamPlan

    def tables(self) -> Iterator[pa.RecordBatch]:
        """The task's table of each part in which it worked on some rows."""
        return self.stream.staging.tables(receipt for receipt in self.receipts if receipt["worked"])

    def states(self, suffix: str) -> Iterator[bytes]:
        """One of the task's states, of each part that has it."""
        return filter(None, (self.stream.staging.content(receipt, suffix) for receipt in self.receipts))

    def rejected(self) -> Iterator[pa.RecordBatch]:
        """The rows of each part that the model cannot take; batches without rows are among them."""
        return map(from_ipc, self.states(REJECTED))

    def counted(self, fact: Literal["rules", "unseen"]) -> Counter[str]:
        """The sums over all parts of how many rows break each rule, or of cells that count as missing."""
        return sum((Counter(receipt.get(fact, {})) for receipt in self.receipts), Counter[str]())

    @property
    def rejected_rows(self) -> int:
        """How many rows the model cannot take."""
        return sum(receipt.get("rejected", 0) for receipt in self.receipts)

    @property
    def all_rejected(self) -> bool:
        """Whether the model can take none of the rows."""
        return self.rejected_rows == sum(receipt["rows"] for receipt in self.receipts)

    def table_read(self) -> TableRead:
        """The fingerprint of the table, its first rows, and the rows beyond soft limits.

        Raises:
            DataError: Several rows have the same id, or the table has changed.
        """
        workload, staging = self.stream.workload, self.stream.staging
        reader, batch = workload.reader, workload.first_rows(HEAD_ROWS)
        if reader.id_column is not None:
            twice = repeated(lambda: self._digests(IDS))
            if twice:
                staging.forget(staging.parts())  # the table must change
            refuse_ids(0, twice, reader.id_column, reader.source)
        data = fingerprint_of(batch.schema.names, self._digests(ROWS))
        head = to_frame([batch], reader.id_column)
        self.stream.refuse_changed()
        beyond = sum((Counter(receipt["beyond"]) for receipt in self.receipts), Counter[str]())
        return TableRead(data, head, len(batch.schema.names), beyond)

    def _digests(self, suffix: str) -> Iterator[np.ndarray]:
        import numpy as np

        for content in self.states(suffix):
            yield np.frombuffer(content, dtype=np.uint8).reshape(-1, 32)
