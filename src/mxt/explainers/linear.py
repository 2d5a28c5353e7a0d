"""Linear models, exactly."""

from __future__ import annotations

import json
from math import factorial
from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.errors import ModelError
from mxt.explainers.base import Explainer, Explanation, fold, require_background

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor

MOST_COLUMNS = 12
"""Largest number of source columns for which conditional values are computed."""

_LINEAR_MODULES = ("sklearn.linear_model.", "sklearn.discriminant_analysis")


class LinearExplainer(Explainer):
    """Exact SHAP values of a linear model against the background.

    `correlation` says how correlated columns are treated. ``independent``: a column's contribution is its
    coefficient times its distance from the background's mean, whatever the other columns are (Lundberg and
    Lee 2017, arXiv:1705.07874, corollary 1). ``gaussian``: unknown columns take their conditional mean given
    the known columns, under a normal distribution with the background's means and covariances, so that
    correlated columns share their contributions (Aas et al. 2021, arXiv:1903.10464, section 3.1); exact too,
    from all sets of at most 12 source columns. Generalised linear models with a log link are explained in the
    logarithm of their prediction, unit ``margin``.

    Example:
        {KIND: LinearExplainer, correlation: independent}
    """

    KIND: Literal["LinearExplainer"] = "LinearExplainer"

    exact: ClassVar[bool] = True

    correlation: Literal["independent", "gaussian"] = "independent"
    """Whether columns are taken as independent, or as jointly normal."""

    def serves(self, predictor: Predictor) -> bool:
        core = type(predictor.core)
        named = core.__module__.startswith(_LINEAR_MODULES) or core.__name__.startswith("LinearSV")
        return (named and hasattr(predictor.core, "coef_")) or _gblinear(predictor) is not None

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        import numpy as np

        self.require(predictor)
        compared = require_background(background, self.KIND)
        known = _numbers(predictor, compared)
        distances = _numbers(predictor, inputs) - known.mean(axis=0)
        slope, _ = predictor.calibration
        coefficients = slope * _coefficients(predictor)
        if self.correlation == "independent":
            each = distances[:, :, np.newaxis] * coefficients
            values = fold(each, predictor.sources, len(predictor.columns))
        else:
            values = np.einsum("re,eco->rco", distances, _shared(predictor, known, coefficients))
        scores = predictor.scores(inputs)
        return Explanation(
            ids=inputs.index,
            columns=predictor.columns,
            values=values,
            base=predictor.scores(compared).values.mean(axis=0),
            prediction=scores.values,
            unit=scores.unit,
            outputs=predictor.outputs,
            method=f"coefficients times distances from the background's mean, {self.correlation} columns",
        )


def _shared(predictor: Predictor, known: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Contribution of each source column per unit of each encoded column, if columns are jointly normal.

    The worth of known columns S is linear in the distances d from the mean: the expected score is
    ``w_S d_S + w_N C_NS pinv(C_SS) d_S`` with covariances C. So the Shapley values are linear too.

    Args:
        predictor: Knows the source column of each encoded column.
        known: The encoded background, shape (rows, encoded columns).
        coefficients: Shape (encoded columns, outputs).

    Returns:
        Shape (encoded columns, source columns, outputs).
    """
    import numpy as np

    columns, sources = len(predictor.columns), np.asarray(predictor.sources)
    if columns > MOST_COLUMNS:
        msg = (
            f"Values of correlated columns are exact for at most {MOST_COLUMNS} columns, and the model has "
            f"{columns}; try {{KIND: LinearExplainer, correlation: independent}}."
        )
        raise ModelError(msg)
    spread = known.std(axis=0)
    spread[spread == 0] = 1
    correlations = np.cov((known / spread).T, bias=True).reshape(len(sources), -1)
    scaled = coefficients * spread[:, np.newaxis]
    values = np.zeros((len(sources), columns, len(coefficients.T)))
    for code in range(1, 2**columns):
        chosen = code >> np.arange(columns) & 1 == 1
        size, inside = int(chosen.sum()), chosen[sources]
        joined = factorial(size - 1) * factorial(columns - size) / factorial(columns)
        left = factorial(size) * factorial(columns - 1 - size) / factorial(columns) if size < columns else 0.0
        weights = np.where(chosen, joined, -left)
        known_ones, others = correlations[np.ix_(inside, inside)], correlations[np.ix_(inside, ~inside)]
        expected = np.linalg.pinv(known_ones, rcond=1e-10, hermitian=True) @ others @ scaled[~inside]
        values[inside] += weights[:, np.newaxis] * (scaled[inside] + expected)[:, np.newaxis]
    return values / spread[:, np.newaxis, np.newaxis]


def _coefficients(predictor: Predictor) -> np.ndarray:
    """The model's coefficients, shape (encoded columns, outputs)."""
    import numpy as np

    own = _gblinear(predictor)
    return np.atleast_2d(predictor.core.coef_).T.astype(float) if own is None else own


def _gblinear(predictor: Predictor) -> np.ndarray | None:
    """The coefficients of xgboost's linear booster, shape (columns, outputs), or None for other models."""
    import numpy as np

    core = predictor.core
    if not type(core).__module__.startswith("xgboost."):
        return None
    booster = core if type(core).__name__ == "Booster" else core.get_booster()
    if json.loads(booster.save_config())["learner"]["gradient_booster"]["name"] != "gblinear":
        return None
    weights = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["weights"]
    return np.reshape(np.asarray(weights, dtype=float), (booster.num_features() + 1, -1))[:-1]


def _numbers(predictor: Predictor, table: pd.DataFrame) -> np.ndarray:
    """The numbers that coefficients are multiplied with, shape (rows, encoded columns).

    For xgboost, which skips missing numbers, they are 0.

    Raises:
        ModelError: Some are not finite numbers.
    """
    import numpy as np

    chosen = predictor.select(table) if predictor.inner.flavor == "xgboost" else predictor.encode(table)
    numbers = np.asarray(chosen, dtype=float)
    if _gblinear(predictor) is not None:
        numbers = np.where(np.isnan(numbers), 0.0, numbers)
    if not np.isfinite(numbers).all():
        msg = "A linear model takes finite numbers, and some encoded cells are missing or infinite."
        raise ModelError(msg)
    return numbers
