"""Incremental jobs: a run works only on rows that are new since the last run, and adds them to its output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Self

from loguru import logger
from pydantic import model_validator

from mxt.configs.addresses import Address
from mxt.datasets.marks import Mark, kind_of
from mxt.errors import ConfigError, DataError
from mxt.findings import Output
from mxt.jobs.base.conclusions import nothing_to_do
from mxt.jobs.base.stream import StreamJob, folder
from mxt.registries.inheritance import IDS
from mxt.registries.readings import suited
from mxt.streams.increments import recorded

if TYPE_CHECKING:
    import pyarrow as pa

    from mxt.datasets.readers.base import Reader
    from mxt.datasets.writers.base import Provenance, Writer
    from mxt.jobs.base import Locals
    from mxt.registries.versions import Pinned
    from mxt.streams.increments import AddedRows
    from mxt.streams.parts import Parts

NO_IDS = "since: last needs rows with an id_column"

WATERMARK = "watermark"
"""Name of the fact of an output's provenance with the greatest watermark of its rows."""

INCREMENTS = "increments"
"""Name of the fact that records which rows each run added, by which model and from which data."""


@dataclass(frozen=True)
class Increment:
    """The rows that a run works on."""

    reader: Reader
    present: Provenance | None = None
    """Provenance of the output that rows are added to; None if the output is replaced."""
    nothing_new: bool = False


