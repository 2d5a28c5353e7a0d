"""Means of a whole table, estimated from a sample of its rows, with strata counted in the whole table.

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

FEWEST = 10
"""Sampled rows to be expected of a stratum; one with fewer is put together with its neighbour."""


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
    """`exact_sum` of their squares, of the same shape."""

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
        population = np.array([[inside.sum() for inside in of] for of in rows])
        sampled = np.array([[(inside & taken).sum() for inside in of] for of in rows])
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
        degrees of freedom of 5.16. This needs strata that do not depend on how many rows of each were drawn:
        they are put together by the counts to be expected. Only those with less than two rows, one in
        thousands, are joined by what was drawn.
        """
        import numpy as np

        groups = _grouped(self.population[:, output].tolist(), self.sampled[:, output].tolist())
        columns = [self._mean(groups, column, output) for column in range(self.sums.shape[1])]
        return Means(*np.array(columns).T)

    def _mean(self, groups: list[list[int]], column: int, output: int) -> tuple[float, float, float]:
        mean, errors, counts = 0.0, [], []
        for group in groups:
            count, rows = (int(of[group, output].sum()) for of in (self.sampled, self.population))
            within = spread(
                count, self.sums[group, column, output].sum(), self.squares[group, column, output].sum()
            )
            mean += rows / self.rows * within.mean
            errors.append(rows / self.rows * math.sqrt(1 - count / rows) * within.error)
            counts.append(count)
        error = math.hypot(*errors)
        if not error > 0:
            return mean, error, float(max(1, self.rows_sampled - len(groups)))
        # By shares of the variance, since the square of a variance may be beyond the largest double.
        doubt = sum((of / error) ** 4 / (count - 1) for of, count in zip(errors, counts, strict=True))
        return mean, error, 1 / doubt

    def to_bytes(self) -> bytes:
        """As JSON; sums in hexadecimal, since decimal digits are slow and bounded in number."""
        counts = {"population": self.population.tolist(), "sampled": self.sampled.tolist()}
        sums = {"sums": _hexed(self.sums), "squares": _hexed(self.squares)}
        return json.dumps({**counts, **sums, "shape": self.sums.shape}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Strata:
        """The strata that `to_bytes` wrote."""
        import numpy as np

        facts = json.loads(content)
        sums = [
            np.array([int(total, 16) for total in facts[name]], dtype=object).reshape(facts["shape"])
            for name in ("sums", "squares")
        ]
        return cls(np.array(facts["population"]), np.array(facts["sampled"]), *sums)


def together(parts: Iterable[Strata]) -> Strata:
    """The strata of the rows of all parts, of which there is one at least."""
    others = iter(parts)
    whole = next(others)
    for part in others:
        whole = Strata(
            whole.population + part.population,
            whole.sampled + part.sampled,
            whole.sums + part.sums,
            whole.squares + part.squares,
        )
    return whole


def _grouped(population: list[int], sampled: list[int]) -> list[list[int]]:
    """Neighbouring strata put together, so that `FEWEST` sampled rows are expected of each, or all there are.

    Rows drawn are not counted for this: a group that ends once it has enough of them holds too many rows of
    its last stratum, and its mean is biased.
    """
    rows, drawn = sum(population), sum(sampled)
    groups: list[list[int]] = [[]]
    for place in range(len(population)):
        groups[-1].append(place)
        if sum(population[one] for one in groups[-1]) * drawn >= FEWEST * rows:
            groups.append([])
    rest = groups.pop()
    if not groups:
        return [rest]
    groups[-1] += rest
    while len(groups) > 1:
        few = (
            at for at, group in enumerate(groups) if sum(sampled[one] for one in group) <= 1
        )  # too few for a variance
        at = next(few, None)
        if at is None:
            break
        lower = max(at, 1) - 1
        groups[lower : lower + 2] = [groups[lower] + groups[lower + 1]]
    return groups


def _hexed(sums: np.ndarray) -> list[str]:
    return [hex(total) for total in sums.ravel()]
