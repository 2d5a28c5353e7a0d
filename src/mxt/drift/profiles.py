"""Profiles: where the values of a column lie among those of its reference, in counts that add up."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Profile:
    """How many rows of a column lie where among the distinct values of its reference.

    Counts of the parts of a table add up to those of the table, in any order. Nothing that a measure needs
    is lost: between two neighbours of the reference its distribution function does not change.
    """

    column: str
    numeric: bool
    """Whether the reference holds numbers rather than categories."""
    values: np.ndarray
    """Distinct values of the reference in increasing order, shape (m,): doubles, or categories as text."""
    counts: np.ndarray
    """Numbers of rows, the last that of rows without a value.

    Of numbers, shape (2m + 2,): those below the first value, at it, between it and the next, and so on.
    Of categories, shape (m + 2,): those of each, and those of none of them.
    """

    @classmethod
    def of(cls, reference: pd.Series[Any]) -> Profile:
        """The profile of a reference among its own values."""
        import numpy as np

        numeric = _is_number(reference)
        values = np.unique(_doubles(reference.dropna())) if numeric else _categories(reference)
        empty = np.zeros((2 if numeric else 1) * len(values) + 2, dtype=np.int64)
        return cls(str(reference.name), numeric, values, empty).like(reference)

    def like(self, column: pd.Series[Any]) -> Profile:
        """The profile of another column among the same values.

        Raises:
            DataError: One holds numbers, and the other categories.
        """
        import pandas as pd

        fits = pd.api.types.is_numeric_dtype(column) if self.numeric else not _is_number(column)
        if not fits and column.notna().any():
            msg = f"Column {self.column!r} holds numbers in one sample and categories in the other; cast one."
            raise DataError(msg)
        counts = self._number_counts(column) if self.numeric else self._category_counts(column)
        return replace(self, counts=counts)

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
        texts = pd.Index([str(value) for value in found], dtype=object)
        places = pd.Index(self.values, dtype=object).get_indexer(texts)
        counts = np.zeros_like(self.counts)
        rows = np.bincount(codes[codes >= 0], minlength=len(found))
        np.add.at(counts, np.where(places < 0, len(self.values), places), rows)
        counts[-1] = (codes < 0).sum()
        return counts


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
    """SHA-256 of what the places of counts depend on: the names and values of the references."""
    told = [[profile.column, profile.numeric, profile.values.tolist()] for profile in references]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _is_number(column: pd.Series[Any]) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _doubles(column: pd.Series[Any]) -> np.ndarray:
    """Numbers as doubles, whatever their type is in this part of the table."""
    return column.to_numpy(dtype=float)


def _categories(column: pd.Series[Any]) -> np.ndarray:
    import numpy as np

    return np.array(sorted({str(value) for value in column.dropna().unique()}), dtype=object)
