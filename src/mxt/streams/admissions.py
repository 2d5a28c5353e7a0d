"""Admission: which rows of a long table are worked on, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mxt.datasets.tables import ROW
from mxt.errors import DataError, ModelError, MxtError
from mxt.schemas.numbers import LargeNumbersError
from mxt.schemas.rules import UNSEEN
from mxt.schemas.sifting import Sifted, refuse_other_columns, sift

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from mxt.models import Model
    from mxt.schemas import InputsSchema
    from mxt.streams.workloads import Done

REJECTED = "rejected"
"""Suffix of a part's file with the rows that the model cannot take."""

REASONS = "rejected_because"
"""Column of the rejected rows with the rules that they broke."""

REJECT_LINE = "rejected: {KIND: CsvWriter, path: outputs/rejected.csv}"
"""The line of a config that scores the other rows."""

UNSEEN_LINE = "unseen: missing"
"""The line of a config by which new categories count as missing."""


MOST = 5_000
"""Rows of a part that a model may refuse one by one."""


@dataclass(frozen=True)
class Admission:
    """What a job does with rows that its model cannot take; it is pickled with the work."""

    rejects: bool = False
    """Whether such rows are left out and kept apart; if not, the first of them ends the job."""
    missing: frozenset[str] = frozenset()
    """Columns in which a category that training did not have counts as missing."""
    known: Mapping[str, pd.Index] = field(default_factory=dict)
    """The categories that the model knows, of columns in which it refuses others."""
    model: Model | None = None
    """The model, which may refuse rows that its schema allows; None before it is loaded."""

    def sift(self, schema: InputsSchema, table: pd.DataFrame, source: str) -> Sifted:
        """The rows of a table, and the rules that those break which are left out.

        Raises:
            DataError: A column is missing or has another type; or rows break rules, and are not rejected.
        """
        if not (self.rejects or self.missing):
            try:
                return Sifted(schema.check(table, source))
            except DataError as error:
                raise self._helped(error, schema, table, source) from error
        sifted = sift(schema, table, source, self.known, self.missing)
        if sifted.faults and not self.rejects:
            msg = f"{source}: {sifted.sentence}. {_advice(sifted)}"
            raise DataError(msg)
        return sifted

    def first(self, schema: InputsSchema, table: pd.DataFrame, source: str) -> Sifted:
        """As `sift`, of the first rows of a table, before the model is loaded.

        Raises:
            DataError: As `sift` does; also if rows are rejected, and no cell of a column has the right type.
        """
        sifted = self.sift(schema, table, source)
        refuse_other_columns(sifted, table, source)
        return sifted

    def work(
        self, do: Callable[[Sifted], Done], sifted: Sifted, schema: InputsSchema | None, source: str
    ) -> tuple[Done, Sifted]:
        """Work on the rows that the model can take; rows that it refuses then are rejected too.

        Raises:
            ModelError: The model refuses rows, and they are not rejected; or the work fails for all of them.
            DataError: The model refuses rows for a category that it does not know, or for a large number.
        """
        try:
            return do(sifted), sifted
        except (ModelError, LargeNumbersError) as error:
            if not self.rejects:
                raise self._explained(error, schema, sifted, source) from error
            left = self.refuse(sifted)
            if left is sifted:
                raise
        return do(left), left

    def refuse(self, sifted: Sifted) -> Sifted:
        """The rows without those that the model refuses; itself if it refuses none."""
        rows = refused(self.model, sifted.taken) if self.model is not None else None
        return sifted if rows is None or not rows.any() else sifted.refuse(rows)

    def _helped(self, error: DataError, schema: InputsSchema, table: pd.DataFrame, source: str) -> DataError:
        """The error, with the line of a config that allows the rows if only some rows are wrong."""
        try:
            sifted = sift(schema, table, source, self.known)
            refuse_other_columns(sifted, table, source)
        except DataError:
            return error
        listed, faults = schema.categories, sifted.faults
        own = [fault for fault in faults if fault.rule == UNSEEN and fault.column not in listed]
        named = f"{str(error).removesuffix('.')}; {sifted.words(own)}." if own else str(error)
        return DataError(f"{named} {_advice(sifted)}")

    def _explained(
        self, error: MxtError, schema: InputsSchema | None, sifted: Sifted, source: str
    ) -> MxtError:
        """The error of a model; one of the data if rows have categories or numbers that it cannot take."""
        if isinstance(error, LargeNumbersError):
            return DataError(f"{source}: {error} {_advice(sifted)}")
        if schema is None or not self.known:
            return error
        known = sift(schema, sifted.inputs, source, self.known)
        return DataError(f"{source}: {known.sentence}. {_advice(known)}") if known.faults else error


def refused(model: Model, inputs: pd.DataFrame) -> np.ndarray:
    """Whether the model refuses to predict each row alone: booleans, shape (rows,).

    None of them if there are more than `MOST`, since rows are then not what is wrong.
    """
    import numpy as np

    rows = np.zeros(len(inputs), dtype=bool)
    spans = [(0, len(inputs))] if len(inputs) else []
    while spans:
        start, end = spans.pop()
        try:
            model.predict(inputs.iloc[start:end])
        except (ModelError, LargeNumbersError):
            if end - start == 1:
                rows[start] = True
                if rows.sum() > MOST:
                    return np.zeros_like(rows)
            else:
                middle = (start + end) // 2
                spans += [(start, middle), (middle, end)]
    return rows


def rejected_rows(
    batch: pa.RecordBatch, sifted: Sifted, id_column: str | None, watermark: str | None
) -> pa.RecordBatch:
    """The rows that the model cannot take: id, the columns that were read, and the rules that they broke.

    Cells are texts, so that a cell of any type has its place, but those of the id and the watermark. Rows of
    a table without an id column have their number in the table instead.

    Args:
        batch: All rows of a part.
        sifted: The same rows.
        id_column: The column that identifies a row, if there is one.
        watermark: The column by which new rows are known, if there is one.
    """
    import numpy as np
    import pyarrow as pa

    places = np.flatnonzero(~sifted.valid)
    rows, read = batch.take(pa.array(places)), batch.schema.names
    names = read if id_column is None else [id_column, *(name for name in read if name != id_column)]
    typed = {id_column, watermark}
    cells = {name: rows[name] if name in typed else as_text(rows[name]) for name in names}
    if id_column is None:
        cells = {_free(ROW, names): pa.array(sifted.inputs.index[places]), **cells}
    return pa.RecordBatch.from_pydict({**cells, _free(REASONS, names): pa.array(sifted.reasons, pa.string())})


def as_text(cells: pa.Array) -> pa.Array:
    """Cells of any type as texts."""
    import pyarrow as pa

    try:
        return cells.cast(pa.string())
    except pa.ArrowException:
        return pa.array([None if cell is None else str(cell) for cell in cells.to_pylist()], pa.string())


def _free(name: str, names: list[str]) -> str:
    """A name that no column has."""
    while name in names:
        name += "_"
    return name


def _advice(sifted: Sifted) -> str:
    """The lines of a config that allow rows."""
    new = any(fault.rule == UNSEEN for fault in sifted.faults)
    other = f"; or `{UNSEEN_LINE}`, where the model can take a new category as missing" if new else ""
    return f"To work on the other rows, write `{REJECT_LINE}`{other}."
