"""Categories that the reference does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.drift.base import Comparison, Drift, Share

if TYPE_CHECKING:
    from mxt.drift.profiles import Profile


class UnseenDrift(Drift):
    """Share of rows whose category the reference does not have.

    Example:
        {KIND: UnseenDrift, threshold: 0.0}
    """

    KIND: Literal["UnseenDrift"] = "UnseenDrift"

    threshold: Share = 0.0
    """The share above which a column has drifted."""

    def applies_to(self, reference: Profile) -> bool:
        return not reference.numeric

    def compare(self, reference: Profile, current: Profile) -> Comparison:
        unseen = int(current.present[-1]) / current.rows
        return Comparison(
            reference.column, self.KIND, unseen, self.threshold, drifted=unseen > self.threshold
        )
