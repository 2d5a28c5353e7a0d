"""The population stability index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from mxt.drift.base import Comparison, Drift, is_number
from mxt.stats.binning import bin_counts, quantile_edges
from mxt.stats.divergence import population_stability, population_stability_noise

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NOISE_LEVEL = 0.001
"""An index that two samples of one distribution would exceed more often than this is no drift."""


class PsiDrift(Drift):
    """Population stability index over quantile bins of the reference, with a bin for missing values.

    Categories that the reference does not have share one more bin. A column has drifted when the index
    exceeds both the threshold and what sampling noise alone would reach once in a thousand times.

    Example:
        {KIND: PsiDrift, threshold: 0.25}
    """

    KIND: Literal["PsiDrift"] = "PsiDrift"

    threshold: Annotated[float, Field(gt=0)] = 0.25
    """The index above which a column has drifted."""

    bins: Annotated[int, Field(ge=2, le=1000)] = 10
    """Number of quantile bins of a numeric column."""

    def applies_to(self, column: pd.Series[Any]) -> bool:  # noqa: ARG002 - every column has bins
        return True

    def compare(self, reference: pd.Series[Any], current: pd.Series[Any]) -> Comparison:
        before, after = self._counts(reference, current)
        noise = population_stability_noise(len(before), len(reference), len(current), NOISE_LEVEL)
        index, threshold = population_stability(before, after), max(self.threshold, noise)
        return Comparison(str(reference.name), self.KIND, index, threshold, drifted=index > threshold)

    def _counts(self, reference: pd.Series[Any], current: pd.Series[Any]) -> tuple[np.ndarray, np.ndarray]:
        """Counts of the same bins in both samples, the last bin that of missing values."""
        import numpy as np

        count = _number_counts if is_number(reference) and reference.notna().any() else _category_counts
        known = count(reference.dropna(), current.dropna(), self.bins)
        missing = (reference.isna().sum(), current.isna().sum())
        before, after = (np.append(counts, absent) for counts, absent in zip(known, missing, strict=True))
        occupied = (before > 0) | (after > 0)
        return before[occupied], after[occupied]


def _number_counts(
    reference: pd.Series[Any], current: pd.Series[Any], bins: int
) -> tuple[np.ndarray, np.ndarray]:
    edges = quantile_edges(reference.to_numpy(dtype=float), bins)
    return tuple(bin_counts(sample.to_numpy(dtype=float), edges) for sample in (reference, current))  # type: ignore[return-value] # two of them


def _category_counts(
    reference: pd.Series[Any], current: pd.Series[Any], _: int
) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    before = reference.astype(str).value_counts().sort_index()
    after = current.astype(str).value_counts()
    shared = after.reindex(before.index, fill_value=0)
    return np.append(before.to_numpy(), 0), np.append(shared.to_numpy(), after.sum() - shared.sum())
