"""Values that have gone missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.drift.base import Comparison, Drift, Share

if TYPE_CHECKING:
    from mxt.drift.base.profiles import Profile


class MissingDrift(Drift):
    """Change of the share of missing values, in either direction.

    A column has drifted when the change is both large (above the threshold) and unlikely to be chance (the
    p-value of Fisher's exact test is below the level), so that few rows raise no alarm.

    Example:
        {KIND: MissingDrift, threshold: 0.05, level: 0.001}
    """

    KIND: Literal["MissingDrift"] = "MissingDrift"

    threshold: Share = 0.05
    """The change of the share above which a column has drifted."""

    level: Share = 0.001
    """The p-value below which a change is not taken for chance."""

    def applies_to(self, reference: Profile) -> bool:  # noqa: ARG002 - any column can miss values
        return True

    def compare(self, reference: Profile, current: Profile) -> Comparison:
        from scipy.stats import fisher_exact

        samples = (reference, current)
        before, after = (sample.missing / sample.rows for sample in samples)
        change = abs(after - before)
        counts = [[sample.missing, sample.rows - sample.missing] for sample in samples]
        p_value = float(fisher_exact(counts).pvalue)
        drifted = change > self.threshold and p_value < self.level
        return Comparison(
            reference.column, self.KIND, change, self.threshold, drifted=drifted, p_value=p_value
        )
