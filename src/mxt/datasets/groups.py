"""Groups of rows: the values of a column, bins of its numbers, or spans of its times."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeGuard

from pydantic import AfterValidator, Field, FiniteFloat, model_validator
from pydantic_core import PydanticCustomError

from mxt.errors import ConfigError, DataError
from mxt.kinds import Strict
from mxt.schemas.casts import holds_numbers, texts_among_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import pandas as pd

MISSING = "missing"
MOST_GROUPS = 50
"""The most groups that a column may make, beside the group of missing values."""
SHOWN_OF_MANY = 20
"""How many values have a group of their own where there are more than `MOST_GROUPS`."""
WRITTEN_OUT = 10**16
"""Whole numbers below this are written without decimals; greater ones as their type writes them."""
PERIODS = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


@dataclass(frozen=True)
class Groups:
    """Which group each row belongs to."""

    name: str
    """What the rows are grouped by, such as a column."""
    labels: list[str]
    of_rows: np.ndarray
    """Place of each row's label, shape (rows,)."""
    many: int = 0
    """How many values there are, if they are too many for a group each; 0 if each has its group."""

    @property
    def note(self) -> str:
        """What a reader must know of the groups, as a sentence; empty if each value has its group."""
        if not self.many:
            return ""
        return (
            f"The column {self.name!r} has {self.many} values, more than {MOST_GROUPS}: the {SHOWN_OF_MANY} "
            "with most rows have a group each, the others one. Cut it otherwise by `bins`, `edges` or a "
            "longer `period`."
        )

    def refuse_many(self) -> None:
        """Raise a ConfigError if there are too many values for a group each."""
        if self.many:
            msg = (
                f"The column {self.name!r} makes {self.many} groups, more than {MOST_GROUPS}; give it "
                "`bins`, `edges` or a longer `period`, or choose another."
            )
            raise ConfigError(msg)

    def parts(self) -> Iterator[tuple[str, np.ndarray]]:
        """Each label, and whether each row belongs to its group, shape (rows,)."""
        for place, label in enumerate(self.labels):
            yield label, self.of_rows == place


def _increasing(edges: tuple[float, ...]) -> tuple[float, ...]:
    if any(low >= high for low, high in itertools.pairwise(edges)):
        kind, msg = "contradiction", "edges must increase"
        raise PydanticCustomError(kind, msg)
    return edges


class Grouping(Strict):
    """A column that cuts a table into groups: by its values, or by one of bins, edges and period."""

    column: Annotated[str, Field(min_length=1)]
    """The column, which the model need not see."""

    bins: Annotated[int, Field(ge=2, le=MOST_GROUPS)] | None = None
    """Cut numbers into as many groups, of as many rows each as ties allow."""

    edges: (
        Annotated[
            tuple[FiniteFloat, ...],
            Field(min_length=1, max_length=MOST_GROUPS - 1),
            AfterValidator(_increasing),
        ]
        | None
    ) = None
    """Cut numbers at these; a number on an edge belongs to the group above it."""

    period: Literal["day", "week", "month", "quarter", "year"] | None = None
    """Cut times into these spans, in UTC."""

    @model_validator(mode="after")
    def _cut_one_way(self) -> Self:
        if sum(way is not None for way in (self.bins, self.edges, self.period)) > 1:
            kind, msg = "contradiction", "a column is cut by one of bins, edges and period"
            raise PydanticCustomError(kind, msg)
        return self

    def groups(self, table: pd.DataFrame) -> Groups:
        """The group of each row, whatever the order of the rows; rows without the value are one group.

        Of more than 50 values, the 20 with most rows have a group each, and the others are one group.

        Raises:
            ConfigError: The column is absent, or cannot be cut this way.
            DataError: Texts stand among its numbers.
        """
        import numpy as np

        if self.column not in table.columns:
            msg = f"No column {self.column!r} to group rows by; the table has {list(table.columns)}."
            raise ConfigError(msg)
        cells = table[self.column]
        known = cells.notna().to_numpy(bool)
        labels, places, many = _pooled(*self._cut(cells[known]))
        if not known.all() and MISSING not in labels:
            labels = [*labels, MISSING]
        of_rows = np.full(len(cells), -1 if known.all() else labels.index(MISSING), dtype=np.intp)
        of_rows[known] = places
        return Groups(self.column, labels, of_rows, many)

    def _cut(self, known: pd.Series) -> tuple[list[str], np.ndarray]:
        """The labels in their order, and the place of the label of each cell."""
        import numpy as np

        if self.period is not None:
            return self._spans(known, PERIODS[self.period])
        if self.edges is not None:
            numbers, edges = self._numbers(known, "edges"), np.asarray(self.edges)
        elif self.bins is not None:
            numbers = self._numbers(known, "bins")
            edges = _of_equal_counts(numbers, self.bins)
        else:
            return self._values(known)
        # 0.7 in single precision lies on the edge 0.7, though it is a smaller number.
        comparable = edges.astype(numbers.dtype) if numbers.dtype.kind == "f" else edges
        return _between(edges), np.searchsorted(comparable, numbers, side="right")

    def _values(self, known: pd.Series) -> tuple[list[str], np.ndarray]:
        """A group for each value; values that are written alike are one group."""
        import numpy as np
        import pandas as pd

        codes, distinct = pd.factorize(known)
        values = list(distinct.array)
        labels = list(dict.fromkeys(_text(value) for value in sorted(values, key=_in_order)))
        order = {label: place for place, label in enumerate(labels)}
        places = np.array([order[_text(value)] for value in values], dtype=np.intp)
        return labels, places[codes]

    def _numbers(self, known: pd.Series, way: str) -> np.ndarray:
        number = holds_numbers(known)
        if texts := texts_among_numbers(known):
            msg = f"{texts} values of the column {self.column!r} are no numbers, which its `{way}` needs."
            raise DataError(msg)
        if len(known) and not number:
            msg = f"The column {self.column!r} holds no numbers; leave out its `{way}`."
            raise ConfigError(msg)
        return known.to_numpy() if number else known.to_numpy(float)

    def _spans(self, known: pd.Series, span: str) -> tuple[list[str], np.ndarray]:
        import pandas as pd

        times = pd.to_datetime(known, errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)
        number = pd.api.types.is_numeric_dtype(known)
        unread = len(known) if number else int(times.isna().sum())
        if unread:
            msg = (
                f"{unread} values of the column {self.column!r} are no times in the form of ISO 8601; "
                "leave out its `period`."
            )
            raise ConfigError(msg)
        codes, spans = pd.factorize(times.dt.to_period(span), sort=True)
        return [str(name) for name in spans], codes


