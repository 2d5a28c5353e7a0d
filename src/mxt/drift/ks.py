"""The Kolmogorov-Smirnov test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.drift.base import Comparison, Drift, Share

if TYPE_CHECKING:
    import numpy as np

    from mxt.drift.base.profiles import Profile


class KsDrift(Drift):
    """Largest gap between the distribution functions of two samples of numbers.

    A column has drifted when the gap is both large (above the threshold) and no accident (its p-value,
    from the asymptotic distribution, below the level), so that neither many rows nor few raise an alarm.
    Where a sample has no value nothing is told; `MissingDrift` sees that.

    Example:
        {KIND: KsDrift, threshold: 0.1, level: 0.001}
    """

    KIND: Literal["KsDrift"] = "KsDrift"

    threshold: Share = 0.1
    """The gap above which a column has drifted."""

    level: Share = 0.001
    """The p-value below which a gap is no accident."""

    def applies_to(self, reference: Profile) -> bool:
        return reference.numeric

    def compare(self, reference: Profile, current: Profile) -> Comparison:
        gap, p_value = 0.0, None
        if reference.present.any() and current.present.any():
            gap, p_value = _test(reference.present, current.present)
        drifted = gap > self.threshold and p_value is not None and p_value < self.level
        return Comparison(reference.column, self.KIND, gap, self.threshold, drifted=drifted, p_value=p_value)


def _test(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """The largest gap, and the p-value of a larger one by chance, from counts in the same places.

    The reference's distribution function is flat between two places of its values, so no gap within is larger
    than that at one of the ends. No gap is rarer than that of samples which do not overlap: two of all orders
    of their rows. The asymptotic distribution does not know that of few rows.
    """
    import numpy as np
    from scipy.special import binom
    from scipy.stats import kstwo

    rows, others = float(before.sum()), float(after.sum())
    gap = float(np.abs(before.cumsum() / rows - after.cumsum() / others).max())
    p_value = kstwo.sf(gap, max(np.round(rows * others / (rows + others)), 1))
    return gap, float(max(p_value, 2 / binom(rows + others, rows)))
