"""Cells of two tables made comparable, whichever types the tables have them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from pandas.api.extensions import ExtensionArray


def texts(cells: pd.Index | pd.Series) -> np.ndarray:
    """Each cell as text, shape (rows,); equal numbers have equal texts, whichever type they come in."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_bool_dtype(cells):
        cells = cells.astype("int64")
    if pd.api.types.is_float_dtype(cells):
        numbers = np.asarray(cells, float)
        whole = np.isfinite(numbers) & (numbers == np.floor(numbers)) & (np.abs(numbers) < 2**53)
        written = np.asarray([repr(number) for number in numbers.tolist()], object)
        written[whole] = numbers[whole].astype("int64").astype(str)
        return written
    return np.asarray(cells.astype(str), object)


def comparable(column: pd.Series) -> np.ndarray | ExtensionArray:
    """Numbers and booleans as doubles, other cells as texts; missing cells stay missing."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(float, na_value=float("nan"))
    return column.astype(object).where(column.isna(), column.astype(str)).where(column.notna(), None).array


def joined(targets: pd.Series, ids: pd.Index) -> pd.Series:
    """The target of each id; ids are compared as texts if only one of the tables has them as numbers."""
    from pandas.api.types import is_numeric_dtype

    if is_numeric_dtype(targets.index) == is_numeric_dtype(ids):
        return targets.reindex(ids)
    return targets.set_axis(targets.index.astype(str)).reindex(ids.astype(str)).set_axis(ids)
