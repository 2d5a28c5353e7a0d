"""Categories that are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.drift.base import Comparison, Drift, Share

if TYPE_CHECKING:
    from mxt.drift.profiles import Profile


class UnseenDrift(Drift):
    """Share of rows whose category neither the model's schema nor the reference has.

    It is for texts of known categories only: of free text and times any may come.

    Example:
        {KIND: UnseenDrift, threshold: 0.0}
    """

    KIND: Literal["UnseenDrift"] = "UnseenDrift"

    threshold: Share = 0.0
    """The share above which a column has drifted."""

    def applies_to(self, reference: Profile) -> bool:
        return reference.holds == "categories"

    def compare(self, reference: Profile, current: Profile) -> Comparison:
        unseen = int(current.present[-1]) / current.rows
        return Comparison(
            reference.column, self.KIND, unseen, self.threshold, drifted=unseen > self.threshold
        )