class IncrementalJob(StreamJob, ABC):
    """A job over a table of any length that can leave out the rows that earlier runs have worked on."""

    since: Literal["last"] | None = None
    """``last``: work only on rows whose `watermark` is greater than the watermarks of all rows in the output,
    and add them to the output; exit code 99 if there are none."""

    watermark: str | None = None
    """Column by which `since` knows new rows: a number, a text or a time that only grows, such as a day."""

    @property
    @abstractmethod
    def reader(self) -> Reader:
        """The rows to work on."""

    @property
    @abstractmethod
    def output(self) -> Writer:
        """Where the table of all parts goes."""

    @property
    def parts_kept(self) -> tuple[Address, ...]:
        """The folder of the parts of the output."""
        return (Address.of(str(folder(self.output))),)

    @model_validator(mode="after")
    def _with_all_that_it_needs(self) -> Self:
        since, reader = self.since is not None, self.reader
        faults = {
            "since: last needs a watermark, the column that only grows": since and self.watermark is None,
            "a watermark is for since: last only": not since and self.watermark is not None,
            NO_IDS: since and reader.id_column is None and IDS in reader.model_fields_set,
            "since: last takes all new rows: no limit, no sample": since and (reader.limit or reader.sample),
            "fresh takes all rows again, so it does not go with since: last and a shard": since
            and self.fresh
            and self.shard,
        }
        for msg, broken in faults.items():
            if broken:
                raise ValueError(msg)
        return self

    def increment(self, pinned: Pinned | None = None) -> Increment:
        """The rows that this run is to work on, read as the training of a version read its table.

        Raises:
            ConfigError: The rows have no ids.
            DataError: The table has no such column, or the output's provenance no watermark.
        """
        if self.watermark is None:
            return Increment(self.reader)
        if self.reader.id_column is None:
            msg = f"{NO_IDS}, and the training of the version had none; write `{IDS}: NAME`."
            raise ConfigError(msg)
        _refuse_absent(self.watermark, self.reader)
        present = None if self.fresh else self.output.provenance()
        rows = self._rows(self.watermark, present, pinned)
        kind = _type(rows, self.watermark)
        if present is None:
            if kind is not None:
                kind_of(kind, self.watermark, rows.source)
            return Increment(rows)
        mark = mark_in(present, self.watermark, self.output.target)
        if kind is not None:
            mark.refuse_other_kind(kind, rows.source)
        reader = rows.since(mark)
        return Increment(reader, present, nothing_new=kind is None or reader.empty())

    def _rows(self, watermark: str, present: Provenance | None, pinned: Pinned | None) -> Reader:
        """The rows, with ids of the same type as in the present output, unless the config has a `reading`.

        Without an output, ids that are also the watermark are read as numbers if they look like numbers,
        since texts sort in another order.
        """
        import pyarrow as pa

        rows, name = self.reader, str(self.reader.id_column)
        usual = suited(rows, pinned)
        if rows.reading is not None:
            return rows
        if present is None:
            alone = usual.model_copy(update={"id_column": None})
            grows = name == watermark and _type(alone, name) != _type(usual, name)
            return rows.by("inferred") if grows else usual
        other = rows.by("inferred" if usual.exact else "exact")
        texts = (_type(reader, name) == pa.string() for reader in (usual, other))
        alike = [text == (name in present.texts) for text in texts]
        return other if alike == [False, True] else usual

    def skip(self) -> Locals:
        """The locals of a run with nothing to do."""
        why = f"no row has a greater {self.watermark!r} than those of {self.output.target}"
        logger.info("nothing new in {}: {}", self.reader.source, why)
        return self.context.conclude(nothing_to_do(why))

    def refuse_other(self, parts: Parts, increment: Increment) -> None:
        """Raise a DataError if the table of all parts cannot be added to the present output."""
        if increment.present is not None and not parts.all_rejected:
            self.output.refuse_other(next(parts.tables()).schema, increment.present)

    def written(self, parts: Parts, increment: Increment, role: str, unit: str = "") -> Output:
        """The table of all parts as an output, which replaces the present output or is added to it.

        Rows of which the model can take none add nothing but their watermark.
        """
        rows = sum(receipt["rows"] for receipt in parts.receipts) - parts.rejected_rows
        facts = self.reached(parts, increment.present, rows)
        tables, present = parts.tables(), increment.present
        if present is not None and parts.all_rejected:
            tables = iter([present.without_rows()])
        return Output(role, self.output, tables, unit, facts, present)

    def reached(self, parts: Parts, present: Provenance | None, rows: int) -> dict[str, str]:
        """The facts of the provenance with the greatest watermark, and with the rows that each run added.

        Args:
            parts: All parts; they hold rows of the output, and rows that are left out.
            present: The provenance of the output that rows are added to.
            rows: How many rows are added.
        """
        if self.watermark is None:
            return {}
        context = self.context
        marks = [Mark.from_json(receipt["mark"]) for receipt in parts.receipts]
        mark = max(marks, key=lambda mark: mark.value)
        earlier = present.facts[INCREMENTS] if present else "[]"
        added: AddedRows = {
            "watermark": str(mark.value) if isinstance(mark.value, Decimal) else mark.value,
            "rows": rows,
            "model_uri": context.model.uri if context.model else "",
            "data_digest": context.data.digest if context.data else "",
        }
        return {WATERMARK: mark.to_json(), INCREMENTS: recorded(earlier, added)}


def _refuse_absent(watermark: str, reader: Reader) -> None:
    names = reader.names()
    if watermark not in names:
        msg = f"{reader.source}: the table has no watermark {watermark!r}; it has {names}."
        raise DataError(msg)


def _type(reader: Reader, column: str) -> pa.DataType | None:
    """The type of a column in the table's first rows; None if the table is empty."""
    first = next((batch for batch in reader.scan([column]) if batch.num_rows), None)
    return None if first is None else reader.settled(first).schema.field(column).type


def mark_in(present: Provenance, watermark: str, target: str) -> Mark:
    """The greatest watermark of the rows of an output, by its provenance."""
    fact = present.facts.get(WATERMARK)
    mark = None if fact is None else Mark.from_json(fact)
    if mark is not None and mark.column == watermark:
        return mark
    what = "has no watermark" if mark is None else f"has the watermark {mark.column!r}"
    msg = f"{target}: the present output {what}. Name another output, or start over with --fresh."
    raise DataError(msg)
