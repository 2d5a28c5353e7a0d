"""The targets that a model learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


class TargetsSchema:
    """A column that is never missing and has at least two distinct values."""

    @classmethod
    def check(cls, table: pd.DataFrame, target: str, source: str = "targets") -> pd.Series[Any]:
        """The target column of `table`.

        Raises:
            DataError: It is absent, misses values, or is the same in every row.
        """
        from mxt.schemas.base import rule_broken

        if target not in table.columns:
            msg = f"{source}: the target column {target!r} is missing; the table has {list(table.columns)}."
            raise DataError(msg)
        column = table[target]
        missing = column.isna()
        if missing.any():
            ids = list(column.index[missing])
            msg = f"{source}: {rule_broken(target, 'not_nullable', ids, len(ids))}."
            raise DataError(msg)
        if column.nunique() < 2:  # noqa: PLR2004 - two values are the least to tell apart
            msg = f"{source}: the target column {target!r} is the same in all {len(column)} rows."
            raise DataError(msg)
        return column
