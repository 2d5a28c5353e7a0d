"""Cells that are equal whichever type a table has them in, so that rows of two tables can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def texts(cells: pd.Index | pd.Series[Any]) -> np.ndarray:
    """Each cell as text; numbers that are equal have one text, whichever type they came in."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_bool_dtype(cells):
        cells = cells.astype("int64")
    if pd.api.types.is_float_dtype(cells):
        numbers = np.asarray(cells, float)
        whole = np.isfinite(numbers) & (numbers == np.floor(numbers)) & (np.abs(numbers) < 2**53)
        found = np.asarray([repr(number) for number in numbers.tolist()], object)
        found[whole] = numbers[whole].astype("int64").astype(str)
        return found
    return np.asarray(cells.astype(str), object)


def comparable(column: pd.Series[Any]) -> Any:  # noqa: ANN401 - a column of either type
    """Numbers and booleans as doubles, all else as text; missing cells stay missing."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(float, na_value=float("nan"))
    return column.astype(object).where(column.isna(), column.astype(str)).where(column.notna(), None).array


def joined(targets: pd.Series[Any], ids: pd.Index) -> pd.Series[Any]:
    """The target of each id; compared as texts if one table has texts, as CSV does, and the other numbers."""
    from pandas.api.types import is_numeric_dtype

    if is_numeric_dtype(targets.index) == is_numeric_dtype(ids):
        return targets.reindex(ids)
    return targets.set_axis(targets.index.astype(str)).reindex(ids.astype(str)).set_axis(ids)
