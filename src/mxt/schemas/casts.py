"""Columns in the types that a model expects, by rules that do not depend on how a table is cut into parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pandera.pandas as pa

_BOOLEANS = {"true": True, "false": False}
_WHOLE = re.compile(r"[+-]?[0-9]+")


def cast(column: pd.Series, expected: pa.Column) -> pd.Series:
    """The column in its expected type, or unchanged if the type cannot hold each of its values.

    Where doubles are expected, whole numbers beyond 2**53 become the nearest double, as they are already in a
    table in memory whose column misses a value. Doubles become single precision where that is expected.
    """
    import pandas as pd

    types = pd.api.types
    dtype = None if expected.dtype is None else expected.dtype.type
    if dtype is not None and column.dtype != dtype and not types.is_string_dtype(dtype):
        column = plain(column)
    if dtype is None or column.dtype == dtype:
        return column
    if column.isna().all():
        return column.astype("float64" if types.is_numeric_dtype(dtype) else dtype)
    if types.is_string_dtype(dtype):
        textual = types.is_string_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype)
        return column.astype(dtype) if textual else column
    if not (types.is_numeric_dtype(column) and types.is_numeric_dtype(dtype)):
        return column
    if types.is_float_dtype(dtype):
        return column.astype("float64").astype(dtype)
    return column.astype("float64") if column.isna().any() else _exact(column, dtype)


def plain(column: pd.Series) -> pd.Series:
    """A column of plain numbers or booleans, if it is one of categories, of nullable types or of Arrow's.

    Other columns are unchanged. Whole numbers and booleans of which some are missing become doubles.
    """
    import pandas as pd

    own = plain_dtype(column.dtype)
    if own is not None:
        return column.astype("float64") if column.isna().any() else column.astype(own)
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    known = column.cat.categories
    numeric = pd.api.types.is_numeric_dtype(known) or pd.api.types.is_bool_dtype(known)
    return column.astype(object).infer_objects() if numeric else column


def plain_dtype(dtype: object) -> np.dtype | None:
    """NumPy's type for numbers or booleans of a nullable type of pandas or Arrow's; None for other types."""
    own = getattr(dtype, "numpy_dtype", None)
    return own if own is not None and own.kind in "biuf" else None


def misses_values(column: pd.Series, expected: pa.Column) -> bool:
    """Whether a column holds doubles only because some of its whole numbers or booleans are missing."""
    import pandas as pd

    if not (is_whole(expected) and pd.api.types.is_float_dtype(column) and column.isna().any()):
        return False
    known = column.dropna()
    return bool(known.empty or _exact(known, expected.dtype.type).dtype == expected.dtype.type)


def is_whole(expected: pa.Column) -> bool:
    """Whether whole numbers or booleans are expected, which no plain column of pandas can miss."""
    import pandas as pd

    types = pd.api.types
    return expected.dtype is not None and (
        types.is_integer_dtype(expected.dtype.type) or types.is_bool_dtype(expected.dtype.type)
    )


def texts_and_others(schema: pa.DataFrameSchema) -> tuple[frozenset[str], frozenset[str]]:
    """The columns that a schema declares as texts, and those that it declares as something else."""
    import pandas as pd

    types = {name: column.dtype.type for name, column in schema.columns.items() if column.dtype is not None}
    texts = frozenset(name for name, dtype in types.items() if pd.api.types.is_string_dtype(dtype))
    return texts, frozenset(types) - texts


def is_boolean(expected: pa.Column) -> bool:
    """Whether booleans are expected."""
    import pandas as pd

    return expected.dtype is not None and pd.api.types.is_bool_dtype(expected.dtype.type)


def _exact(column: pd.Series, dtype: np.dtype) -> pd.Series:
    """The column as whole numbers or booleans, if each comes back unchanged and with its sign."""
    import numpy as np

    if column.dtype.kind == "f" and np.isinf(column.to_numpy()).any():
        return column
    with np.errstate(invalid="ignore"):
        whole = column.astype(dtype)
        back = whole.astype(column.dtype)
    return whole if ((back == column) & ((whole < 0) == (column < 0))).all() else column


def fits(column: pd.Series, dtype: np.dtype) -> np.ndarray:
    """Whether each number comes back unchanged from a type of whole numbers or booleans: shape (rows,)."""
    import numpy as np

    known = column.fillna(0).to_numpy()
    with np.errstate(invalid="ignore"):
        whole = known.astype(dtype)
        back = whole.astype(known.dtype)
    return np.asarray((back == known) & ((whole < 0) == (known < 0)))


def holds_numbers(column: pd.Series) -> bool:
    """Whether a column is of a type of numbers; booleans are none."""
    import pandas as pd

    types = pd.api.types
    return bool(types.is_numeric_dtype(column) and not types.is_bool_dtype(column))


def texts_among_numbers(column: pd.Series) -> int:
    """How many cells of a column are no numbers where others are, written as texts or not; else 0."""
    import pandas as pd

    if holds_numbers(column):
        return 0
    texts = pd.to_numeric(column.astype(str), errors="coerce").isna()
    return 0 if texts.all() else int(texts.sum())


def is_missing(cell: object) -> bool:
    """Whether a cell is None, NaN, NaT or pandas' own missing value."""
    import pandas as pd

    return cell is None or cell is pd.NA or bool(cell != cell)  # noqa: PLR0124 - as NaN and NaT


def number_of(value: object) -> float | None:
    """The number, or boolean, that a value is or that a text reads as; None for other values."""
    import numpy as np

    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | float):
        return value
    if not isinstance(value, str):
        return None
    if value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    if _WHOLE.fullmatch(value):
        return int(value)
    try:
        return None if "_" in value else float(value)
    except ValueError:
        return None