def _pooled(labels: list[str], places: np.ndarray) -> tuple[list[str], np.ndarray, int]:
    """The labels and places as they are, and 0; or of the largest groups and one of all others, and how many.

    Of groups with equally many rows, the first by name is kept. The labels keep their order.
    """
    import numpy as np

    if len(labels) <= MOST_GROUPS:
        return labels, places, 0
    rows = np.bincount(places, minlength=len(labels))
    ranks = sorted(range(len(labels)), key=lambda place: (-rows[place], labels[place]))
    kept, others = sorted(ranks[:SHOWN_OF_MANY]), ranks[SHOWN_OF_MANY:]
    rest = f"other ({len(others)} values)"
    while rest in labels:
        rest = f"all {rest}"
    new = np.full(len(labels), len(kept), dtype=np.intp)
    new[kept] = np.arange(len(kept))
    return [*(labels[place] for place in kept), rest], new[places], len(labels)


def crossed(groups: Sequence[Groups]) -> Groups:
    """The groups that several groupings make together: one for each combination that occurs."""
    import numpy as np

    places, of_rows = np.unique(np.stack([part.of_rows for part in groups]), axis=1, return_inverse=True)
    labels = [
        " and ".join(part.labels[place] for part, place in zip(groups, column, strict=True))
        for column in places.T
    ]
    return Groups(" and ".join(part.name for part in groups), labels, of_rows.ravel())


def _of_equal_counts(numbers: np.ndarray, bins: int) -> np.ndarray:
    """Edges between bins of equally many numbers; bins that ties would leave empty are left out."""
    import numpy as np

    if not len(numbers):
        return numbers
    ordered = np.sort(numbers)
    starts = np.unique(ordered[np.arange(1, bins) * len(ordered) // bins])
    return starts[starts > ordered[0]]


def _between(edges: np.ndarray) -> list[str]:
    if not len(edges):
        return ["any number"]
    names = [_text(edge) for edge in edges]
    between = [f"{low} to below {high}" for low, high in itertools.pairwise(names)]
    return [f"below {names[0]}", *between, f"{names[-1]} and above"]


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def _text(value: object) -> str:
    """A cell as text; whole numbers without decimals, since a column that misses a cell holds doubles."""
    if _number(value) and float(value).is_integer() and abs(value) < WRITTEN_OUT:
        return str(int(value))
    return str(value)


def _in_order(value: object) -> tuple[bool, float, str]:
    """The key to sort cells by: numbers come first, by size; other cells follow, by their text."""
    return (False, float(value), _text(value)) if _number(value) else (True, 0.0, str(value))
