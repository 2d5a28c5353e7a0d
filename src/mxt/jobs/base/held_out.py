"""Selecting the rows that versions are scored on: by default rows that they were not fitted to."""

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
    from mxt.registries.served import Served
    from mxt.registries.versions import Pinned
    from mxt.schemas import InputsSchema

ScoredRows: TypeAlias = Annotated[
    Literal["held_out", "training"], Field(exclude_if=lambda rows: rows == "held_out")
]
"""Whether rows that a version was fitted to are refused or allowed. A recorded config leaves the default out,
so that its digest is the same as in releases without the field."""

FACT = "held_out"
"""Name of the fact that states whether a version was fitted to the rows scored."""


@dataclass(frozen=True)
class Record:
    """A version, and the registry's record of the rows that it was fitted to."""

    version: Pinned
    schema: InputsSchema | None
    fitted: FittedRows | None
    """None if the registry has no record."""

    @classmethod
    def of(cls, served: Served) -> Record:
        """The record of a served version."""
        return cls(served.pinned, served.schema, served.fitted)

    def __str__(self) -> str:
        return f"version {self.version.version}"

    def compare(self, table: pd.DataFrame, reader: Reader) -> Membership | None:
        """Which rows of a table the version was fitted to; None if the record cannot decide.

        Raises:
            DataError: Rows are recognised by the model's inputs, and the table lacks some or has them in
                other types.
        """
        fitted = self.fitted
        if fitted is None or not fitted.comparable(table, reader.id_column):
            return None
        by_inputs = self.schema is not None and fitted.id_column is None
        inputs = None
        if self.schema is not None and by_inputs:
            inputs = self.schema.check_types(table, reader.source)
        return fitted.compare(inputs, table)


def columns_of(records: Sequence[Record], reader: Reader) -> list[str]:
    """Columns to read beside the models' inputs, since rows are compared with the records by them."""
    kept = [record.fitted for record in records if record.fitted is not None]
    names = reader.names() if kept else []
    return [name for fitted in kept for name in fitted.wanted(names)]


@dataclass(frozen=True)
class RowSelection:
    """How to select the rows of a table that versions are scored or compared on."""

    records: Sequence[Record]
    """One record for each version."""
    reader: Reader
    splitter: Splitter | None = None
    """The splitter in the config; None if the records decide."""
    target: str = ""
    """The column with the truth, by which the splitter may stratify."""
    rows: ScoredRows = "held_out"

    def select(self, table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """The rows of a table to score, and the fact about whether a version was fitted to them.

        The splitter decides if the config names one. If not, rows that a version was fitted to are left out;
        if there are none, all rows of the table are scored.

        Raises:
            DataError: A version was fitted to selected rows, and the config does not allow this.
        """
        part = table if self.splitter is None else self.splitter.split(table, self.target).test
        comparisons = self._compared(part)
        if self.rows == "training":
            counts = ", ".join(_counted(self.records, comparisons)) or "no row"
            fact = f"not asked for (rows: training): {counts}; no evidence for a gate"
            logger.warning("{}: {}", FACT, fact)
            return part, fact
        if self.splitter is None:
            left = _held_out(part, comparisons)
            if len(left):
                part, comparisons = left, self._compared(left)
        faults = _counted(self.records, comparisons)
        if faults:
            raise self._refusal(faults, len(part))
        return part, self._described(len(part), len(table), comparisons)

    def _compared(self, table: pd.DataFrame) -> list[Membership | None]:
        return [record.compare(table, self.reader) for record in self.records]

    def _refusal(self, faults: list[str], rows: int) -> DataError:
        """The error that a version was fitted to rows to score."""
        choice = "leave the `splitter` out" if self.splitter is not None else "read other rows"
        msg = (
            f"{self.reader.source}: {', '.join(faults)} of {rows} rows to score. Scores of such rows say "
            f"little about others: {choice}, or write `rows: training` to score them all the same."
        )
        return DataError(msg)

    def _described(self, rows: int, total: int, comparisons: Sequence[Membership | None]) -> str:
        """The fact about selected rows, none of which a version was fitted to as far as the records know."""
        pairs = list(zip(self.records, comparisons, strict=True))
        unknown = [record for record, comparison in pairs if comparison is None]
        for record in unknown:
            logger.warning("{}: it is unknown which rows {} was fitted to", self.reader.source, record)
        known = [record for record, comparison in pairs if comparison is not None]
        parts = [f"{rows} of {total} rows; {_unfitted(known)} of them"] if known else []
        parts += [f"by the word of this config: {_why(record)}" for record in unknown]
        parts += [
            f"{record}: by a sample of {len(record.fitted.digests)} of its {record.fitted.rows} fitted rows"
            for record in known
            if record.fitted is not None and not record.fitted.complete
        ]
        return "; ".join(parts)


def _held_out(table: pd.DataFrame, comparisons: Sequence[Membership | None]) -> pd.DataFrame:
    """The rows that no version was fitted to; the whole table if no version was fitted to any of its rows."""
    import numpy as np

    chosen = np.ones(len(table), bool)
    for comparison in comparisons:
        if comparison is not None and comparison.count:
            chosen &= comparison.held_out(table)
    return table if chosen.all() else table[chosen]


def comparable(record: Record | None, counts: tuple[int, int], source: str) -> tuple[str, bool]:
    """Whether a version may be scored on all rows of a table that was worked on in parts.

    Args:
        record: The record of the version; None if the config allows rows that the version was fitted to.
        counts: How many rows it was fitted to, and for how many rows the record decides that.
        source: Where the table comes from.

    Returns:
        The fact for the screen, and whether all rows may be scored.

    Raises:
        DataError: The version was fitted to all rows of the table.
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
    """Why it is unknown which rows a version was fitted to."""
    if record.fitted is None:
        return f"{record} keeps no record of the rows it was fitted to"
    return f"the table lacks the id or the target by which {record} knows its rows"


def _counted(records: Sequence[Record], comparisons: Sequence[Membership | None]) -> list[str]:
    """How many rows each version was fitted to, in words; versions that were fitted to none are left out."""
    pairs = zip(records, comparisons, strict=True)
    counts = {str(record): comparison.count for record, comparison in pairs if comparison is not None}
    return [f"{version} was fitted to {count}" for version, count in counts.items() if count]
