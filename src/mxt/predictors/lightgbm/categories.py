"""Categories of pandas in a LightGBM model, which stores their values but not the names of their columns."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.predictors.base.columns import kind_of, numbers
from mxt.schemas.casts import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import pandas as pd

    from mxt.predictors.base.outputs import Label
    from mxt.predictors.lightgbm.header import Header


def categories_by_place(
    stored: list[list[Label]], header: Header, inputs: pd.DataFrame
) -> dict[int, list[Label]]:
    """The stored categories of each column that had pandas' type category in training.

    LightGBM stores one list for each of these columns, in the order of the columns. The model's own list of
    categorical columns usually identifies them. It is not enough if a category was ordered, since LightGBM
    takes that for a number, or if numbers were declared categorical. Then the codes that the header allows in
    each column and the types of the table must leave one possibility.

    Args:
        stored: The booster's ``pandas_categorical``.
        header: The model's header.
        inputs: The model's columns, in its order.

    Raises:
        ModelError: The lists fit no set of columns, or several.
    """
    if not stored:
        return {}
    table = _ColumnTypes(inputs)
    assignment = _assignment(stored, header, table)
    if assignment is None:
        msg = (
            f"The LightGBM model was trained on {len(stored)} columns of pandas' type category, and neither "
            "the model nor the table shows which columns these are; give exactly these the type category."
        )
        raise ModelError(msg)
    return dict(zip(assignment, stored, strict=True))


def with_categories(matrix: pd.DataFrame, stored: list[list[Label]], header: Header) -> pd.DataFrame:
    """A table made of an array, with categories in place of LightGBM's codes for them.

    Raises:
        ModelError: Numbers stand for categories that are not codes.
    """
    import numpy as np
    import pandas as pd

    if not stored or "text" in {kind_of(column) for _, column in matrix.items()}:
        return matrix
    unknown = pd.DataFrame(np.nan, index=[0], columns=matrix.columns)
    named = {}
    for place, categories in categories_by_place(stored, header, unknown).items():
        name = matrix.columns[place]
        codes = np.nan_to_num(numbers(matrix[name], "LightGBM"), nan=-1)
        if not np.isin(codes, range(-1, len(categories))).all():
            msg = (
                f"In an array LightGBM reads categories by their codes, and the column {name!r} holds "
                f"numbers other than the codes 0 to {len(categories) - 1}; give a frame with the categories."
            )
            raise ModelError(msg)
        named[name] = pd.Categorical.from_codes(codes.astype(int), dtype=pd.CategoricalDtype(categories))
    return matrix.assign(**named)


def _assignment(stored: list[list[Label]], header: Header, table: _ColumnTypes) -> list[int] | None:
    """The column of each list of categories, or None if several would fit."""
    typed = [*table.typed]
    if [*table.typed.values()] == stored and all(map(header.may_code, typed, map(len, stored))):
        return typed  # these are the types of the training, which LightGBM itself uses
    fitting = [
        {
            place
            for place in range(header.columns)
            if header.may_code(place, len(one)) and table.fits(place, one)
        }
        for one in stored
    ]
    listed = {*header.categorical}
    inside = [places & listed for places in fitting] if len(stored) <= len(listed) else fitting
    needed = listed if len(stored) >= len(listed) else set()
    usual = _assignments(inside, needed | table.texts, header.columns)
    possible = _assignments(fitting, table.texts, header.columns)
    assignments, where, must = (usual, inside, needed) if usual else (possible, fitting, set())
    if len(assignments) > 1:
        assignments = _assignments(where, must | table.texts | {*typed}, header.columns)
    if len(assignments) == 1 and ((usual and len(possible) == 1) or table.knows(assignments[0], stored)):
        return assignments[0]
    return None if usual else next(iter(_assignments(inside, needed, header.columns)), None)


def _assignments(fitting: list[set[int]], needed: set[int], columns: int) -> list[list[int]]:
    """The first two assignments of the lists, in order, to fitting columns that leave out no needed one."""
    lists = len(fitting)
    possible = [[False] * (columns + 1) for _ in range(lists)] + [[True] * (columns + 1)]
    for place in reversed(range(columns)):
        possible[lists][place] = possible[lists][place + 1] and place not in needed
        for one in range(lists):
            here = place in fitting[one] and possible[one + 1][place + 1]
            possible[one][place] = here or (place not in needed and possible[one][place + 1])

    def assign(one: int, start: int) -> Iterator[list[int]]:
        if one == lists:
            yield []
            return
        for place in range(start, columns):
            if place in fitting[one] and possible[one + 1][place + 1]:
                yield from ([place, *rest] for rest in assign(one + 1, place + 1))
            if place in needed:
                return

    return [*islice(assign(0, 0), 2)] if possible[0][0] else []


class _ColumnTypes:
    """The types of a table's columns, and the categories that these may hold."""

    def __init__(self, inputs: pd.DataFrame) -> None:
        import pandas as pd

        self._columns = [inputs.iloc[:, place] for place in range(inputs.shape[1])]
        self._kinds = ["missing" if one.isna().all() else kind_of(one) for one in self._columns]
        self.typed: dict[int, list[Label]] = {
            place: [*column.cat.categories]
            for place, column in enumerate(self._columns)
            if isinstance(column.dtype, pd.CategoricalDtype)
        }
        """The categories of each column of pandas' type category, in the order of the columns."""
        self.texts = {place for place, kind in enumerate(self._kinds) if kind == "text"}
        """Columns of texts, which must be categories."""

    def fits(self, place: int, stored: list[Label]) -> bool:
        """Whether a column's type can hold some of the stored categories."""
        if place in self.typed:
            return not self.typed[place] or bool((_codes(self.typed[place], stored) >= 0).any())
        match self._kinds[place]:
            case "boolean":
                return bool((_codes([False, True], stored) >= 0).any())
            case "number":
                return any(number_of(value) is not None for value in stored)
            case "text":
                textual = any(isinstance(value, str) for value in stored)
                return textual or bool((codes_of(self._columns[place], stored) >= 0).any())
        return self._kinds[place] == "missing"

    def knows(self, assignment: list[int], stored: list[list[Label]]) -> bool:
        """Whether each column that is not all missing holds some of the stored categories."""
        columns = [self._columns[place] for place in assignment]
        return all(
            column.isna().all() or bool((codes_of(column, one) >= 0).any())
            for column, one in zip(columns, stored, strict=True)
        )


