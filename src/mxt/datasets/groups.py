"""Groups of rows: the values of a column, or bins of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from mxt.errors import ConfigError
from mxt.kinds import Strict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

MISSING = "missing"
MOST_NUMBERS = 10
"""A column of numbers with more distinct values than this needs edges."""
MOST_GROUPS = 100
"""A column with more distinct values than this makes no groups."""


@dataclass(frozen=True)
class Groups:
    """Which group each row is of."""

    name: str
    """What the groups are of, such as the column."""
    labels: list[str]
    of_rows: np.ndarray
    """Place of each row's label, shape (rows,)."""


def _increasing(edges: tuple[float, ...]) -> tuple[float, ...]:
    if any(low >= high for low, high in itertools.pairwise(edges)):
        msg = "edges must increase"
        raise ValueError(msg)
    return edges


class Grouping(Strict):
    """A column that cuts a table into groups."""

    column: Annotated[str, Field(min_length=1)]
    """The column, which the model need not see."""

    edges: Annotated[tuple[float, ...], AfterValidator(_increasing)] = ()
    """Cut numbers here: an edge ends the group below it. Without edges each value is a group."""

    def groups(self, table: pd.DataFrame) -> Groups:
        """The group of each row; rows that miss the value are one.

        Raises:
            ConfigError: The column is absent, has too many values, or edges do not fit it.
        """
        import pandas as pd

        if self.column not in table.columns:
            msg = f"No column {self.column!r} to group rows by; the table has {list(table.columns)}."
            raise ConfigError(msg)
        cells = table[self.column]
        number = pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
        if self.edges:
            return self._bins(cells, number=number)
        values = sorted(cells.dropna().unique().tolist(), key=lambda value: value if number else str(value))
        most = MOST_NUMBERS if number else MOST_GROUPS
        if len(values) > most:
            hint = "give it `edges`" if number else "choose another, or put its values together"
            msg = f"The column {self.column!r} has {len(values)} values, too many for groups; {hint}."
            raise ConfigError(msg)
        names = [f"{value:g}" if number else str(value) for value in values]
        return _named(self.column, names, pd.Categorical(cells, categories=values).codes)

    def _bins(self, cells: pd.Series, *, number: bool) -> Groups:
        import numpy as np

        if not number:
            msg = f"The column {self.column!r} holds no numbers; leave out its `edges`."
            raise ConfigError(msg)
        between = [f"above {low:g} to {high:g}" for low, high in itertools.pairwise(self.edges)]
        names = [f"up to {self.edges[0]:g}", *between, f"above {self.edges[-1]:g}"]
        values = cells.to_numpy(float, na_value=np.nan)
        codes = np.searchsorted(np.asarray(self.edges), values, side="left")
        return _named(self.column, names, np.where(np.isnan(values), -1, codes))


def crossed(groups: Sequence[Groups]) -> Groups:
    """The groups that several make together, of those pairs, triples or so on that occur."""
    import numpy as np

    places, of_rows = np.unique(np.stack([part.of_rows for part in groups]), axis=1, return_inverse=True)
    labels = [
        " and ".join(part.labels[place] for part, place in zip(groups, column, strict=True))
        for column in places.T
    ]
    return Groups(" and ".join(part.name for part in groups), labels, of_rows.ravel())


def _named(name: str, labels: list[str], codes: np.ndarray) -> Groups:
    """The groups of codes, where -1 stands for a missing value."""
    import numpy as np

    codes = np.asarray(codes, dtype=np.intp)
    if (codes < 0).any():
        return Groups(name, [*labels, MISSING], np.where(codes < 0, len(labels), codes))
    return Groups(name, labels, codes)
