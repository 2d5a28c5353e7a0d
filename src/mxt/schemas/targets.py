"""The targets that a model learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

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
        column = cls.check_part(table, target, source)
        if column.nunique() < 2:  # noqa: PLR2004 - two values are the least to tell apart
            cls.refuse_same(target, f"{len(column)} rows", source)
        return column

    @classmethod
    def check_part(cls, table: pd.DataFrame, target: str, source: str = "targets") -> pd.Series[Any]:
        """The target column of some rows of a table, which may be the same in all of them.

        Raises:
            DataError: It is absent, or misses values.
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
        return column

    @classmethod
    def refuse_same(cls, target: str, rows: str, source: str = "targets") -> NoReturn:
        """Raise a DataError, since a target is the same in all of some `rows`, as ``60 rows``."""
        msg = f"{source}: the target column {target!r} is the same in all {rows}."
        raise DataError(msg)
