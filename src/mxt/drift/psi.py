"""The population stability index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.drift.base import Comparison, Drift
from mxt.stats.binning import quantile_edges
from mxt.stats.divergence import population_stability, population_stability_noise

if TYPE_CHECKING:
    import numpy as np

    from mxt.drift.base.profiles import Profile

NOISE_LEVEL = 0.001
"""An index that two samples of one distribution would exceed more often than this is no drift."""


class PsiDrift(Drift):
    """Population stability index over quantile bins of the reference, with a bin for missing values.

    Categories that are not known share one more bin. It is not for free text and times, which are never the
    same twice. A column has drifted when the index exceeds both the threshold and what sampling noise alone
    would reach once in a thousand times. Where no schema lists the categories, the reference is a sample
    that lacks some of them, and what as many unknown rows as it has single ones add to the index is no drift.

    Example:
        {KIND: PsiDrift, threshold: 0.25}
    """

    KIND: Literal["PsiDrift"] = "PsiDrift"

    threshold: Annotated[float, Field(gt=0)] = 0.25
    """The index above which a column has drifted."""

    bins: Annotated[int, Field(ge=2, le=1000)] = 10
    """Number of quantile bins of a numeric column."""

    def applies_to(self, reference: Profile) -> bool:
        return reference.numeric or reference.closed

    def compare(self, reference: Profile, current: Profile) -> Comparison:
        before, after = self._counts(reference, current)
        noise = population_stability_noise(len(before), reference.rows, current.rows, NOISE_LEVEL)
        index = population_stability(before, after)
        missed = index - population_stability(*self._counts(_completed(reference, current), current))
        threshold = max(self.threshold, noise) + missed
        return Comparison(reference.column, self.KIND, index, threshold, drifted=index > threshold)

    def _counts(self, reference: Profile, current: Profile) -> tuple[np.ndarray, np.ndarray]:
        """Counts of the same bins in both samples, the last bin that of missing values."""
        before, after = reference.counts, current.counts
        if reference.numeric and len(reference.values):
            before, after = _binned(reference, current, self.bins)
        occupied = (before > 0) | (after > 0)
        return before[occupied], after[occupied]


def _completed(reference: Profile, current: Profile) -> Profile:
    """The reference with as many rows of unseen categories as a sample is expected to miss, if they came.

    It is expected to miss as many as there are categories with a single row (Good 1953,
    doi:10.1093/biomet/40.3-4.237).
    """
    if reference.listed:
        return reference
    once, present = (reference.present[:-1] == 1).sum(), max(current.present.sum(), 1)
    came = current.present[-1] * reference.present.sum() / present
    counts = reference.counts.astype(float)
    counts[-2] = min(once, came)
    return replace(reference, counts=counts)


def _binned(reference: Profile, current: Profile, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """The counts of quantile bins of a reference that has values, and of missing ones."""
    import numpy as np

    edges = quantile_edges(np.repeat(reference.values, reference.present[1::2]), bins)
    starts = 2 * np.searchsorted(reference.values, edges) + 2  # an edge belongs to the bin that it ends
    starts = np.concatenate([[0], starts, [len(reference.present)]])
    return np.add.reduceat(reference.counts, starts), np.add.reduceat(current.counts, starts)
