"""Which rows a version is scored on: none that it was fitted to, unless the config allows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from loguru import logger
from pydantic import Field

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mxt.datasets.fitted import FittedRows, Membership
    from mxt.datasets.readers.base import Reader
    from mxt.datasets.splitters.base import Splitter
    from mxt.jobs.base.context import Context
    from mxt.registries.served import Served
    from mxt.registries.versions import Pinned
    from mxt.schemas import InputsSchema

ScoredRows: TypeAlias = Annotated[
    Literal["held_out", "training"], Field(exclude_if=lambda rows: rows == "held_out")
]
"""Whether rows that a version was fitted to are refused, or allowed. No recorded config names the default, so
that digests of configs are those of releases without the field."""

FACT = "held_out"
"""Name of the fact that says whether a version was fitted to the rows scored."""


@dataclass(frozen=True)
class Record:
    """What the registry keeps of the rows that one version was fitted to."""

    version: Pinned
    schema: InputsSchema | None
    fitted: FittedRows | None
    """None if nothing is kept."""

    @classmethod
    def of(cls, served: Served) -> Record:
        """The record of a version."""
        return cls(served.pinned, served.schema, served.fitted)

    def __str__(self) -> str:
        return f"version {self.version.version}"

    def compare(self, table: pd.DataFrame, reader: Reader) -> Membership | None:
        """Which rows of a table the version was fitted to; None if nobody can know.

        Raises:
            DataError: The rows are to be known by the model's inputs, and the model cannot take them.
        """
        fitted = self.fitted
        if fitted is None or not fitted.comparable(table, reader.id_column):
            return None
        by_inputs = self.schema is not None and fitted.id_column is None
        inputs = self.schema.check(table, reader.source) if self.schema is not None and by_inputs else None
        return fitted.compare(inputs, table)


def columns_of(records: Sequence[Record], reader: Reader) -> list[str]:
    """Columns to read beside the models' inputs, so that rows can be compared with the records."""
    kept = [record.fitted for record in records if record.fitted is not None]
    names = reader.names() if kept else []
    return [name for fitted in kept for name in fitted.wanted(names)]


@dataclass(frozen=True)
class Scoring:
    """How the rows are chosen that versions are scored on, or compared by."""

    records: Sequence[Record]
    """One for each version."""
    reader: Reader
    splitter: Splitter | None = None
    """The config's own, if it names one."""
    target: str = ""
    """The column that this splitter looks at."""
    rows: ScoredRows = "held_out"

    def choose(self, table: pd.DataFrame, context: Context) -> pd.DataFrame:
        """The rows of a table to score; a fact of the run says whether a version was fitted to them.

        A splitter of the config decides. Without one, a table that holds fitted rows gives those that no
        version was fitted to, and any other table is taken whole.

        Raises:
            DataError: A version was fitted to rows that are left, and the config does not allow this.
        """
        part = table if self.splitter is None else self.splitter.split(table, self.target).test
        found = [record.compare(part, self.reader) for record in self.records]
        if self.rows == "training":
            counts = ", ".join(_counted(self.records, found)) or "no row"
            context.facts[FACT] = f"not asked for (rows: training): {counts}; no evidence for a gate"
            logger.warning("{}: {}", FACT, context.facts[FACT])
            return part
        if self.splitter is None:
            left = _held_out(part, found)
            if len(left):
                part = left
                found = [record.compare(part, self.reader) for record in self.records]
        faults = _counted(self.records, found)
        if faults:
            raise self._refusal(faults, len(part))
        context.facts[FACT] = self._described(len(part), len(table), found)
        return part

    def _refusal(self, faults: list[str], rows: int) -> DataError:
        """The error that rows would be scored that a version was fitted to."""
        choice = "leave the `splitter` out" if self.splitter is not None else "read other rows"
        msg = (
            f"{self.reader.source}: {', '.join(faults)} of {rows} rows to score. Scores of such rows say "
            f"little about others: {choice}, or write `rows: training` to score them all the same."
        )
        return DataError(msg)

    def _described(self, rows: int, total: int, found: Sequence[Membership | None]) -> str:
        """What the screen says of rows that no version was fitted to, as far as that is known."""
        pairs = list(zip(self.records, found, strict=True))
        unknown = [record for record, compared in pairs if compared is None]
        for record in unknown:
            logger.warning("{}: nobody can tell which rows {} was fitted to", self.reader.source, record)
        known = [record for record, compared in pairs if compared is not None]
        parts = [f"{rows} of {total} rows; {_unfitted(known)} of them"] if known else []
        parts += [f"by the word of this config: {_why(record)}" for record in unknown]
        parts += [
            f"{record}: by a sample of {len(record.fitted.digests)} of its {record.fitted.rows} fitted rows"
            for record in known
            if record.fitted is not None and not record.fitted.complete
        ]
        return "; ".join(parts)


def _held_out(table: pd.DataFrame, found: Sequence[Membership | None]) -> pd.DataFrame:
    """The rows that no version was fitted to; all rows of a table that none of them knows."""
    import numpy as np

    chosen = np.ones(len(table), bool)
    for compared in found:
        if compared is not None and compared.count:
            chosen &= compared.held_out(table)
    return table if chosen.all() else table[chosen]


def comparable(record: Record | None, counts: tuple[int, int], source: str) -> tuple[str, bool]:
    """Which rows of a table that was worked on in parts may be compared with their targets.

    Args:
        record: Of the version; None if the config allows rows that it was fitted to.
        counts: How many rows it was fitted to, and of how many rows that is known.
        source: Of the table.

    Returns:
        What the screen says, and whether all rows may be compared.

    Raises:
        DataError: The version was fitted to all of them.
    """
    fitted, known = counts
    if record is None:
        return "not asked for (rows: training)", True
    if record.fitted is None or not known:
        return f"by the word of this config: {_why(record)}", True
    if not record.fitted.beyond_chance(fitted, known):
        return f"{record} was fitted to none of the rows", True
    if fitted == known:
        msg = (
            f"{source}: {record} was fitted to all {known} rows, so none is left to measure importances by "
            "targets on. Read other rows, or write `rows: training` to use them all the same."
        )
        raise DataError(msg)
    return f"importances by targets leave out {fitted} rows that {record} was fitted to", False


def _unfitted(records: Sequence[Record]) -> str:
    names = [*dict.fromkeys(map(str, records))]
    return (
        f"neither {' nor '.join(names)} was fitted to any" if names[1:] else f"{names[0]} was fitted to none"
    )


def _why(record: Record) -> str:
    """Why nobody knows which rows a version was fitted to."""
    if record.fitted is None:
        return f"{record} keeps no record of the rows it was fitted to"
    return f"the table lacks the id or the target by which {record} knows its rows"


def _counted(records: Sequence[Record], found: Sequence[Membership | None]) -> list[str]:
    """How many rows each version was fitted to, in words; nothing for a version that was fitted to none."""
    pairs = zip(records, found, strict=True)
    counts = {str(record): compared.count for record, compared in pairs if compared is not None}
    return [f"{version} was fitted to {count}" for version, count in counts.items() if count]
