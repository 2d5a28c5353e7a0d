"""Any model of few columns, exactly: SHAP values from all sets of columns."""

from __future__ import annotations

from dataclasses import replace
from math import factorial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.errors import ModelError
from mxt.explainers.base import Explainer, Explanation
from mxt.explainers.base.sampling import Game, chosen, play

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor

MOST_COLUMNS = 12
"""Largest number of columns, so that no row needs more than 4,096 sets of columns."""


class EnumerationExplainer(Explainer):
    """Exact SHAP values of any model of at most 12 source columns, from every set of columns.

    Absent columns take the cells of background rows; values are exact against the rows used.
    Source: Shapley 1953, doi:10.1515/9781400881970-018; Lundberg and Lee 2017, arXiv:1705.07874, equation 8.

    Example:
        {KIND: EnumerationExplainer, background_rows: 50, seed: 0}
    """

    KIND: Literal["EnumerationExplainer"] = "EnumerationExplainer"

    exact: ClassVar[bool] = True

    cost: ClassVar[int] = 2

    background_rows: Annotated[int, Field(ge=1)] = 50
    """Number of background rows to use, the same rows for every row explained."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the choice of background rows."""

    def serves(self, predictor: Predictor) -> bool:
        return 0 < len(predictor.columns) <= MOST_COLUMNS

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        columns = len(predictor.columns)
        if columns > MOST_COLUMNS:
            msg = (
                f"{self.KIND} takes at most {MOST_COLUMNS} columns, and the model has {columns}; "
                "try {KIND: PermutationExplainer}."
            )
            raise ModelError(msg)
        known = chosen(predictor, background, self.background_rows, self.seed, self.KIND)
        method = f"all {2**columns} sets of columns, {len(known)} background rows"
        return replace(play(predictor, inputs, known, self.seed, _solved), method=method)


def _solved(game: Game) -> tuple[np.ndarray, None]:
    """Each column's weighted mean gain over the sets that it joins, shape (columns, outputs)."""
    import numpy as np

    columns = len(game.pool.cells)
    sets = np.arange(1, 2**columns - 1)[:, np.newaxis] >> np.arange(columns) & 1 == 1
    worths = np.concatenate([[game.base], game.worth(sets), [game.prediction]])
    sets = np.concatenate([np.zeros((1, columns), bool), sets, np.ones((1, columns), bool)])
    ways = np.array([factorial(size) * factorial(columns - 1 - size) for size in range(columns)])
    shares = np.append(0, ways) / factorial(columns), np.append(ways, 0) / factorial(columns)
    size = sets.sum(axis=1, keepdims=True)
    weights = np.where(sets, shares[0][size], -shares[1][size])
    return weights.T @ worths, None
