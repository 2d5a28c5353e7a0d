"""Any model, by sampling: SHAP values from random orders of the columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.explainers.base import Explainer, Explanation
from mxt.explainers.base.sampling import Game, chosen, play

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor

SPARE_ORDERS = 2
"""Number of orders by which the divisor of a standard error is reduced: one for the mean, and one because the
values of single orders are few and skewed, so that their spread is more often too small than too large."""


class PermutationExplainer(Explainer):
    """Estimated SHAP values of any model, from orders of its source columns drawn forward and backward.

    Absent columns take the cells of background rows. Values add up to the prediction whatever the number of
    orders. Their standard error covers the chance of the orders but not of the background. It is NaN for two
    orders, and has one degree of freedom less than there are orders. Source: antithetic permutations,
    Mitchell et al. 2022, JMLR 23(43), section 4.

    Example:
        {KIND: PermutationExplainer, orders: 10, background_rows: 50, seed: 0}
    """

    KIND: Literal["PermutationExplainer"] = "PermutationExplainer"

    exact: ClassVar[bool] = False

    orders: Annotated[int, Field(ge=1)] = 10
    """Number of random orders of the columns for each row; each order is used forward and backward."""

    background_rows: Annotated[int, Field(ge=1)] = 50
    """Number of background rows to use, the same rows for every row explained."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the orders, together with a row's id, and of the choice of background rows."""

    def serves(self, predictor: Predictor) -> bool:
        return len(predictor.columns) > 0

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        known = chosen(predictor, background, self.background_rows, self.seed, self.KIND)
        few = " (too few for a standard error)" if self.orders == SPARE_ORDERS else ""
        orders = f"{self.orders} orders and their reverses{few}"
        method = f"Permutation SHAP, {orders}, {len(known)} background rows"
        explanation = play(predictor, inputs, known, self.seed, self._solve)
        return replace(explanation, method=method, freedom=self.orders - 1.0)

    def _solve(self, game: Game) -> tuple[np.ndarray, np.ndarray | None]:
        """Values and their standard errors, each of shape (columns, outputs)."""
        import numpy as np

        orders = game.chance.random((self.orders, len(game.pool.cells))).argsort(axis=1)
        pairs = _steps(game, orders)
        if self.orders == 1:
            return pairs[0], None
        values = pairs.mean(axis=0)
        if self.orders == SPARE_ORDERS:
            return values, np.full_like(values, np.nan)
        return values, pairs.std(axis=0) / (self.orders - SPARE_ORDERS) ** 0.5


def _steps(game: Game, orders: np.ndarray) -> np.ndarray:
    """What each column adds when it joins, the mean of an order and its reverse.

    Args:
        game: The worths of sets of columns.
        orders: Columns in the order in which they join, shape (orders, columns).

    Returns:
        Shape (orders, columns, outputs); each order's sum is the prediction less the base.
    """
    import numpy as np

    count, columns = orders.shape
    place = orders.argsort(axis=1)
    first = place[:, np.newaxis] < np.arange(1, columns)[:, np.newaxis]
    sets = np.stack([first, ~first[:, ::-1]], axis=1)
    worths = game.worth(sets.reshape(-1, columns)).reshape(count, 2, columns - 1, len(game.base))
    none, every = (np.broadcast_to(end, (count, 2, 1, len(end))) for end in (game.base, game.prediction))
    joined = np.diff(np.concatenate([none, worths, every], axis=2), axis=2)
    forward = np.take_along_axis(joined[:, 0], place[:, :, np.newaxis], axis=1)
    backward = np.take_along_axis(joined[:, 1], (columns - 1 - place)[:, :, np.newaxis], axis=1)
    return (forward + backward) / 2
