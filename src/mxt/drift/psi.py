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
"""The chance with which two samples of one distribution exceed the index that noise alone may reach."""


class PsiDrift(Drift):
    """Population stability index over quantile bins of the reference, with a bin for missing values.

    Unknown categories share one more bin. Free texts and times have no index, since they hardly repeat. A
    column has drifted when the index exceeds both the threshold and what sampling noise alone exceeds once in
    a thousand times. Where no schema lists the categories, the reference may lack rare ones: then as many
    rows of unknown categories as the reference has categories of one row do not count as drift.

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
        """Counts of both samples in the same bins; the last bin holds missing values."""
        before, after = reference.counts, current.counts
        if reference.numeric and len(reference.values):
            before, after = _binned(reference, current, self.bins)
        occupied = (before > 0) | (after > 0)
        return before[occupied], after[occupied]


def _completed(reference: Profile, current: Profile) -> Profile:
    """The reference with the rows of unseen categories that it is expected to lack as a sample.

    A sample is expected to lack as many rows as it has categories with a single row (Good 1953,
    doi:10.1093/biomet/40.3-4.237); no more are added than the current rows have.
    """
    if reference.listed:
        return reference
    once, present = (reference.present[:-1] == 1).sum(), max(current.present.sum(), 1)
    came = current.present[-1] * reference.present.sum() / present
    counts = reference.counts.astype(float)
    counts[-2] = min(once, came)
    return replace(reference, counts=counts)


def _binned(reference: Profile, current: Profile, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of both samples in quantile bins of a reference that has values, and of missing values."""
    import numpy as np

    edges = quantile_edges(np.repeat(reference.values, reference.present[1::2]), bins)
    starts = 2 * np.searchsorted(reference.values, edges) + 2  # an edge belongs to the bin that it ends
    starts = np.concatenate([[0], starts, [len(reference.present)]])
    return np.add.reduceat(reference.counts, starts), np.add.reduceat(current.counts, starts)
