"""Columns of a table as a library's trees take them: which is which of the model's, and its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_NUMERIC = {"integer", "floating", "mixed-integer-float", "decimal", "empty"}
"""What pandas infers of cells that are numbers, or all missing, whatever the type of their column."""
_TEXT = {"string", "mixed", "mixed-integer"}
"""What it infers of texts, and of texts beside other cells."""


def source_columns(names: list[str], given: list[str]) -> list[str]:
    """The table's columns that a model takes, in the model's order.

    They are laid on the model's by name; by place only if no name says otherwise: a model that was fitted to
    an array knows none, and a table may have other names for the same columns.

    Args:
        names: The columns as the model names them.
        given: The columns of the table, or of the signature, in their order.

    Returns:
        Columns among those given, or the model's own names if these are not among them.
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
    """The model's columns as the table spells them, or None if some are not there.

    LightGBM writes an underscore for each space.
    """
    spellings = {_written(name): name for name in given} | {name: name for name in given}
    return [spellings[name] for name in names] if spellings.keys() >= {*names} else None


def _written(name: str) -> str:
    return name.replace(" ", "_")


def kind_of(column: pd.Series) -> str:
    """What the cells of a column are: ``number``, ``boolean``, ``text``, or ``other`` such as times.

    A column of categories is what its categories are.
    """
    import pandas as pd

    types = pd.api.types
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.categories.to_series()
    if types.is_bool_dtype(column.dtype):
        return "boolean"
    if types.is_numeric_dtype(column.dtype):
        return "other" if types.is_complex_dtype(column.dtype) else "number"
    found = types.infer_dtype(column, skipna=True)
    if found in _TEXT:
        return "text"
    return "boolean" if found == "boolean" else "number" if found in _NUMERIC else "other"


def numbers(column: pd.Series, library: str, dtype: type = float) -> np.ndarray:
    """A column as numbers of `dtype`, NaN where missing; booleans are 0 and 1.

    Args:
        column: Numbers or booleans, in whichever type of pandas holds them.
        library: Whose model takes them, for the message.
        dtype: A type of numpy.

    Raises:
        ModelError: It holds anything else.
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
