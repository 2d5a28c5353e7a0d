"""Means of a whole table, told by a sample of its rows whose strata are counted in the whole table.

Sums are exact and can be merged: no order of the rows, and no cut into parts, changes a bit.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mxt.stats.sums import exact_sum, spread

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

FEWEST = 5
"""Sampled rows that a stratum needs; one with fewer is put together with its neighbour."""


class Means(NamedTuple):
    """Estimates of means, arrays of shape (columns,)."""

    means: np.ndarray
    errors: np.ndarray
    """Their standard errors; NaN where one row was sampled."""
    freedom: np.ndarray
    """The degrees of freedom of the errors."""


@dataclass(frozen=True)
class Strata:
    """Sums over the sampled rows of each stratum, and its number of rows; each output has its own strata."""

    population: np.ndarray
    """Rows of the table, shape (strata, outputs)."""
    sampled: np.ndarray
    """Rows of the sample, shape (strata, outputs)."""
    sums: np.ndarray
    """`exact_sum` of the numbers, shape (strata, columns, outputs)."""
    squares: np.ndarray
    """That of their squares."""

    @classmethod
    def of(cls, strata: np.ndarray, taken: np.ndarray, values: np.ndarray, count: int) -> Strata:
        """The sums of some rows.

        Args:
            strata: The number of each row's stratum, shape (rows, outputs).
            taken: Whether each row is in the sample, shape (rows,).
            values: Numbers of the rows taken, shape (rows taken, columns, outputs).
            count: How many strata there are.
        """
        import numpy as np

        _, columns, outputs = values.shape
        rows = [[strata[:, output] == place for output in range(outputs)] for place in range(count)]
        sums, squares = np.empty((2, count, columns, outputs), dtype=object)
        for place, column, output in np.ndindex(count, columns, outputs):
            numbers = values[rows[place][output][taken], column, output].astype(np.float64)
            sums[place, column, output] = exact_sum(numbers)
            squares[place, column, output] = exact_sum(numbers * numbers)
        population = np.array([[found.sum() for found in of] for of in rows])
        sampled = np.array([[(found & taken).sum() for found in of] for of in rows])
        return cls(population, sampled, sums, squares)

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return int(self.population[:, 0].sum())

    @property
    def rows_sampled(self) -> int:
        """Rows of the sample."""
        return int(self.sampled[:, 0].sum())

    def means(self, output: int) -> Means:
        """Each column's mean over all rows of the table, for one output.

        The mean of post-strata, weighted by their rows (Cochran, Sampling Techniques, 1977, 5A.9). Given how
        many rows of each were drawn, these are a simple random sample of it without replacement (Holt and
        Smith 1979, doi:10.2307/2344652), so the variance is that of a stratified sample (5.11) with the
        degrees of freedom of 5.16.
        """
        import numpy as np

        groups = _grouped(self.sampled[:, output].tolist())
        found = [self._mean(groups, column, output) for column in range(self.sums.shape[1])]
        return Means(*np.array(found).T)

    def _mean(self, groups: list[list[int]], column: int, output: int) -> tuple[float, float, float]:
        mean = variance = doubt = 0.0
        for group in groups:
            count, rows = (int(of[group, output].sum()) for of in (self.sampled, self.population))
            within = spread(
                count, self.sums[group, column, output].sum(), self.squares[group, column, output].sum()
            )
            weight = rows / self.rows
            of_group = weight**2 * (1 - count / rows) * within.error**2
            mean += weight * within.mean
            variance += of_group
            doubt += of_group**2 / max(1, count - 1)
        known = self.rows_sampled - len(groups)
        return mean, math.sqrt(variance), variance**2 / doubt if doubt > 0 else float(max(1, known))

    def to_bytes(self) -> bytes:
        """As JSON; sums in hexadecimal, since decimal digits are slow and bounded in number."""
        counts = {"population": self.population.tolist(), "sampled": self.sampled.tolist()}
        sums = {"sums": _hexed(self.sums), "squares": _hexed(self.squares)}
        return json.dumps({**counts, **sums, "shape": self.sums.shape}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Strata:
        """The strata of `to_bytes`."""
        import numpy as np

        told = json.loads(content)
        sums = [
            np.array([int(total, 16) for total in told[name]], dtype=object).reshape(told["shape"])
            for name in ("sums", "squares")
        ]
        return cls(np.array(told["population"]), np.array(told["sampled"]), *sums)


def together(parts: Iterable[Strata]) -> Strata:
    """The strata of the rows of all parts, of which there is one at least."""
    found = iter(parts)
    whole = next(found)
    for part in found:
        whole = Strata(
            whole.population + part.population,
            whole.sampled + part.sampled,
            whole.sums + part.sums,
            whole.squares + part.squares,
        )
    return whole


def _grouped(sampled: list[int]) -> list[list[int]]:
    """Neighbouring strata put together, so that each group has `FEWEST` sampled rows, or all there are."""
    groups: list[list[int]] = [[]]
    for place in range(len(sampled)):
        groups[-1].append(place)
        if sum(sampled[one] for one in groups[-1]) >= FEWEST:
            groups.append([])
    rest = groups.pop()
    if groups:
        groups[-1] += rest
    return groups or [rest]


def _hexed(sums: np.ndarray) -> list[str]:
    return [hex(total) for total in sums.ravel()]
