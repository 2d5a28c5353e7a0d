"""The values of a column at which its effect is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mxt.importances.base import texts
from mxt.importances.base.moments import is_time, ordered, written

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Levels:
    """The values of one column at which its effect is measured, each a cell of the table."""

    donors: np.ndarray
    """Position of a row that holds each level, shape (levels,)."""
    labels: list[str | None]
    """Each level as text; None for the missing value."""
    numbers: np.ndarray
    """Each level as a number; NaN for the missing value and for categories. Shape (levels,)."""
    of_rows: np.ndarray
    """The level of each row, shape (rows,): for a number between two the upper one; -1 for none."""
    ordered: bool
    """Whether the levels have an order of their own."""
    held: np.ndarray
    """Whether each row has exactly the value of its level, not one below it; booleans, shape (rows,)."""
    times: bool = False
    """Whether the levels are times, and their numbers days elapsed."""

    @property
    def distinct(self) -> bool:
        """Whether every value is a level, so that no row lies between two."""
        return bool(self.held[self.of_rows >= 0].all())

    @property
    def counts(self) -> np.ndarray:
        """Number of rows that each level stands for, shape (levels,)."""
        import numpy as np

        return np.bincount(self.of_rows[self.of_rows >= 0], minlength=len(self.labels))

    def arranged(self, order: np.ndarray) -> Levels:
        """The levels at places `order`, in that order; rows of other levels have no level then."""
        import numpy as np

        places = np.full(len(self.labels) + 1, -1)
        places[order] = np.arange(len(order))
        labels = [self.labels[place] for place in order]
        kept = {"donors": self.donors[order], "numbers": self.numbers[order]}
        return replace(self, labels=labels, of_rows=places[self.of_rows], **kept)


def levels_of(column: pd.Series, points: int, categories: int) -> Levels:
    """All values of a column, or `points` quantiles of its numbers, or its most frequent categories.

    Booleans are numbers here, and so are times, as days elapsed. A missing value comes last.
    """
    import pandas as pd

    if is_time(column):
        levels = _number_levels(ordered(column), points)
        pairs = zip(levels.labels, levels.numbers, strict=True)
        labels = [None if label is None else written(days) for label, days in pairs]
        return replace(levels, labels=labels, times=True)
    if pd.api.types.is_numeric_dtype(column):
        return _number_levels(column, points)
    levels = _text_levels(column)
    counts = levels.counts
    leading = sorted(range(len(counts)), key=lambda place: (-counts[place], place))[:categories]
    return levels.arranged(_array(sorted(leading)))


def known_levels(levels: Levels) -> Levels:
    """The levels without the missing value."""
    return levels.arranged(_array([place for place, label in enumerate(levels.labels) if label is not None]))


def finer_levels(column: pd.Series, levels: Levels, rows: int) -> Levels:
    """The levels of a number, and between them more levels, `rows` rows apart in the order of the values."""
    import numpy as np

    column = ordered(column)
    return known_levels(_levels_at(column, np.union1d(levels.numbers, _sorted(column)[::rows])))


def _number_levels(column: pd.Series, points: int) -> Levels:
    """Levels at every distinct number if there are at most `points`, else at quantiles of the column."""
    import numpy as np

    known = _sorted(column)
    levels = np.unique(known)
    if len(levels) <= points:
        return _levels_at(column, levels)
    ranks = np.round(np.linspace(0, len(known) - 1, points)).astype(int)
    return _levels_at(column, np.unique(known[ranks]))


def _levels_at(column: pd.Series, levels: np.ndarray) -> Levels:
    """Levels at numbers of a column, its greatest one among them, and at the missing value if it has one."""
    import numpy as np
    import pandas as pd

    values = _doubles(column)
    known = ~np.isnan(values)
    of_rows = np.where(known, np.searchsorted(levels, values), len(levels) if (~known).any() else -1)
    every = [*levels, *([np.nan] if (~known).any() else [])]
    donors = [int(np.flatnonzero(values == level)[0]) for level in levels]
    donors += [int(np.flatnonzero(~known)[0])] if (~known).any() else []
    flags = pd.api.types.is_bool_dtype(column)
    labels = [None if np.isnan(level) else str(bool(level)) if flags else f"{level:.6g}" for level in every]
    numbers = np.array(every)
    held = ~known | (numbers[of_rows] == values)
    return Levels(_array(donors), labels, numbers, of_rows, ordered=True, held=held)


def _text_levels(column: pd.Series) -> Levels:
    """Levels at every category, in the order of an ordered type, else in the order of the texts."""
    import numpy as np
    import pandas as pd

    named = texts(column)
    ordered = isinstance(column.dtype, pd.CategoricalDtype) and bool(column.dtype.ordered)
    present = {text for text in named if text is not None}
    known = [text for text in map(str, column.cat.categories) if text in present] if ordered else [*present]
    every = [*(known if ordered else sorted(known)), *([None] if None in named else [])]
    places = {text: place for place, text in enumerate(every)}
    of_rows = np.array([places[text] for text in named], dtype=np.intp)
    gaps, donors = np.full(len(every), np.nan), np.unique(of_rows, return_index=True)[1]
    held = np.ones(len(column), dtype=bool)
    return Levels(donors, every, gaps, of_rows, ordered=ordered, held=held)


def _array(places: list[int]) -> np.ndarray:
    import numpy as np

    return np.array(places, dtype=np.intp)


def _doubles(column: pd.Series) -> np.ndarray:
    import numpy as np

    return column.to_numpy(dtype=float, na_value=np.nan)


def _sorted(column: pd.Series) -> np.ndarray:
    """The column's numbers in increasing order, without missing values."""
    import numpy as np

    values = _doubles(column)
    return np.sort(values[~np.isnan(values)])
