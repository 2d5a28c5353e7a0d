"""The Kolmogorov-Smirnov test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.drift.base import Comparison, Drift, Share

if TYPE_CHECKING:
    import numpy as np

    from mxt.drift.base.profiles import Profile


class KsDrift(Drift):
    """Largest gap between the distribution functions of two samples of numbers.

    A column has drifted when the gap is both large (above the threshold) and unlikely to be chance (its
    p-value, from the asymptotic distribution, is below the level), so that neither the number of rows nor
    their scarcity raises an alarm. A sample without any value is no drift here; `MissingDrift` reports it.

    Example:
        {KIND: KsDrift, threshold: 0.1, level: 0.001}
    """

    KIND: Literal["KsDrift"] = "KsDrift"

    threshold: Share = 0.1
    """The gap above which a column has drifted."""

    level: Share = 0.001
    """The p-value below which a gap is not taken for chance."""

    def applies_to(self, reference: Profile) -> bool:
        return reference.numeric

    def compare(self, reference: Profile, current: Profile) -> Comparison:
        gap, p_value = 0.0, None
        if reference.present.any() and current.present.any():
            gap, p_value = _test(reference.present, current.present)
        drifted = gap > self.threshold and p_value is not None and p_value < self.level
        return Comparison(reference.column, self.KIND, gap, self.threshold, drifted=drifted, p_value=p_value)


def _test(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """The largest gap between two distribution functions, and its p-value, from counts of the same places.

    The reference's distribution function is flat between two of its values, so the gap is largest at one of
    them. The smallest p-value that samples can have is that of two samples which do not overlap, as 2 of all
    orders of their rows do not; the asymptotic distribution goes below it for few rows.
    """
    import numpy as np
    from scipy.special import binom
    from scipy.stats import kstwo

    rows, others = float(before.sum()), float(after.sum())
    gap = float(np.abs(before.cumsum() / rows - after.cumsum() / others).max())
    p_value = kstwo.sf(gap, max(np.round(rows * others / (rows + others)), 1))
    return gap, float(max(p_value, 2 / binom(rows + others, rows)))