def codes_of(column: pd.Series, stored: list[Label]) -> np.ndarray:
    """The code of each value, its position among the stored ones; NaN if it is missing or was never seen.

    A number equals the text that reads as it, since a file may turn a table's texts into numbers.

    Raises:
        ModelError: A number equals several of the stored texts.
    """
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        places, named = column.cat.codes.to_numpy(), column.cat.categories
    else:
        places, named = pd.factorize(column)
    try:
        codes = _codes(named, stored)
    except KeyError as error:
        msg = (
            f"The LightGBM model learned texts in the column {column.name!r}, some of which read as the same "
            f"number; the table has it as {column.dtype}. Read it as text."
        )
        raise ModelError(msg) from error
    return np.append(codes, np.nan)[places]  # a missing value has the place -1, the last code


def _codes(values: Iterable[Label], stored: list[Label]) -> np.ndarray:
    """The position of each value among the stored ones, NaN if it is none of them.

    Raises:
        KeyError: A number equals several of the stored texts.
    """
    import numpy as np

    exact = {value: code for code, value in enumerate(stored)}
    numeric: dict[float, list[int]] = {}
    for code, value in enumerate(stored):
        if isinstance(value, str) and (number := number_of(value)) is not None:
            numeric.setdefault(number, []).append(code)
    places = []
    for value in values:
        number = number_of(value)
        codes = [exact[value]] if value in exact else []
        if not codes and number is not None:
            codes = [exact[number]] if isinstance(value, str) and number in exact else []
            codes = codes if isinstance(value, str) else numeric.get(number, [])
        if len(codes) > 1:
            raise KeyError
        places.append(codes[0] if codes else np.nan)
    return np.array(places, dtype=float)
