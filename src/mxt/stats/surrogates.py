"""Weighted linear surrogates of a function near one point, and how well they fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

STABILITY_PLACES = 5
"""How many of the largest coefficients of two surrogates are compared, or half of all if that is fewer."""

SELECTION_ALPHA = 0.01
"""Ridge penalty of the fit that chooses columns, as in `lime`."""


@dataclass(frozen=True)
class Surrogate:
    """A ridge regression for each output."""

    intercept: np.ndarray
    """Shape (outputs,)."""
    coefficients: np.ndarray
    """Shape (columns, outputs)."""
    standard_error: np.ndarray
    """Of the coefficients, shape (columns, outputs); NaN where samples are too few for it."""
    fidelity: np.ndarray
    """Weighted R squared, shape (outputs,): the share of variance that is explained; 1 for a constant."""


def fit_surrogate(
    data: np.ndarray, weights: np.ndarray, targets: np.ndarray, alpha: float = 1.0
) -> Surrogate:
    """Fit a ridge regression with a free intercept to weighted samples.

    Standard errors are those of MacKinnon and White (1985, doi:10.1016/0304-4076(85)90158-7), HC3: each
    sample's misfit is that to the fit without it. They need two samples more than columns, and have as many
    degrees of freedom as there are samples, less the columns and one.

    Args:
        data: Shape (samples, columns).
        weights: Positive, shape (samples,).
        targets: Shape (samples, outputs).
        alpha: Penalty on squared coefficients.
    """
    import numpy as np

    centre, level = np.average(data, axis=0, weights=weights), np.average(targets, axis=0, weights=weights)
    moved, gaps = data - centre, targets - level
    weighted = moved * weights[:, np.newaxis]
    inverse = np.linalg.inv(weighted.T @ moved + alpha * np.eye(data.shape[1]))
    coefficients = inverse @ (weighted.T @ gaps)
    misfit = gaps - moved @ coefficients
    leverage = weights * (((moved @ inverse) * moved).sum(axis=1) + 1 / weights.sum())
    without = misfit / (1 - leverage)[:, np.newaxis]
    spread = (weighted.T * (without**2).T[:, np.newaxis]) @ weighted
    variance = np.diagonal(inverse @ spread @ inverse, axis1=1, axis2=2).T
    known = len(data) > data.shape[1] + 1
    lost, whole = weights @ misfit**2, weights @ gaps**2
    return Surrogate(
        intercept=level - centre @ coefficients,
        coefficients=coefficients,
        standard_error=np.sqrt(np.maximum(variance, 0)) if known else np.full_like(variance, np.nan),
        fidelity=np.where(whole > 0, 1 - lost / np.where(whole > 0, whole, 1), 1.0),
    )


def fit_few(data: np.ndarray, weights: np.ndarray, targets: np.ndarray, count: int) -> Surrogate:
    """`fit_surrogate` on the `count` columns of the highest weights, each output's own; the others get 0.

    A column's weight is its coefficient beside all others, with a small penalty, times its value in the
    first sample: the `highest_weights` of `lime`.
    """
    import numpy as np

    wide = fit_surrogate(data, weights, targets, SELECTION_ALPHA).coefficients * data[0][:, np.newaxis]
    leading = np.argsort(-np.abs(wide), axis=0, kind="stable")[:count]
    coefficients, errors = np.zeros_like(wide), np.zeros_like(wide)
    intercept, fidelity = np.zeros(wide.shape[1]), np.zeros(wide.shape[1])
    for output, kept in enumerate(leading.T):
        fit = fit_surrogate(data[:, kept], weights, targets[:, [output]])
        coefficients[kept, output], errors[kept, output] = fit.coefficients[:, 0], fit.standard_error[:, 0]
        intercept[output], fidelity[output] = fit.intercept[0], fit.fidelity[0]
    return Surrogate(intercept, coefficients, errors, fidelity)


def stability(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Jaccard index of the columns with the largest coefficients of two surrogates.

    The size of the intersection over that of the union, 1 if the same columns lead. The idea is the
    variables stability index of Visani et al. 2020, arXiv:2001.11757, section 3.

    Args:
        first: Coefficients, shape (columns, outputs).
        second: Those of an independent sample.

    Returns:
        Shape (outputs,), between 0 and 1.
    """
    import numpy as np

    count = min(STABILITY_PLACES, max(1, len(first) // 2))
    leading = [np.argsort(-np.abs(part), axis=0, kind="stable")[:count] for part in (first, second)]
    shared = (leading[0][:, np.newaxis] == leading[1]).sum(axis=(0, 1))
    return shared / (2 * count - shared)
