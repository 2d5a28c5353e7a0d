"""Any model, by a linear surrogate of it near each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from mxt.explainers.base import Explainer, Explanation, require_background
from mxt.explainers.base.sampling import alone, chance, finite, pooled, predicted, unit
from mxt.stats.surrogates import Surrogate, fit_few, fit_surrogate, stability

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor

QUARTILES = (25, 50, 75)
"""Percentiles of the background that part a number's bins."""


class LimeExplainer(Explainer):
    """Coefficients of a linear surrogate, fitted to predictions of random rows near the one explained (LIME).

    Each sample draws every column's cell from the background, independently. The surrogate sees whether a
    cell falls in the same quartile as the explained row's, or is the same category, or is missing alike. A
    sample that differs in d columns weighs ``exp(-d / (2 width**2))``. A column's value is what being in
    the row's own bin adds, and the base is the surrogate's intercept: they add up to the surrogate's
    prediction, and the residual is how far that is from the model's. Beside each answer stand its
    `fidelity` (weighted R squared) and `stability` (whether two halves of the sample agree on the leading
    columns). Source: Ribeiro et al. 2016, arXiv:1602.04938, with the defaults of `lime` 0.2, but for two
    things. A cell is drawn among the background's own, where `lime` draws a number from a normal
    distribution of its bin. And as samples do not depend on the row explained, all rows share one sample
    and its predictions: equal rows get equal answers, in any order.

    Example:
        {KIND: LimeExplainer, samples: 5000, columns: 10, seed: 0}
    """

    KIND: Literal["LimeExplainer"] = "LimeExplainer"

    exact: ClassVar[bool] = False

    samples: Annotated[int, Field(ge=20)] = 5000
    """Rows that each surrogate is fitted to: random ones, and the row explained."""

    columns: Annotated[int, Field(ge=1)] | None = None
    """Columns that a surrogate may use, those with the highest weights; all if left out."""

    kernel_width: Annotated[float, Field(gt=0)] | None = None
    """Width of the kernel that weighs samples; 0.75 times the root of the number of columns if left out."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the samples."""

    def serves(self, predictor: Predictor) -> bool:  # noqa: ARG002 - it asks nothing of the model but predictions
        return True

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
        answers = []
        for row, own in enumerate(alone(predictor, shown)):
            same = np.vstack([np.ones((1, places.shape[1])), sampled == bins[len(known) + row]])
            answers.append((own, *self._fitted(same, np.vstack([own, around]))))
        return self._told(predictor, inputs, answers)

    def _told(
        self,
        predictor: Predictor,
        inputs: pd.DataFrame,
        answers: list[tuple[np.ndarray, Surrogate, np.ndarray]],
    ) -> Explanation:
        import numpy as np

        columns, classes = len(predictor.columns), len(predictor.outputs)
        fits = [fit for _, fit, _ in answers]
        values = [fit.coefficients for fit in fits]
        return Explanation(
            ids=inputs.index,
            columns=predictor.columns,
            values=np.reshape(values, (-1, columns, classes)),
            base=np.reshape([fit.intercept for fit in fits], (-1, classes)),
            prediction=np.reshape([prediction for prediction, _, _ in answers], (-1, classes)),
            unit=unit(predictor),
            outputs=predictor.outputs,
            method=f"LIME, {self.samples} samples, {self.columns or 'all'} columns",
            freedom=self.samples - min(columns, self.columns or columns) - 1.0,
            standard_error=np.reshape([fit.standard_error for fit in fits], (-1, columns, classes)),
            fit={
                "fidelity": np.reshape([fit.fidelity for fit in fits], (-1, classes)),
                "stability": np.reshape([agreed for _, _, agreed in answers], (-1, classes)),
            },
            additive=False,
        )

    def _fitted(self, same: np.ndarray, targets: np.ndarray) -> tuple[Surrogate, np.ndarray]:
        """The surrogate, and how well those of the two halves of the sample agree, shape (outputs,)."""
        weights = proximity(same, self.kernel_width)
        halves = [self._surrogate(same[at::2], weights[at::2], targets[at::2]) for at in (0, 1)]
        return self._surrogate(same, weights, targets), stability(*[half.coefficients for half in halves])

    def _surrogate(self, same: np.ndarray, weights: np.ndarray, targets: np.ndarray) -> Surrogate:
        if self.columns is None or self.columns >= same.shape[1]:
            return fit_surrogate(same, weights, targets)
        return fit_few(same, weights, targets, self.columns)


def proximity(same: np.ndarray, kernel_width: float | None = None) -> np.ndarray:
    """The weight of each sample, shape (samples,), from whether its cells agree, shape (samples, columns)."""
    import numpy as np

    width = kernel_width or 0.75 * same.shape[1] ** 0.5
    return np.exp((same - 1).sum(axis=1) / (2 * width**2))


def _bins(known: pd.DataFrame, inputs: pd.DataFrame) -> np.ndarray:
    """The bin of each cell of the background, then of the inputs: whole numbers, shape (rows, columns)."""
    import numpy as np
    import pandas as pd

    both = [_binned(known[name], pd.concat([known[name], inputs[name]])) for name in known]
    return np.column_stack(both)


def _binned(known: pd.Series[Any], cells: pd.Series[Any]) -> np.ndarray:
    """Quartiles of `known` for numbers, a bin for each value of other types, and one for what is missing."""
    import numpy as np
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_bool_dtype(known) or not is_numeric_dtype(known):
        return pd.factorize(cells)[0]
    numbers = known.to_numpy(float, na_value=np.nan)
    numbers = numbers[~np.isnan(numbers)]
    edges = np.unique(np.percentile(numbers, QUARTILES)) if len(numbers) else numbers
    found = cells.to_numpy(float, na_value=np.nan)
    return np.where(np.isnan(found), -1, np.searchsorted(edges, found))
