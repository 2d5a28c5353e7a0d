"""Profiles: where the values of a column lie among those of its reference, in counts that add up."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import pandas as pd


COMPLETE_COUNT = 3
"""A sample of which each category has so many rows is taken to have all, if nothing else is known."""

Holds = Literal["numbers", "booleans", "categories", "texts or times"]
"""What a column has: numbers, one of two values, one of certain values, or any value."""


@dataclass(frozen=True)
class Profile:
    """How many rows of a column lie where among the distinct values of its reference.

    Counts of the parts of a table add up to those of the table, in any order. Nothing that a measure needs
    is lost: between two neighbours of the reference its distribution function does not change.
    """

    column: str
    holds: Holds
    """Of which type the reference is."""
    values: np.ndarray
    """In increasing order, shape (m,): the distinct numbers of the reference, as doubles; or the categories
    that may come, as text; none where any text or time may come."""
    counts: np.ndarray
    """Numbers of rows, the last that of rows without a value.

    Of numbers, shape (2m + 2,): those below the first value, at it, between it and the next, and so on.
    Of anything else, shape (m + 2,): those of each category, and those of none of them.
    """
    listed: bool = True
    """Whether the categories are all that may come, instead of those that a sample happens to have."""

    @classmethod
    def of(cls, reference: pd.Series[Any], *, listed: bool | None = None) -> Profile:
        """The profile of a reference among the values that it has or, of pandas' categories, may have.

        Args:
            reference: A column.
            listed: Whether its categories are all that may come. None if that is not known: then they are if
                the column lacks one of them, which must come from a list, or has each in several rows.
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

    def like(self, column: pd.Series[Any]) -> Profile:
        """The profile of another column among the same values.

        Booleans may be doubles, 0 and 1, where some are missing.

        Raises:
            DataError: It holds something else than the reference.
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
        """Whether it holds one of certain categories, so that another one is new."""
        return self.holds in {"booleans", "categories"}

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.counts.sum())

    @property
    def missing(self) -> int:
        """How many of them have no value."""
        return int(self.counts[-1])

    @property
    def present(self) -> np.ndarray:
        """The counts of rows with a value."""
        return self.counts[:-1]

    def _fits(self, column: pd.Series[Any]) -> bool:
        import pandas as pd

        if self.numeric:
            return bool(pd.api.types.is_numeric_dtype(column))
        found = _held(column)
        if self.holds == "booleans":
            return found == "booleans" or (found == "numbers" and bool(column.dropna().isin([0, 1]).all()))
        return found != "numbers"

    def _number_counts(self, column: pd.Series[Any]) -> np.ndarray:
        import numpy as np

        found = np.sort(_doubles(column.dropna()))
        upto = [np.searchsorted(found, self.values, side) for side in ("left", "right")]
        known = np.diff(np.stack(upto, axis=1).ravel(), prepend=0, append=len(found))
        return np.append(known, len(column) - len(found))

    def _category_counts(self, column: pd.Series[Any]) -> np.ndarray:
        import numpy as np
        import pandas as pd

        codes, found = pd.factorize(column)
        told = map(bool, found) if self.holds == "booleans" else found
        texts = pd.Index([str(value) for value in told], dtype=object)
        places = pd.Index(self.values, dtype=object).get_indexer(texts)
        counts = np.zeros_like(self.counts)
        rows = np.bincount(codes[codes >= 0], minlength=len(found))
        np.add.at(counts, np.where(places < 0, len(self.values), places), rows)
        counts[-1] = (codes < 0).sum()
        return counts

    def _any_counts(self, column: pd.Series[Any]) -> np.ndarray:
        import numpy as np

        known = int(column.notna().sum())
        return np.array([known, len(column) - known], dtype=np.int64)


def to_bytes(profiles: Iterable[Profile]) -> bytes:
    """The counts of some profiles, without zeros, as compressed pairs of place and count."""
    import numpy as np

    counts = np.concatenate([profile.counts for profile in profiles])
    places = np.flatnonzero(counts)
    return zlib.compress(np.stack([places, counts[places]]).astype("<i8").tobytes(), 1)


def merged(references: Sequence[Profile], states: Iterable[bytes]) -> list[Profile]:
    """The profiles of all parts together.

    Args:
        references: What the profiles were made like, in their order.
        states: Of `to_bytes`, one for each part.
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
    """SHA-256 of what the places of counts depend on: names, types and values of the references."""
    told = [[profile.column, profile.holds, profile.values.tolist()] for profile in references]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _held(column: pd.Series[Any]) -> Holds:
    import pandas as pd

    types = pd.api.types
    if types.is_bool_dtype(column):
        return "booleans"
    if types.is_numeric_dtype(column):
        return "numbers"
    return "categories" if isinstance(column.dtype, pd.CategoricalDtype) else "texts or times"


def _values(reference: pd.Series[Any], holds: Holds) -> np.ndarray:
    import numpy as np

    match holds:
        case "numbers":
            return np.unique(_doubles(reference.dropna()))
        case "booleans":
            return np.array(["False", "True"], dtype=object)
        case "categories":
            return np.array(sorted({str(value) for value in reference.cat.categories}), dtype=object)
    return np.array([], dtype=object)


def _doubles(column: pd.Series[Any]) -> np.ndarray:
    """Numbers as doubles, whatever their type is in this part of the table."""
    return column.to_numpy(dtype=float)
