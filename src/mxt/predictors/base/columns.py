"""Columns of a table as a model takes them: their names in the table, and their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

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
