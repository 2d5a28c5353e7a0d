"""Categories of pandas in a LightGBM model, which keeps their values but not the columns that they are of."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.base.columns import kind_of, numbers
from mxt.schemas.casts import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import pandas as pd

    from mxt.predictors.lightgbm.header import Header


def categories_by_place(
    stored: list[list[Any]], header: Header, inputs: pd.DataFrame
) -> dict[int, list[Any]]:
    """The stored categories of each column that had pandas' type category in training.

    LightGBM stores one list for each of these columns, in the order of the columns. The model's own list of
    categorical columns usually says which they are. It leaves doubt where a category is ordered, which
    LightGBM takes for a number, and where numbers were declared categorical. Then the codes that the header
    allows in each column and the types of the table must leave one possibility.

    Args:
        stored: The booster's ``pandas_categorical``.
        header: The model's header.
        inputs: The model's columns, in its order.

    Raises:
        ModelError: The lists fit on none or on several sets of columns.
    """
    if not stored:
        return {}
    table = _Table(inputs)
    found = _laying(stored, header, table)
    if found is None:
        msg = (
            f"The LightGBM model was trained on {len(stored)} columns of pandas' type category, and neither "
            "the model nor the table shows which columns these are; give exactly these the type category."
        )
        raise ModelError(msg)
    return dict(zip(found, stored, strict=True))


def with_categories(matrix: pd.DataFrame, stored: list[list[Any]], header: Header) -> pd.DataFrame:
    """A table made of an array, whose categories stand as LightGBM's codes, with the categories themselves.

    Raises:
        ModelError: Numbers stand for categories that are not codes.
    """
    import numpy as np
    import pandas as pd

    if not stored or "text" in {kind_of(column) for _, column in matrix.items()}:
        return matrix
    unknown = pd.DataFrame(np.nan, index=[0], columns=matrix.columns)
    found = {}
    for place, categories in categories_by_place(stored, header, unknown).items():
        name = matrix.columns[place]
        codes = np.nan_to_num(numbers(matrix[name], "LightGBM"), nan=-1)
        if not np.isin(codes, range(-1, len(categories))).all():
            msg = (
                f"In an array LightGBM reads categories by their codes, and the column {name!r} holds "
                f"numbers other than the codes 0 to {len(categories) - 1}; give a frame with the categories."
            )
            raise ModelError(msg)
        found[name] = pd.Categorical.from_codes(codes.astype(int), pd.Index(categories))
    return matrix.assign(**found)


def _laying(stored: list[list[Any]], header: Header, table: _Table) -> list[int] | None:
    """The column of each list, or None if it is in doubt."""
    typed = [*table.typed]
    if [*table.typed.values()] == stored and all(map(header.may_code, typed, map(len, stored))):
        return typed  # the types of the training, which LightGBM itself goes by
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
    usual = _layings(inside, needed | table.texts, header.columns)
    possible = _layings(fitting, table.texts, header.columns)
    found, where, must = (usual, inside, needed) if usual else (possible, fitting, set())
    if len(found) > 1:
        found = _layings(where, must | table.texts | {*typed}, header.columns)
    if len(found) == 1 and ((usual and len(possible) == 1) or table.knows(found[0], stored)):
        return found[0]
    return None if usual else next(iter(_layings(inside, needed, header.columns)), None)


def _layings(fitting: list[set[int]], needed: set[int], columns: int) -> list[list[int]]:
    """The first two ways to lay each list on a fitting column, in order, with no needed column left out."""
    lists = len(fitting)
    possible = [[False] * (columns + 1) for _ in range(lists)] + [[True] * (columns + 1)]
    for place in reversed(range(columns)):
        possible[lists][place] = possible[lists][place + 1] and place not in needed
        for one in range(lists):
            here = place in fitting[one] and possible[one + 1][place + 1]
            possible[one][place] = here or (place not in needed and possible[one][place + 1])

    def lay(one: int, start: int) -> Iterator[list[int]]:
        if one == lists:
            yield []
            return
        for place in range(start, columns):
            if place in fitting[one] and possible[one + 1][place + 1]:
                yield from ([place, *rest] for rest in lay(one + 1, place + 1))
            if place in needed:
                return

    return [*islice(lay(0, 0), 2)] if possible[0][0] else []


class _Table:
    """What the types of a table say about its categories."""

    def __init__(self, inputs: pd.DataFrame) -> None:
        import pandas as pd

        self._columns = [inputs.iloc[:, place] for place in range(inputs.shape[1])]
        self._kinds = ["missing" if one.isna().all() else kind_of(one) for one in self._columns]
        self.typed: dict[int, list[Any]] = {
            place: [*column.cat.categories]
            for place, column in enumerate(self._columns)
            if isinstance(column.dtype, pd.CategoricalDtype)
        }
        """The categories of each column of pandas' type category, in the order of the columns."""
        self.texts = {place for place, kind in enumerate(self._kinds) if kind == "text"}
        """Columns that can be nothing but categories."""

    def fits(self, place: int, stored: list[Any]) -> bool:
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

    def knows(self, laying: list[int], stored: list[list[Any]]) -> bool:
        """Whether each column that has values has some of the stored ones."""
        columns = [self._columns[place] for place in laying]
        return all(
            column.isna().all() or bool((codes_of(column, one) >= 0).any())
            for column, one in zip(columns, stored, strict=True)
        )


def codes_of(column: pd.Series, stored: list[Any]) -> np.ndarray:
    """The place of each value among the stored ones; NaN where it is missing or was never seen.

    Numbers equal texts that read as them, since a table's texts may come back from a file as numbers.

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
    return np.append(codes, np.nan)[places]  # a place of -1, which is missing, takes the last


def _codes(values: Iterable[Any], stored: list[Any]) -> np.ndarray:
    """The place of each value among the stored ones, NaN where it is none of them.

    Raises:
        KeyError: A number equals several of the stored texts.
    """
    import numpy as np

    exact = {value: code for code, value in enumerate(stored)}
    spoken: dict[Any, list[int]] = {}
    for code, value in enumerate(stored):
        if isinstance(value, str) and number_of(value) is not None:
            spoken.setdefault(number_of(value), []).append(code)
    found = []
    for value in values:
        number = number_of(value)
        codes = [exact[value]] if value in exact else []
        if not codes and number is not None:
            codes = [exact[number]] if isinstance(value, str) and number in exact else []
            codes = codes if isinstance(value, str) else spoken.get(number, [])
        if len(codes) > 1:
            raise KeyError
        found.append(codes[0] if codes else np.nan)
    return np.array(found, dtype=float)
