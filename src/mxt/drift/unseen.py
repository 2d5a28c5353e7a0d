"""Categories that are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.drift.base import Comparison, Drift, Share
from mxt.stats.unseen import unseen_rows

if TYPE_CHECKING:
    from mxt.drift.base.profiles import Profile

NOISE_LEVEL = 0.001
"""Unseen rows that a sampled reference would have by chance more often than this are no drift."""


class UnseenDrift(Drift):
    """Share of rows whose category neither the model's schema nor the reference has.

    It is for texts of known categories only: of free text and times any may come. Where the schema lists the
    categories, any other one is new. Where none does, the reference is a sample that lacks some of them. Then
    the share must also exceed what the categories with a single reference row predict, plus noise; chance
    exceeds that at most once in a thousand times.

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
    """The share of current rows whose categories a reference may have missed by chance."""
    present = int(current.present.sum())
    if reference.listed or not present:
        return 0.0
    return min(unseen_rows(reference.present, present, NOISE_LEVEL), present) / current.rows
