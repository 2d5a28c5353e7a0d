"""Any model, by sampling: SHAP values as a weighted regression over sets of columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from mxt.errors import ModelError
from mxt.explainers.base import Explainer, Explanation
from mxt.explainers.base.sampling import Game, chosen, play

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor

FEWEST_PAIRS = 15
"""Fewest pairs whose spread is certain enough for a standard error."""

SPARE_PAIRS = 4
"""Number of pairs by which the divisor of a standard error is reduced: one for the mean, and three because
misfits are skewed, so that the spread of few pairs is more often too small than too large."""


class KernelExplainer(Explainer):
    """Estimated SHAP values of any model, by a weighted regression over sets of columns (Kernel SHAP).

    All sets of the smallest and largest sizes are used, as far as `coalitions` reaches; sets of other sizes
    are drawn in pairs, a set and its complement. If all sets are used the values are exact. They always add
    up to the prediction.

    A regression on few drawn pairs is biased, and fits the drawn pairs too well. So, for each pair in turn,
    the regression without the pair is corrected by its misfit on the pair. The mean of the corrected values
    has no bias, and their spread gives its standard error, which covers the chance of the pairs but not of
    the background, and has one degree of freedom less than there are pairs. With fewer pairs than columns, or
    fewer than 15, values come from the plain regression, which relies on the enumerated sets, and their
    standard error is NaN.

    Sources: Lundberg and Lee 2017, arXiv:1705.07874, theorem 2; paired sampling, Covert and Lee 2021,
    arXiv:2012.01536, section 4; leave-one-out correction, Wu and Gagnon-Bartsch 2018,
    doi:10.1177/0193841X18808003.

    Example:
        {KIND: KernelExplainer, coalitions: 2048, background_rows: 50, seed: 0}
    """

    KIND: Literal["KernelExplainer"] = "KernelExplainer"

    exact: ClassVar[bool] = False

    coalitions: Annotated[int, Field(ge=2)] = 2048
    """Number of sets of columns to use for each row: at least two for each column and four more. Standard
    errors need four for each column, and at least two for each column and 30 more."""

    background_rows: Annotated[int, Field(ge=1)] = 50
    """Number of background rows to use, the same rows for every row explained."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the drawn sets, together with a row's id, and of the choice of background rows."""

    def serves(self, predictor: Predictor) -> bool:
        return len(predictor.columns) > 0

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        columns = len(predictor.columns)
        needed = min(2 * columns + 4, 2**columns - 2)
        if self.coalitions < needed:
            msg = f"{self.KIND} needs {needed} coalitions for {columns} columns, not {self.coalitions}."
            raise ModelError(msg)
        design = _design(columns, self.coalitions)
        known = chosen(predictor, background, self.background_rows, self.seed, self.KIND)
        explanation = play(predictor, inputs, known, self.seed, lambda game: _solved(game, design))
        drawn = f"{2 * design.pairs} drawn" if design.pairs else "no other"
        few = " (too few for a standard error)" if design.pairs and not design.enough else ""
        sets = f"{len(design.sets)} enumerated coalitions and {drawn}{few}"
        method = f"Kernel SHAP, {sets}, {len(known)} background rows"
        return replace(explanation, method=method, freedom=design.pairs - 1.0)


@dataclass(frozen=True)
class _Design:
    """Design of a regression: the sets of columns used for every row, and how others are drawn."""

    sets: np.ndarray
    """Booleans, shape (sets, columns)."""
    weights: np.ndarray
    """Each set's share of the kernel's total weight, shape (sets,)."""
    shares: np.ndarray
    """The kernel's weight of each size from which sets are drawn, 0 for other sizes, shape (columns,)."""
    pairs: int
    """Number of pairs to draw, each a set and its complement."""

    @property
    def enough(self) -> bool:
        """Whether there are enough pairs for a standard error."""
        return self.pairs >= max(len(self.shares), FEWEST_PAIRS)


class _Drawn(NamedTuple):
    """Drawn pairs of sets, and their worths less the base."""

    sets: np.ndarray
    """Shape (pairs, 2, columns)."""
    gains: np.ndarray
    """Shape (pairs, 2, outputs)."""


class _Sums(NamedTuple):
    """Both sides of the normal equations of a weighted regression."""

    matrix: np.ndarray
    """Shape (columns, columns)."""
    target: np.ndarray
    """Shape (columns, outputs)."""

    def plus(self, drawn: _Drawn, weight: float) -> _Sums:
        """The sums with each drawn pair added at a weight."""
        sets = drawn.sets.reshape(-1, drawn.sets.shape[2])
        gains, half = drawn.gains.reshape(len(sets), -1), weight / 2
        return _Sums(self.matrix + half * sets.T @ sets, self.target + half * sets.T @ gains)


