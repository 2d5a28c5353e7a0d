"""Categories that the reference does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mxt.drift.base import Comparison, Drift, Share, is_number

if TYPE_CHECKING:
    import pandas as pd


class UnseenDrift(Drift):
    """Share of rows whose category the reference does not have.

    Example:
        {KIND: UnseenDrift, threshold: 0.0}
    """

    KIND: Literal["UnseenDrift"] = "UnseenDrift"

    threshold: Share = 0.0
    """The share above which a column has drifted."""

    def applies_to(self, column: pd.Series[Any]) -> bool:
        return not is_number(column)

    def compare(self, reference: pd.Series[Any], current: pd.Series[Any]) -> Comparison:
        unseen = float((current.notna() & ~current.isin(reference.dropna().unique())).mean())
        return Comparison(
            str(reference.name), self.KIND, unseen, self.threshold, drifted=unseen > self.threshold
        )
