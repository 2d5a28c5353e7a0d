"""Any model, by sampling: SHAP values as a weighted regression over sets of columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from mxt.errors import ModelError
from mxt.explainers.base import Explainer, Explanation
from mxt.explainers.sampling import Game, chosen, play

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor


class KernelExplainer(Explainer):
    """Estimated SHAP values of any model, by a weighted regression over sets of columns (Kernel SHAP).

    Sets of the smallest and largest sizes are all used, as far as `coalitions` reaches; the others are
    drawn in pairs, a set and its complement. Where all sets are used the values are exact. They add up to
    the prediction always. Their standard error is that of the regression over the pairs drawn (sandwich
    form); it tells nothing of the background's chance. Sources: Lundberg and Lee 2017, arXiv:1705.07874,
    theorem 2; paired sampling, Covert and Lee 2021, arXiv:2012.01536, section 4.

    Example:
        {KIND: KernelExplainer, coalitions: 2048, background_rows: 50, seed: 0}
    """

    KIND: Literal["KernelExplainer"] = "KernelExplainer"

    exact: ClassVar[bool] = False

    coalitions: Annotated[int, Field(ge=2)] = 2048
    """Sets of columns to use for each row, at least two for each column and two more pairs."""

    background_rows: Annotated[int, Field(ge=1)] = 50
    """Rows of the background to use, the same for every row explained."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the sets, with a row's id, and of the choice of background rows."""

    def serves(self, predictor: Predictor) -> bool:  # noqa: ARG002 - it asks nothing of the model but predictions
        return True

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        columns = len(predictor.columns)
        needed = min(2 * columns + 4, 2**columns - 2)
        if self.coalitions < needed:
            msg = f"{self.KIND} needs {needed} coalitions for {columns} columns, not {self.coalitions}."
            raise ModelError(msg)
        plan = _plan(columns, self.coalitions)
        known = chosen(predictor, background, self.background_rows, self.seed, self.KIND)
        found = play(predictor, inputs, known, self.seed, lambda game: _solved(game, plan))
        drawn = f"{2 * plan.pairs} drawn" if plan.pairs else "no other"
        method = (
            f"Kernel SHAP, {len(plan.sets)} enumerated coalitions and {drawn}, {len(known)} background rows"
        )
        return replace(found, method=method)


@dataclass(frozen=True)
class _Plan:
    """Which sets of columns are used for every row, and from which sizes the others are drawn."""

    sets: np.ndarray
    """Booleans, shape (sets, columns)."""
    weights: np.ndarray
    """Their share of the whole kernel's weight, shape (sets,)."""
    shares: np.ndarray
    """The kernel's weight of each size that is left to chance, 0 for the others, shape (columns,)."""
    pairs: int
    """Pairs of a set and its complement to draw."""


class _Drawn(NamedTuple):
    """Pairs of sets, and of their worths less the base."""

    sets: np.ndarray
    """Shape (pairs, 2, columns)."""
    gains: np.ndarray
    """Shape (pairs, 2, outputs)."""


def _plan(columns: int, coalitions: int) -> _Plan:
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
    return _Plan(np.concatenate(sets), np.concatenate(weights), shares, left // 2 if shares.any() else 0)


def _all_of(columns: int, size: int) -> np.ndarray:
    """Every set of `size` columns: booleans, shape (sets, columns)."""
    import numpy as np

    places = np.array([*combinations(range(columns), size)])
    sets = np.zeros((len(places), columns), bool)
    np.put_along_axis(sets, places, values=True, axis=1)
    return sets


def _solved(game: Game, plan: _Plan) -> tuple[np.ndarray, np.ndarray | None]:
    """Values and their standard errors, each of shape (columns, outputs)."""
    import numpy as np

    total = game.prediction - game.base
    columns = len(game.pool.cells)
    if columns == 1:
        return total[np.newaxis], None
    sets = plan.sets.astype(float)
    gains = game.worth(plan.sets) - game.base
    drawn, mass = _drawn(game, plan), plan.shares.sum()
    weighted = sets * plan.weights[:, np.newaxis]
    matrix, target = weighted.T @ sets, weighted.T @ gains
    if plan.pairs:
        flat, share = drawn.sets.reshape(-1, columns), mass / (2 * plan.pairs)
        matrix += share * flat.T @ flat
        target += share * flat.T @ drawn.gains.reshape(len(flat), -1)
    inverse = np.linalg.inv(matrix)
    edge = inverse.sum(axis=1, keepdims=True)
    free = inverse - edge @ edge.T / edge.sum()
    values = free @ target + edge / edge.sum() * total
    return values, _standard_error(drawn, values, mass * free) if plan.pairs else None


def _drawn(game: Game, plan: _Plan) -> _Drawn:
    """Pairs drawn by the kernel's weight of their size; each different set is asked of the model once."""
    import numpy as np

    columns = len(plan.shares)
    bounds = np.cumsum(plan.shares) / max(plan.shares.sum(), 1e-300)
    size = np.searchsorted(bounds, game.chance.random(plan.pairs), side="right")
    order = game.chance.random((plan.pairs, columns)).argsort(axis=1).argsort(axis=1)
    first = order < size[:, np.newaxis]
    sets = np.stack([first, ~first], axis=1)
    different, places = np.unique(np.packbits(sets.reshape(-1, columns), axis=1), axis=0, return_inverse=True)
    unpacked = np.unpackbits(different, axis=1, count=columns).astype(bool)
    gains = (game.worth(unpacked) - game.base)[places.reshape(-1)]
    return _Drawn(sets.astype(float), gains.reshape(plan.pairs, 2, len(game.base)))


def _standard_error(drawn: _Drawn, values: np.ndarray, solve: np.ndarray) -> np.ndarray:
    """Of a weighted regression whose rows were drawn in pairs, shape (columns, outputs).

    The estimate moves by `solve` times the mean over pairs of the sum of set times misfit (White 1980,
    doi:10.2307/1912934, with pairs as clusters).
    """
    import numpy as np

    misfit = drawn.gains - drawn.sets @ values
    moves = np.einsum("psc,pso->pco", drawn.sets, misfit) / 2
    return np.einsum("dc,pco->pdo", solve, moves).std(axis=0, ddof=1) / len(moves) ** 0.5
