"""The latest rows are held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.datasets.splitters.base import Splitter, draw, require_column
from mxt.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class TimeSplitter(Splitter):
    """Holds out the latest rows, as a model meets them after its training.

    Example:
        {KIND: TimeSplitter, column: tenure, test_share: 0.2}
    """

    KIND: Literal["TimeSplitter"] = "TimeSplitter"

    column: str
    """Column of times or other numbers that grow with time."""

    @property
    def columns(self) -> list[str]:
        return [self.column]

    @property
    def time_column(self) -> str:
        return self.column

    def in_test(self, table: pd.DataFrame, target: str) -> np.ndarray:  # noqa: ARG002 - other members look at the target
        import numpy as np
        from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

        require_column(table, self.column, self.KIND)
        times = table[self.column]
        if times.isna().any():
            msg = (
                f"{self.KIND}: column {self.column!r} misses {int(times.isna().sum())} of {len(times)} times."
            )
            raise DataError(msg)
        if not (is_numeric_dtype(times) or is_datetime64_any_dtype(times)):
            msg = f"{self.KIND}: column {self.column!r} holds {times.dtype}, neither times nor numbers."
            raise DataError(msg)
        latest_last = np.lexsort((draw(table.index, seed=0), times.to_numpy()))
        chosen = np.zeros(len(table), dtype=bool)
        chosen[latest_last[len(table) - round(self.test_share * len(table)) :]] = True
        return chosen
