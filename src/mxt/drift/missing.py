"""Values that have gone missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mxt.drift.base import Comparison, Drift, Share

if TYPE_CHECKING:
    import pandas as pd


class MissingDrift(Drift):
    """Change of the share of missing values, in either direction.

    Example:
        {KIND: MissingDrift, threshold: 0.05}
    """

    KIND: Literal["MissingDrift"] = "MissingDrift"

    threshold: Share = 0.05
    """The change of the share above which a column has drifted."""

    def applies_to(self, column: pd.Series[Any]) -> bool:  # noqa: ARG002 - any column can miss values
        return True

    def compare(self, reference: pd.Series[Any], current: pd.Series[Any]) -> Comparison:
        change = abs(float(current.isna().mean() - reference.isna().mean()))
        return Comparison(
            str(reference.name), self.KIND, change, self.threshold, drifted=change > self.threshold
        )
