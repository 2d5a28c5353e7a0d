"""Columns of a table as a model takes them: their names in the table, and their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd
    from pandas.api.extensions import ExtensionDtype

_NUMERIC = {"integer", "floating", "mixed-integer-float", "decimal", "empty"}
"""Types that pandas infers for numbers, or for cells that are all missing, whatever their column's type."""
_TEXT = {"string", "mixed", "mixed-integer"}
"""Types that pandas infers for texts, and for texts beside other cells."""


def source_columns(names: list[str], given: list[str]) -> list[str]:
    """The table's columns that a model takes, in the model's order.

    Columns are matched by name. They are matched by place only if no name contradicts it: a model that was
    fitted to an array knows no names, and a table may have other names for the same columns.

    Args:
        names: The columns as the model names them.
        given: The columns of the table, or of the signature, in their order.

    Returns:
        Names of columns in the table, or the model's own names if they match none.
    """
    named = spelled(names, given)
    if named is not None:
        return named
    known = {*map(_written, given)} & {*names}
    pairs = zip(names, map(_written, given), strict=False)
    by_place = len(given) == len(names) and all(
        name == there for name, there in pairs if {name, there} & known
    )
    return given if by_place else names


def spelled(names: list[str], given: list[str]) -> list[str] | None:
    """The model's columns as the table spells them, or None if the table lacks some.

    LightGBM writes an underscore for each space.
    """
    spellings = {_written(name): name for name in given} | {name: name for name in given}
    return [spellings[name] for name in names] if spellings.keys() >= {*names} else None


def _written(name: str) -> str:
    return name.replace(" ", "_")


def kind_of(column: pd.Series) -> str:
    """The kind of a column's cells: ``number``, ``boolean``, ``text``, or ``other`` such as times.

    The kind of a column of categories is the kind of its categories.
    """
    import pandas as pd

    types = pd.api.types
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.categories.to_series()
    if types.is_bool_dtype(column.dtype):
        return "boolean"
    if types.is_numeric_dtype(column.dtype):
        return "other" if types.is_complex_dtype(column.dtype) else "number"
    inferred = types.infer_dtype(column, skipna=True)
    if inferred in _TEXT:
        return "text"
    return "boolean" if inferred == "boolean" else "number" if inferred in _NUMERIC else "other"


def plain_column(column: pd.Series) -> pd.Series:
    """A column in the type that pandas has always had for its cells; categories stay categories.

    Numbers and booleans of pandas' nullable types and of Arrow's become NumPy's, and doubles where some are
    missing. Texts become pandas' `str`, and times microseconds. A column without a value becomes doubles.
    """
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype) or (dtype.kind in "biufMm" and not _extended(dtype)):
        return column
    if not pd.api.types.is_object_dtype(dtype) and pd.api.types.is_string_dtype(dtype):
        return column.astype("str")
    kind = "number" if column.isna().all() else kind_of(column)
    if kind in {"number", "boolean"}:
        return _plain_numbers(column, boolean=kind == "boolean")
    if kind == "text":
        return column.astype("str")
    return _plain_times(column)


def plain_columns(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each column as `plain_column` has it; itself if nothing changes."""
    return _plain_at(table, range(table.shape[1]))


def plain_extensions(table: pd.DataFrame) -> pd.DataFrame:
    """The table with columns of nullable types, and of Arrow's, as `plain_column` has them."""
    return _plain_at(
        table, [place for place, dtype in enumerate(table.dtypes) if dtype.kind != "O" or _extended(dtype)]
    )


def _plain_at(table: pd.DataFrame, places: Iterable[int]) -> pd.DataFrame:
    """The table with the columns at `places` as `plain_column` has them."""
    given = {place: table.iloc[:, place] for place in places}
    plain = {place: plain_column(column) for place, column in given.items()}
    changed = {place: column for place, column in plain.items() if column.dtype != given[place].dtype}
    if changed:
        table = table.copy(deep=False)
    for place, column in changed.items():
        table.isetitem(place, column.array)
    return table


def _extended(dtype: ExtensionDtype | np.dtype) -> bool:
    """Whether a type is one of pandas' nullable types or of Arrow's."""
    return hasattr(dtype, "numpy_dtype") or hasattr(dtype, "pyarrow_dtype")


def _plain_times(column: pd.Series) -> pd.Series:
    """Times and days as NumPy's times; a column of anything else unchanged."""
    import pandas as pd

    plain = pd.api.types.is_datetime64_any_dtype(column.dtype) and not _extended(column.dtype)
    if plain or pd.api.types.infer_dtype(column, skipna=True) not in {"datetime", "datetime64", "date"}:
        return column
    return pd.to_datetime(column.astype(object))


def _plain_numbers(column: pd.Series, *, boolean: bool) -> pd.Series:
    """Numbers or booleans as NumPy's, doubles if one is missing."""
    import numpy as np
    import pandas as pd

    if column.isna().any() or not len(column):
        return pd.Series(column.to_numpy(float, na_value=np.nan), index=column.index, name=column.name)
    if boolean:
        return column.astype(bool)
    plain = column.astype(object).infer_objects()
    return plain.astype(float) if plain.dtype == object else plain


def numbers(column: pd.Series, library: str, dtype: type = float) -> np.ndarray:
    """A column as numbers of `dtype`, NaN where missing; booleans are 0 and 1.

    Args:
        column: Numbers or booleans, of any type that pandas has for them.
        library: The library whose model takes them, for the message.
        dtype: A type of numpy.

    Raises:
        ModelError: The column holds anything else.
    """
    import numpy as np
    import pandas as pd

    if kind_of(column) not in {"number", "boolean"}:
        msg = (
            f"The {library} model takes numbers in the column {column.name!r}; it is of type {column.dtype}."
        )
        raise ModelError(msg)
    plain = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    return plain.to_numpy(dtype=dtype, na_value=np.nan)
