"""Categories that the reference does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.drift.base import Comparison, Drift, Share
from mxt.stats.unseen import unseen_rows

if TYPE_CHECKING:
    from mxt.drift.base.profiles import Profile

NOISE_LEVEL = 0.001
"""The chance with which a sampled reference lacks more rows than the measure allows it to lack."""


class UnseenDrift(Drift):
    """Share of rows whose category neither the model's schema nor the reference has.

    It applies to columns of known categories, not to free texts and times. Where the schema lists the
    categories, every other category is new. Where no schema does, the reference may lack rare categories:
    then the share must also exceed the share that the number of categories with one reference row predicts,
    plus noise that chance exceeds at most once in a thousand times.

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
        threshold = max(self.threshold, _missed_share(reference, current))
        return Comparison(reference.column, self.KIND, unseen, threshold, drifted=unseen > threshold)


def _missed_share(reference: Profile, current: Profile) -> float:
    """The share of current rows whose categories a sampled reference may lack by chance."""
    present = int(current.present.sum())
    if reference.listed or not present:
        return 0.0
    return min(unseen_rows(reference.present, present, NOISE_LEVEL), present) / current.rows
