"""Sifting: which rows of a table a model can take, and which rules each of the others breaks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from mxt.errors import DataError
from mxt.schemas.base import MAX_IDS, bounded
from mxt.schemas.casts import fits, is_boolean, is_whole, number_of, plain
from mxt.schemas.moments import is_time, times_of
from mxt.schemas.rules import INFINITE, REFUSED, UNSEEN, Fault, faults_of, unseen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    import pandas as pd
    import pandera.pandas as pa

    from mxt.schemas.inputs import InputsSchema

NO_NUMBER = "no number, but training had numbers"
NO_WHOLE = "no whole number, but training had whole numbers"
NO_BOOLEAN = "neither true nor false, but training had these"
NO_TIME = "no time, but training had times"
TYPES = frozenset({NO_NUMBER, NO_WHOLE, NO_BOOLEAN, NO_TIME})
"""The rules about the type of a cell."""

LEAST = 10
"""Cells of another type from which a column without any cell of the right type is refused as a whole."""


@dataclass(frozen=True)
class Sifted:
    """The rows of a table, and the rules that some of them break."""

    inputs: pd.DataFrame
    """The model's columns of all rows in their types; cells of another type are missing."""
    faults: Sequence[Fault] = ()
    unseen: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Cells that held a category that training did not have, and are missing now: booleans by column."""
    schema: InputsSchema | None = None
    """What the inputs must look like; None if nobody knows."""

    @cached_property
    def valid(self) -> np.ndarray:
        """Whether the model can take each row: booleans, shape (rows,)."""
        import numpy as np

        valid = np.ones(len(self.inputs), dtype=bool)
        for fault in self.faults:
            valid &= ~fault.rows
        return valid

    @property
    def reasons(self) -> list[str]:
        """The rules that each row breaks which the model cannot take, in the order of these rows."""
        import numpy as np

        places = np.flatnonzero(~self.valid)
        return ["; ".join(str(fault) for fault in self.faults if fault.rows[place]) for place in places]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows break each rule."""
        counts: Counter[str] = Counter()
        for fault in self.faults:
            counts[str(fault)] += int(fault.rows.sum())
        return dict(counts)

    @property
    def new(self) -> dict[str, int]:
        """How many cells of each column count as missing, among the rows that the model can take."""
        counts = {name: int((cells & self.valid).sum()) for name, cells in self.unseen.items()}
        return {name: count for name, count in counts.items() if count}

    @cached_property
    def taken(self) -> pd.DataFrame:
        """The inputs of the valid rows, in the types that they have without the other rows beside them."""
        if not self.faults:
            return self.inputs
        rows = self.inputs[self.valid]
        return rows if self.schema is None else self.schema.cast(rows)

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """The valid rows of the table, with numbers in place of texts that are numbers."""
        if not self.faults:
            return table
        rows = table[self.valid].copy(deep=False)
        for name in {fault.column for fault in self.faults if fault.rule in TYPES}:
            rows[name] = self.inputs[name][self.valid]
        return rows

    @property
    def sentence(self) -> str:
        """The rules that rows break, those about types first."""
        return self.words(sorted(self.faults, key=lambda fault: fault.rule not in TYPES))

    def words(self, faults: Sequence[Fault]) -> str:
        """Rules that rows break, with their numbers and a few ids."""
        return bounded([f"{fault} ({_rows(fault, self.inputs)})" for fault in faults])

    def refuse(self, rows: np.ndarray) -> Sifted:
        """The same rows, of which the model refuses some more: booleans, shape (valid rows,)."""
        import numpy as np

        refused = np.zeros(len(self.inputs), dtype=bool)
        refused[np.flatnonzero(self.valid)[rows]] = True
        return replace(self, faults=[*self.faults, Fault("", REFUSED, refused)])


def sift(
    schema: InputsSchema,
    table: pd.DataFrame,
    source: str,
    known: Mapping[str, Collection[object]] | None = None,
    missing: Collection[str] = (),
) -> Sifted:
    """Find the rows that break a hard rule; whether a row does so depends on no other row.

    Args:
        schema: What the model's inputs must look like.
        table: All of its columns, and perhaps others.
        source: Where the table comes from.
        known: The categories that the model knows, of columns in which it refuses others.
        missing: Columns in which a category that training did not have counts as missing.

    Raises:
        DataError: A column is missing, or of a type that none of its cells can be cast from.
    """
    mended, faults = _mended(schema, table)
    inputs = schema.typed(mended, source)
    faults += _infinite(inputs)
    waived: dict[str, np.ndarray] = {}
    for fault in faults:
        waived[fault.column] = waived.get(fault.column, False) | fault.rows
    new, known = {}, known or {}
    for name in (name for name in inputs.columns if name in missing or name in known):
        cells = unseen(inputs[name], schema.schema.columns[name], known.get(name))
        if name not in missing:
            faults.append(Fault(name, UNSEEN, cells))
        elif cells.any():
            new[name], waived[name] = cells, waived.get(name, False) | cells
            inputs[name] = inputs[name].mask(cells)
    faults += faults_of(schema.schema, inputs, waived)
    return Sifted(inputs, _joined(faults, schema.columns), new, schema)