def _design(columns: int, coalitions: int) -> _Design:
    """The design that uses `coalitions` sets: whole sizes of sets first, then pairs from the other sizes."""
    import numpy as np

    sizes = np.arange(1, columns)
    shares = np.append(0.0, 1 / (sizes * (columns - sizes)))
    shares /= max(shares.sum(), 1e-300)
    left, sets, weights = coalitions, [np.zeros((0, columns), bool)], [np.zeros(0)]
    for size in range(1, columns // 2 + 1):
        both = sorted({size, columns - size})
        count = len(both) * comb(columns, size)
        if size > 1 and left * shares[both].sum() / shares.sum() < count * (1 - 1e-9):
            break
        chosen_sets = _all_of(columns, size)
        sets += [chosen_sets, ~chosen_sets][: len(both)]
        weights.append(np.full(count, shares[size] / comb(columns, size)))
        shares[both] = 0
        left -= count
    return _Design(np.concatenate(sets), np.concatenate(weights), shares, left // 2 if shares.any() else 0)


def _all_of(columns: int, size: int) -> np.ndarray:
    """Every set of `size` columns: booleans, shape (sets, columns)."""
    import numpy as np

    places = np.array([*combinations(range(columns), size)])
    sets = np.zeros((len(places), columns), bool)
    np.put_along_axis(sets, places, values=True, axis=1)
    return sets


def _solved(game: Game, design: _Design) -> tuple[np.ndarray, np.ndarray | None]:
    """Values and their standard errors, each of shape (columns, outputs)."""
    import numpy as np

    total = game.prediction - game.base
    columns = len(game.pool.cells)
    if columns == 1:
        return total[np.newaxis], None
    sets = design.sets.astype(float)
    weighted = sets * design.weights[:, np.newaxis]
    enumerated = _Sums(weighted.T @ sets, weighted.T @ (game.worth(design.sets) - game.base))
    if not design.pairs:
        return _fitted(enumerated, total)[0], None
    drawn = _drawn(game, design)
    if not design.enough:
        values, _ = _fitted(enumerated.plus(drawn, design.shares.sum() / design.pairs), total)
        return values, np.full_like(values, np.nan)
    return _corrected(enumerated, drawn, design.shares, total)


def _fitted(sums: _Sums, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The regression's values, which add up to `total`, and the matrix that maps its target to them."""
    import numpy as np

    inverse = np.linalg.inv(sums.matrix)
    edge = inverse.sum(axis=1, keepdims=True)
    free = inverse - edge @ edge.T / edge.sum()
    return free @ sums.target + edge / edge.sum() * total, free


def _corrected(
    enumerated: _Sums, drawn: _Drawn, shares: np.ndarray, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Unbiased values and their standard errors, each of shape (columns, outputs).

    As the values have a fixed sum, a pair of sets S and S' enters the regression by one equation only:
    ``halves @ values = gaps``. `halves` is 1/2 for a column in S and -1/2 for a column in S', and `gaps` is
    half the difference of their worths. Over all sets of columns, the weighted moment matrix of `halves`
    maps values of sum 0 to ``1 / inverse`` times themselves. Each size of set contributes equally to the
    matrix, so the sizes that are drawn contribute the share ``sizes``. Values corrected by one pair with that
    matrix are therefore unbiased if the values that are corrected do not depend on the pair: they come from
    the regression on all other pairs, in which drawn pairs weigh less the fewer there are for each column.
    """
    import numpy as np

    pairs, columns = len(drawn.sets), len(shares)
    mass, sizes = shares.sum(), np.count_nonzero(shares) / (columns - 1)
    weight = (1 - (columns - 1) / pairs) * mass / pairs
    sums = enumerated.plus(drawn, weight)
    values, free = _fitted(sums, total)
    halves, gaps = drawn.sets[:, 0] - 0.5, (drawn.gains[:, 0] - drawn.gains[:, 1]) / 2
    moved = halves @ free
    leverage = weight * (moved * halves).sum(axis=1, keepdims=True)
    misfit = (gaps - halves @ values) / (1 - leverage)
    inverse = 2 * (1 / np.arange(1, columns)).sum()
    pulls = inverse * mass * (halves - halves.mean(axis=1, keepdims=True)) - sizes * weight * moved
    left = enumerated.target - enumerated.matrix @ values
    mean = pulls.T @ misfit / pairs
    spread = (pulls**2).T @ misfit**2 / pairs - mean**2
    values = values + inverse * (left - left.mean(axis=0)) + mean
    return values, np.sqrt(np.maximum(spread, 0) / (pairs - SPARE_PAIRS))


def _drawn(game: Game, design: _Design) -> _Drawn:
    """Pairs drawn by the kernel's weight of their size; each distinct set is evaluated once."""
    import numpy as np

    columns = len(design.shares)
    bounds = np.cumsum(design.shares) / max(design.shares.sum(), 1e-300)
    size = np.searchsorted(bounds, game.chance.random(design.pairs), side="right")
    order = game.chance.random((design.pairs, columns)).argsort(axis=1).argsort(axis=1)
    first = order < size[:, np.newaxis]
    sets = np.stack([first, ~first], axis=1)
    different, places = np.unique(np.packbits(sets.reshape(-1, columns), axis=1), axis=0, return_inverse=True)
    unpacked = np.unpackbits(different, axis=1, count=columns).astype(bool)
    gains = (game.worth(unpacked) - game.base)[places.reshape(-1)]
    return _Drawn(sets.astype(float), gains.reshape(design.pairs, 2, len(game.base)))
