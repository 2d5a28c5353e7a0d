"""What every splitter does: a row's id decides its part, so that the order of rows does not matter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mxt.errors import DataError
from mxt.kinds import Kind

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Split:
    """The two parts of a table."""

    train: pd.DataFrame
    test: pd.DataFrame


class Splitter(Kind, ABC):
    """Splits a table into a part to train on and a part to test on."""

    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the rows in the test part."""

    @property
    def columns(self) -> list[str]:
        """Columns that the split looks at, beside the id and the target."""
        return []

    @property
    def group_column(self) -> str | None:
        """Column whose groups are kept together; None if groups are not."""
        return None

    @property
    def time_column(self) -> str | None:
        """Column by which the latest rows are held out; None if they are not."""
        return None

    @abstractmethod
    def in_test(self, table: pd.DataFrame, target: str) -> np.ndarray:
        """Whether each row belongs to the test part: booleans, shape (rows,)."""

    def split(self, table: pd.DataFrame, target: str) -> Split:
        """Split `table`, whose column `target` is what the model predicts.

        Raises:
            DataError: A column that the splitter needs is absent, or a part would be empty.
        """
        chosen = self.in_test(table, target)
        if chosen.all() or not chosen.any():
            name = type(self).__name__
            msg = f"{name} leaves one part of the {len(table)} rows empty; change test_share."
            raise DataError(msg)
        return Split(train=table[~chosen], test=table[chosen])


def lowest_share(keys: np.ndarray, share: float) -> np.ndarray:
    """Whether each key is among the lowest `share` of all keys: booleans of the same shape."""
    import numpy as np

    chosen = np.zeros(len(keys), dtype=bool)
    chosen[np.argsort(keys, kind="stable")[: round(share * len(keys))]] = True
    return chosen


def draw(ids: pd.Index | pd.Series, seed: int) -> np.ndarray:
    """One 64-bit number for each id, decided by the id and the seed alone.

    SipHash keyed by the seed (`pandas.util.hash_array`); integers are hashed as text, so that an id
    draws the same number whether it was read as 7 or "7".
    """
    from pandas.util import hash_array

    return hash_array(_texts(ids), hash_key=f"{seed:016d}"[:16], categorize=False)


def _texts(ids: pd.Index | pd.Series) -> np.ndarray:
    """Each id as text; Arrow writes integers as pandas does, in a fifth of the time."""
    import numpy as np
    import pyarrow as pa

    if isinstance(ids.dtype, np.dtype) and ids.dtype.kind in "iu":
        return pa.array(ids.to_numpy()).cast(pa.string()).to_numpy(zero_copy_only=False)
    return np.asarray(ids.astype(str), dtype=object)


def shuffled(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The rows in an order that their ids and the seed decide, however they were stored."""
    return table.iloc[draw(table.index, seed).argsort(kind="stable")]


def require_column(table: pd.DataFrame, column: str, kind: str) -> None:
    """Raise a DataError unless `table` has `column`."""
    if column not in table.columns:
        msg = f"{kind} needs the column {column!r}; the table has {list(table.columns)}."
        raise DataError(msg)
