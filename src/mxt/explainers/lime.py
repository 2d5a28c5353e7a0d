"""Any model, by a linear surrogate near each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.explainers.base import Explainer, Explanation, require_background
from mxt.explainers.base.sampling import alone, chance, finite, pooled, predicted, unit
from mxt.schemas.casts import holds_numbers
from mxt.stats.surrogates import Surrogate, fit_few, fit_surrogate, stability

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor

QUARTILES = (25, 50, 75)
"""Percentiles of the background that separate the bins of a numeric column."""


class LimeExplainer(Explainer):
    """Coefficients of a linear surrogate, fitted to predictions of random rows near the explained row (LIME).

    Each sample draws every column's cell from the background, independently. The surrogate's inputs say
    whether a cell is in the same quartile as the explained row's cell, or is the same category, or is missing
    too. A sample that differs in d columns has the weight ``exp(-d / (2 width**2))``. A column's value is the
    effect of the row's own bin, and the base is the surrogate's intercept: together they add up to the
    surrogate's prediction, and the residual is its distance from the model's. Each explanation has a
    `fidelity` (weighted R squared) and a `stability` (how far two halves of the sample agree on the leading
    columns).

    Source: Ribeiro et al. 2016, arXiv:1602.04938, with the defaults of `lime` 0.2 and two differences. Cells
    are drawn from the background's cells, where `lime` draws a number from a normal distribution of its bin.
    And all rows share one sample and its predictions, since samples do not depend on the row explained: equal
    rows get equal explanations, in any order.

    Example:
        {KIND: LimeExplainer, samples: 5000, columns: 10, seed: 0}
    """

    KIND: Literal["LimeExplainer"] = "LimeExplainer"

    exact: ClassVar[bool] = False

    samples: Annotated[int, Field(ge=20)] = 5000
    """Number of rows that each surrogate is fitted to: random rows, and the row explained."""

    columns: Annotated[int, Field(ge=1)] | None = None
    """Number of columns that a surrogate uses, those with the highest weights; all columns if left out."""

    kernel_width: Annotated[float, Field(gt=0)] | None = None
    """Width of the kernel that weighs samples; 0.75 times the root of the number of columns if left out."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the samples."""

    def serves(self, predictor: Predictor) -> bool:
        return len(predictor.columns) > 0

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        import numpy as np

        shown = finite(predictor.select(inputs))
        known = finite(predictor.select(require_background(background, self.KIND)))
        places = chance(self.seed).integers(len(known), size=(self.samples - 1, len(predictor.columns)))
        around = predicted(predictor, pooled(known), places)
        bins = _bins(known, shown)
        sampled = np.take_along_axis(bins, places, axis=0)
        prediction, columns = alone(predictor, shown), len(predictor.columns)
        fits = [
            self._fitted(
                np.vstack([np.ones((1, columns)), sampled == bins[len(known) + row]]),
                np.vstack([own, around]),
            )
            for row, own in enumerate(prediction)
        ]
        surrogates = [surrogate for surrogate, _ in fits]
        by_row, by_cell = prediction.shape, (len(shown), columns, len(predictor.outputs))
        return Explanation(
            ids=inputs.index,
            columns=predictor.columns,
            values=np.reshape([fit.coefficients for fit in surrogates], by_cell),
            base=np.reshape([fit.intercept for fit in surrogates], by_row),
            prediction=prediction,
            unit=unit(predictor),
            outputs=predictor.outputs,
            method=f"LIME, {self.samples} samples, {self.columns or 'all'} columns",
            freedom=self.samples - min(columns, self.columns or columns) - 1.0,
            standard_error=np.reshape([fit.standard_error for fit in surrogates], by_cell),
            fit={
                "fidelity": np.reshape([fit.fidelity for fit in surrogates], by_row),
                "stability": np.reshape([agreed for _, agreed in fits], by_row),
            },
            additive=False,
        )

    def _fitted(self, same: np.ndarray, targets: np.ndarray) -> tuple[Surrogate, np.ndarray]:
        """The surrogate, and how far surrogates of the two halves of the sample agree, shape (outputs,)."""
        weights = proximity(same, self.kernel_width)
        halves = [self._surrogate(same[at::2], weights[at::2], targets[at::2]) for at in (0, 1)]
        return self._surrogate(same, weights, targets), stability(*[half.coefficients for half in halves])

    def _surrogate(self, same: np.ndarray, weights: np.ndarray, targets: np.ndarray) -> Surrogate:
        if self.columns is None or self.columns >= same.shape[1]:
            return fit_surrogate(same, weights, targets)
        return fit_few(same, weights, targets, self.columns)


def proximity(same: np.ndarray, kernel_width: float | None = None) -> np.ndarray:
    """The weight of each sample, shape (samples,).

    Args:
        same: Whether each cell is in the bin of the explained row's, shape (samples, columns).
        kernel_width: 0.75 times the root of the number of columns if None.
    """
    import numpy as np

    width = kernel_width or 0.75 * same.shape[1] ** 0.5
    return np.exp((same - 1).sum(axis=1) / (2 * width**2))


def _bins(known: pd.DataFrame, inputs: pd.DataFrame) -> np.ndarray:
    """The bin of each cell of the background, then of the inputs: whole numbers, shape (rows, columns)."""
    import numpy as np
    import pandas as pd

    both = [_binned(known[name], pd.concat([known[name], inputs[name]])) for name in known]
    return np.column_stack(both)


def _binned(known: pd.Series, cells: pd.Series) -> np.ndarray:
    """The bin of each cell: a quartile of `known` for numbers, a bin of its own for any other value."""
    import numpy as np
    import pandas as pd

    if not holds_numbers(known):
        return pd.factorize(cells)[0]
    numbers = known.to_numpy(float, na_value=np.nan)
    numbers = numbers[~np.isnan(numbers)]
    edges = np.unique(np.percentile(numbers, QUARTILES)) if len(numbers) else numbers
    values = cells.to_numpy(float, na_value=np.nan)
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values))
