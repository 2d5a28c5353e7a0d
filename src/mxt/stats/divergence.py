"""Distances between two distributions over the same bins."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

PRIOR_COUNT = 0.5
"""Jeffreys' prior for a multinomial: half a row in each bin, so that an empty bin has no infinite ratio."""


def population_stability(reference: np.ndarray, current: np.ndarray) -> float:
    """Population stability index: sum over bins of (q - p) ln(q / p), also Jeffreys' divergence.

    Args:
        reference: Counts of the reference sample, shape (bins,).
        current: Counts of the current sample, shape (bins,).

    Source:
        Siddiqi, Credit Risk Scorecards, Wiley 2006, chapter 10; Jeffreys 1946, doi:10.1098/rspa.1946.0056.
    """
    import numpy as np

    p, q = ((counts + PRIOR_COUNT) / (counts + PRIOR_COUNT).sum() for counts in (reference, current))
    return float(np.sum((q - p) * np.log(q / p)))


def population_stability_noise(bins: int, reference_rows: int, current_rows: int, level: float) -> float:
    """The index that two samples of one distribution exceed with probability `level`.

    Asymptotically the index is (1/n + 1/m) times a chi-squared variable with bins - 1 degrees of freedom.

    Source:
        Yurdakul and Naranjo, Statistical properties of the population stability index, Journal of Risk
        Model Validation 14(4), 2020, doi:10.21314/JRMV.2020.227.
    """
    from scipy.stats import chi2

    return float(chi2.isf(level, max(bins - 1, 1)) * (1 / reference_rows + 1 / current_rows))
