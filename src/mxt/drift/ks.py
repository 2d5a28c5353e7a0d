"""The Kolmogorov-Smirnov test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mxt.drift.base import Comparison, Drift, Share, is_number

if TYPE_CHECKING:
    import pandas as pd


class KsDrift(Drift):
    """Largest gap between the distribution functions of two samples of numbers.

    A column has drifted when the gap is both large (above the threshold) and no accident (its p-value,
    from the asymptotic distribution, below the level), so that neither many rows nor few raise an alarm.

    Example:
        {KIND: KsDrift, threshold: 0.1, level: 0.001}
    """

    KIND: Literal["KsDrift"] = "KsDrift"

    threshold: Share = 0.1
    """The gap above which a column has drifted."""

    level: Share = 0.001
    """The p-value below which a gap is no accident."""

    def applies_to(self, column: pd.Series[Any]) -> bool:
        return is_number(column)

    def compare(self, reference: pd.Series[Any], current: pd.Series[Any]) -> Comparison:
        from scipy.stats import ks_2samp

        before, after = reference.dropna(), current.dropna()
        if before.empty or after.empty:
            gap, p_value = float(before.empty != after.empty), None
            drifted = gap > self.threshold
        else:
            test = ks_2samp(before, after, method="asymp")
            gap, p_value = float(test.statistic), float(test.pvalue)
            drifted = gap > self.threshold and p_value < self.level
        return Comparison(
            str(reference.name), self.KIND, gap, self.threshold, drifted=drifted, p_value=p_value
        )
