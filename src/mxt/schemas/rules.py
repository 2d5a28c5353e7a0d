"""The hard rules of a schema of inputs: each says of one row, without the others, whether it is valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import numpy as np
    import pandas as pd
    import pandera.pandas as pa

EMPTY = "empty, but training never was"
UNSEEN = "a category that training did not have"
INFINITE = "an infinite number"
REFUSED = "the model refuses the row"

WORDS = {"not_nullable": f"is {EMPTY}", "isin": f"holds {UNSEEN}"}
"""What is wrong with cells that break a rule of a training, by pandera's name of the rule."""


@dataclass(frozen=True)
class Fault:
    """A rule that rows of a table may break."""

    column: str
    """The column that it is about; empty for a rule about whole rows."""
    rule: str
    """What is wrong with the rows, in words."""
    rows: np.ndarray
    """Whether each row breaks it: booleans, shape (rows,)."""

    def __str__(self) -> str:
        return f"{self.column}: {self.rule}" if self.column else self.rule


def faults_of(
    schema: pa.DataFrameSchema, inputs: pd.DataFrame, waived: Mapping[str, np.ndarray] | None = None
) -> list[Fault]:
    """The hard rules that some rows break, of inputs that have the right types.

    Args:
        schema: The rules.
        inputs: Its columns.
        waived: Cells that may be missing, whatever the schema says: booleans by column, shape (rows,).
    """
    broken = [*_by_column(schema, inputs, waived or {}), *_by_row(schema, inputs)]
    return [fault for fault in broken if fault.rows.any()]


def hard_checks(column: pa.Column) -> list[pa.Check]:
    """The rules of a column that its rows must obey."""
    return [check for check in column.checks if not check.raise_warning]


def obeyed(check: pa.Check, column: pd.Series) -> np.ndarray:
    """Whether each cell obeys a rule: booleans, shape (rows,); missing cells do."""
    import numpy as np
    import pandas as pd

    if column.empty:
        return np.empty(0, dtype=bool)
    cells = pd.Series(check(column).check_output, index=column.index)
    return cells.fillna(value=True).astype(bool).to_numpy()


def unseen(column: pd.Series, expected: pa.Column, known: Collection[object] | None) -> np.ndarray:
    """Whether each cell is a category that training did not have: booleans, shape (rows,).

    Args:
        column: Values.
        expected: The rules, which may list categories.
        known: The categories that the model knows, if it refuses all others.
    """
    import numpy as np

    new = np.zeros(len(column), dtype=bool)
    for check in hard_checks(expected):
        if check.name == "isin":
            new |= ~obeyed(check, column)
    if known is not None:
        new |= (column.notna() & ~column.isin(known)).to_numpy()
    return new


def _by_column(
    schema: pa.DataFrameSchema, inputs: pd.DataFrame, waived: Mapping[str, np.ndarray]
) -> Iterator[Fault]:
    for name in (name for name in schema.columns if name in inputs.columns):
        column, cells = schema.columns[name], inputs[name]
        if not column.nullable:
            empty = cells.isna().to_numpy()
            yield Fault(name, EMPTY, empty & ~waived[name] if name in waived else empty)
        for check in hard_checks(column):
            rule = UNSEEN if check.name == "isin" else f"breaks the rule {check.name or check}"
            yield Fault(name, rule, ~obeyed(check, cells))


def _by_row(schema: pa.DataFrameSchema, inputs: pd.DataFrame) -> Iterator[Fault]:
    """The rules about whole rows."""
    import numpy as np
    import pandas as pd

    for check in schema.checks or []:
        if check.raise_warning or inputs.empty:
            continue
        output = check(inputs).check_output
        if isinstance(output, pd.DataFrame):
            output = output.all(axis=1)
        obeys = np.broadcast_to(np.asarray(output, dtype=bool), len(inputs))
        yield Fault("", f"breaks the rule {check.name or check}", ~obeys)


def refuse_rules_between_rows(schema: pa.DataFrameSchema, source: str) -> None:
    """Raise a ConfigError if a rule compares rows, since a table is checked part by part."""
    rules = [
        *([f"unique of columns {schema.unique}"] if schema.unique else []),
        *(["index"] if schema.index is not None else []),
        *(f"unique of column {name!r}" for name, column in schema.columns.items() if column.unique),
        *(
            f"unique_values_eq of column {name!r}"
            for name, column in schema.columns.items()
            if any(check.name == "unique_values_eq" for check in column.checks)
        ),
    ]
    if rules:
        msg = (
            f"{source}: tables are checked part by part, so no rule can compare rows with each other; leave "
            f"out {', '.join(rules)}. Repeated ids are refused without a rule."
        )
        raise ConfigError(msg)
