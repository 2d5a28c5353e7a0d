"""Values that have gone missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mxt.drift.base import Comparison, Drift, Share

if TYPE_CHECKING:
    import pandas as pd


class MissingDrift(Drift):
    """Change of the share of missing values, in either direction.

    A column has drifted when the change is both large (above the threshold) and no accident (the p-value
    of Fisher's exact test below the level), so that few rows raise no alarm.

    Example:
        {KIND: MissingDrift, threshold: 0.05, level: 0.001}
    """

    KIND: Literal["MissingDrift"] = "MissingDrift"

    threshold: Share = 0.05
    """The change of the share above which a column has drifted."""

    level: Share = 0.001
    """The p-value below which a change is no accident."""

    def applies_to(self, column: pd.Series[Any]) -> bool:  # noqa: ARG002 - any column can miss values
        return True

    def compare(self, reference: pd.Series[Any], current: pd.Series[Any]) -> Comparison:
        from scipy.stats import fisher_exact

        change = abs(float(current.isna().mean() - reference.isna().mean()))
        counts = [[int(sample.isna().sum()), int(sample.notna().sum())] for sample in (reference, current)]
        p_value = float(fisher_exact(counts).pvalue)
        drifted = change > self.threshold and p_value < self.level
        return Comparison(
            str(reference.name), self.KIND, change, self.threshold, drifted=drifted, p_value=p_value
        )
