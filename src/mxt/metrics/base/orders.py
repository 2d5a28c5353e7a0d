"""An order of rows that their content decides, so that no score depends on the order they came in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def order_of(truth: pd.Series, *tables: pd.DataFrame) -> np.ndarray:
    """Positions of the rows in an order that depends on their content alone, shape (rows,)."""
    import numpy as np

    columns = [truth, *(table[name] for table in tables for name in table.columns)]
    keys = [column.astype(str) if column.dtype.kind not in "biuf" else column for column in columns]
    return np.lexsort([key.to_numpy() for key in keys])
