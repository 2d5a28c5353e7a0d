"""The target: the column that a model learns to predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mxt.errors import DataError, nearest
from mxt.schemas.casts import number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

FEWEST_VALUES = 2
"""Distinct values that a target needs, so that there is something to learn."""


class TargetsSchema:
    """A column that is never missing and has at least two distinct values."""

    @classmethod
    def check(cls, table: pd.DataFrame, target: str, source: str = "targets") -> pd.Series:
        """The target column of `table`.

        Raises:
            DataError: The column is absent, misses values, or is the same in every row.
        """
        column = cls.check_part(table, target, source)
        if column.nunique() < FEWEST_VALUES:
            cls.refuse_same(target, f"{len(column)} rows", source)
        return column

    @classmethod
    def check_part(cls, table: pd.DataFrame, target: str, source: str = "targets") -> pd.Series:
        """The target column of some rows of a table, which may be the same in all of them.

        Raises:
            DataError: The column is absent, or misses values.
        """
        from mxt.schemas.base import broken

        if target not in table.columns:
            names = [*map(str, table.columns)]
            alike = [name for name in names if name.lower() == target.lower()]
            meant = nearest(target, names, 0.5) or next(iter(alike), "")
            hint = f" Perhaps {meant!r} was meant." if meant else ""
            has = f"the table has {list(table.columns)}.{hint}"
            msg = f"{source}: the target column {target!r} is missing; {has}"
            raise DataError(msg)
        column = table[target]
        missing = column.isna()
        if missing.any():
            ids = list(column.index[missing])
            present = "not in, []" if column.dtype.kind in "biufM" else '"!=", ""'
            msg = (
                f"{source}: {broken(target, 'not_nullable', ids, len(ids))}. Leave such rows out with "
                f"`filters: [[{target}, {present}]]` in the reader."
            )
            raise DataError(msg)
        return column

    @classmethod
    def refuse_same(cls, target: str, rows: str, source: str = "targets") -> NoReturn:
        """Raise a DataError, since the target is the same in all `rows`, such as ``60 rows``."""
        msg = f"{source}: the target column {target!r} is the same in all {rows}."
        raise DataError(msg)


def class_places(labels: pd.Series, names: Sequence[str]) -> np.ndarray:
    """The place of each label among the names of classes, shape (rows,); -1 for a label of no class.

    A label that is a number belongs to the class of the same number, however each is written: whole numbers
    beside a missing value come from a file as 1.0, and True equals 1.
    """
    import numpy as np
    import pandas as pd

    codes, values = pd.factorize(labels)
    exact = {name: place for place, name in enumerate(names)}
    equal: dict[float | None, int] = {}
    for place, number in enumerate(map(number_of, names)):
        # Of two names that are the same number, neither is the class of a label that is this number.
        equal[number] = place if number is not None and number not in equal else -1
    places = [
        exact.get(text, -1 if isinstance(value, str) else equal.get(number_of(value), -1))
        for value, text in zip(values, pd.Series(values).astype(str), strict=True)
    ]
    return np.array([*places, -1])[codes]