def refuse_other_columns(sifted: Sifted, table: pd.DataFrame, source: str) -> None:
    """Raise a DataError if no cell of a column can be cast, of at least `LEAST` that are not missing."""
    for fault in sifted.faults:
        if fault.rule in TYPES and fault.rows.sum() == max(LEAST, table[fault.column].notna().sum()):
            msg = f"{source}: no cell of column {fault.column!r} has the type of the training; {fault.rule}."
            raise DataError(msg)


def _mended(schema: InputsSchema, table: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """The model's columns in which cells of another type are missing, and which cells these are."""
    columns = schema.schema.columns
    inputs = table[[name for name in columns if name in table.columns]].copy(deep=False)
    faults: list[Fault] = []
    for name in inputs.columns:
        numbers, bad = _numbers(inputs[name], columns[name])
        faults += [Fault(name, rule, rows) for rule, rows in bad.items() if rows.any()]
        inputs[name] = numbers
    return inputs, faults


def _numbers(column: pd.Series, expected: pa.Column) -> tuple[pd.Series, dict[str, np.ndarray]]:
    """A column where numbers are expected: NaN for cells that are none, and the rules that cells break.

    Columns of other types, which are nothing like numbers, are left as they are.
    """
    import pandas as pd

    types = pd.api.types
    if is_time(expected) and types.is_string_dtype(column):
        times, others = times_of(column)
        return times, {NO_TIME: others}
    if expected.dtype is None or not types.is_numeric_dtype(expected.dtype.type):
        return column, {}
    column, boolean = plain(column), is_boolean(expected)
    bad: dict[str, np.ndarray] = {}
    if types.is_string_dtype(column) or types.is_object_dtype(column):
        column, others = _parsed(column, boolean=boolean)
        bad[NO_BOOLEAN if boolean else NO_NUMBER] = others
    if is_whole(expected) and types.is_numeric_dtype(column):
        rule = NO_BOOLEAN if boolean else NO_WHOLE
        others = column.notna().to_numpy() & ~fits(column, expected.dtype.type)
        bad[rule] = bad[rule] | others if rule in bad else others
        column = column.astype("float64").mask(others) if others.any() else column
    return column, bad


def _parsed(column: pd.Series, *, boolean: bool) -> tuple[pd.Series, np.ndarray]:
    """Texts as numbers, NaN where they are none, and which texts are none."""
    import numpy as np
    import pandas as pd

    codes, texts = pd.factorize(column)
    parsed = [number_of(text) for text in texts]
    known = np.array([_is_number(number, boolean=boolean) for number in parsed] + [True], dtype=bool)
    cells = np.array(
        [number if good else np.nan for number, good in zip(parsed, known, strict=False)] + [np.nan],
        dtype=float,
    )
    return pd.Series(cells[codes], index=column.index, name=column.name), ~known[codes]


def _is_number(number: float | None, *, boolean: bool) -> bool:
    """Whether a parsed text is a number, or a boolean where these are expected."""
    return number is not None and number == number and (boolean or not isinstance(number, bool))  # noqa: PLR0124 - NaN differs from itself


def _infinite(inputs: pd.DataFrame) -> list[Fault]:
    import numpy as np
    import pandas as pd

    doubles = [name for name in inputs.columns if pd.api.types.is_float_dtype(inputs[name])]
    faults = [Fault(name, INFINITE, np.isinf(inputs[name].to_numpy())) for name in doubles]
    return [fault for fault in faults if fault.rows.any()]


def _joined(faults: Sequence[Fault], columns: Sequence[str]) -> list[Fault]:
    """One fault for each rule, in the order of the columns; rules about whole rows come last."""
    joined: dict[str, Fault] = {}
    for fault in faults:
        earlier = joined.get(str(fault))
        joined[str(fault)] = fault if earlier is None else replace(fault, rows=earlier.rows | fault.rows)
    places = {name: place for place, name in enumerate(columns)}
    broken = [fault for fault in joined.values() if fault.rows.any()]
    return sorted(broken, key=lambda fault: places.get(fault.column, len(places)))


def _rows(fault: Fault, inputs: pd.DataFrame) -> str:
    """How many rows break a rule, and the ids of the first few."""
    ids = list(inputs.index[fault.rows])
    shown = ", ".join([*map(repr, ids[:MAX_IDS]), *(["..."] if len(ids) > MAX_IDS else [])])
    return f"{len(ids):,} row{'s' * (len(ids) != 1)}, id{'s' * (len(ids) != 1)} {shown}"
