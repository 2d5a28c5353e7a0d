"""Profiles: counts of a column's rows among the distinct values of its reference."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import pandas as pd


COMPLETE_COUNT = 3
"""If every category of a sample has at least so many rows, the sample is taken to have all categories."""

Holds = Literal["numbers", "booleans", "categories", "texts or times"]
"""What the cells of a column are: numbers, one of two values, one of certain values, or any value."""


@dataclass(frozen=True)
class Profile:
    """Number of rows of a column at each distinct value of its reference, and between two of them.

    The counts of the parts of a table add up to those of the whole table, in any order. Every measure can be
    computed from them exactly: the reference's distribution function is flat between two of its values.
    """

    column: str
    holds: Holds
    """What the cells of the reference are."""
    values: np.ndarray
    """In increasing order, shape (m,): the distinct numbers of the reference, as doubles; or the known
    categories, as text; empty for free texts and times."""
    counts: np.ndarray
    """Numbers of rows; the last one counts rows without a value.

    Of numbers, shape (2m + 2,): rows below the first value, at it, between it and the next, and so on.
    Of anything else, shape (m + 2,): rows of each category, and rows of an unknown category.
    """
    listed: bool = True
    """Whether `values` are all categories that exist, not just those that a sample happens to have."""

    @classmethod
    def of(cls, reference: pd.Series, *, listed: bool | None = None) -> Profile:
        """The profile of a reference column, whose own values become the `values`.

        Args:
            reference: A column; of pandas' categorical columns, all declared categories count as values.
            listed: Whether its categories are all that exist. None if that is not known: then they are taken
                for all if one of them has no row, so that it must come from a list, or each has several rows.
        """
        import numpy as np

        holds = _held(reference)
        values = _values(reference, holds)
        empty = np.zeros((2 if holds == "numbers" else 1) * len(values) + 2, dtype=np.int64)
        profile = cls(str(reference.name), holds, values, empty).like(reference)
        if holds != "categories":
            return profile
        if listed is None:
            known = profile.present[:-1]
            listed = not known.all() or bool((known >= COMPLETE_COUNT).all())
        return replace(profile, listed=listed)

    def like(self, column: pd.Series) -> Profile:
        """The profile of another column, counted by the same values.

        Where some booleans are missing, the others may have become the numbers 0 and 1.

        Raises:
            DataError: The column holds something else than the reference.
        """
        if column.notna().any() and not self._fits(column):
            msg = (
                f"Column {self.column!r} holds {self.holds} in the reference, something else here; cast one."
            )
            raise DataError(msg)
        if self.numeric:
            counts = self._number_counts(column)
        elif self.closed:
            counts = self._category_counts(column)
        else:
            counts = self._any_counts(column)
        return replace(self, counts=counts)

    @property
    def numeric(self) -> bool:
        """Whether the reference holds numbers."""
        return self.holds == "numbers"

    @property
    def closed(self) -> bool:
        """Whether the reference holds known categories, so that any other category is new."""
        return self.holds in {"booleans", "categories"}

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.counts.sum())

    @property
    def missing(self) -> int:
        """Number of rows without a value."""
        return int(self.counts[-1])

    @property
    def present(self) -> np.ndarray:
        """The counts of rows that have a value."""
        return self.counts[:-1]

    def _fits(self, column: pd.Series) -> bool:
        import pandas as pd

        if self.numeric:
            return bool(pd.api.types.is_numeric_dtype(column))
        holds = _held(column)
        if self.holds == "booleans":
            return holds == "booleans" or (holds == "numbers" and bool(column.dropna().isin([0, 1]).all()))
        return holds != "numbers"

    def _number_counts(self, column: pd.Series) -> np.ndarray:
        import numpy as np

        numbers = np.sort(_doubles(column.dropna()))
        upto = [np.searchsorted(numbers, self.values, side) for side in ("left", "right")]
        known = np.diff(np.stack(upto, axis=1).ravel(), prepend=0, append=len(numbers))
        return np.append(known, len(column) - len(numbers))

    def _category_counts(self, column: pd.Series) -> np.ndarray:
        import numpy as np
        import pandas as pd

        codes, values = pd.factorize(column)
        cells = map(bool, values) if self.holds == "booleans" else values
        texts = pd.Index([str(value) for value in cells], dtype=object)
        places = pd.Index(self.values, dtype=object).get_indexer(texts)
        counts = np.zeros_like(self.counts)
        rows = np.bincount(codes[codes >= 0], minlength=len(values))
        np.add.at(counts, np.where(places < 0, len(self.values), places), rows)
        counts[-1] = (codes < 0).sum()
        return counts

    def _any_counts(self, column: pd.Series) -> np.ndarray:
        import numpy as np

        known = int(column.notna().sum())
        return np.array([known, len(column) - known], dtype=np.int64)


def to_bytes(profiles: Iterable[Profile]) -> bytes:
    """The counts of profiles in their order, without zeros, as compressed pairs of place and count."""
    import numpy as np

    counts = np.concatenate([profile.counts for profile in profiles])
    places = np.flatnonzero(counts)
    return zlib.compress(np.stack([places, counts[places]]).astype("<i8").tobytes(), 1)


def merged(references: Sequence[Profile], states: Iterable[bytes]) -> list[Profile]:
    """The profiles of a whole table, summed over its parts.

    Args:
        references: The profiles that those of the parts were made from by `Profile.like`, in their order.
        states: What `to_bytes` returned, once for each part.
    """
    import numpy as np

    sizes = [len(reference.counts) for reference in references]
    total = np.zeros(sum(sizes), dtype=np.int64)
    for state in states:
        places, counts = np.frombuffer(zlib.decompress(state), "<i8").reshape(2, -1)
        total[places] += counts
    pieces = np.split(total, np.cumsum(sizes)[:-1])
    return [replace(reference, counts=piece) for reference, piece in zip(references, pieces, strict=True)]


def digest(references: Iterable[Profile]) -> str:
    """SHA-256 of what gives counts their meaning: names, types and values of the references."""
    meaning = [[profile.column, profile.holds, profile.values.tolist()] for profile in references]
    return hashlib.sha256(json.dumps(meaning).encode()).hexdigest()


def _held(column: pd.Series) -> Holds:
    import pandas as pd

    types = pd.api.types
    if types.is_bool_dtype(column):
        return "booleans"
    if types.is_numeric_dtype(column):
        return "numbers"
    return "categories" if isinstance(column.dtype, pd.CategoricalDtype) else "texts or times"


def _values(reference: pd.Series, holds: Holds) -> np.ndarray:
    import numpy as np

    match holds:
        case "numbers":
            return np.unique(_doubles(reference.dropna()))
        case "booleans":
            return np.array(["False", "True"], dtype=object)
        case "categories":
            return np.array(sorted({str(value) for value in reference.cat.categories}), dtype=object)
    return np.array([], dtype=object)


def _doubles(column: pd.Series) -> np.ndarray:
    """Numbers as doubles, whatever their type is in this part of the table."""
    return column.to_numpy(dtype=float)
