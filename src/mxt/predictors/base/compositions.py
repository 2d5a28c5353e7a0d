"""Models that are made of other models: the parts, and how their scores enter the scores of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from mxt.predictors.base import Predictor
    from mxt.stats.links import Link


@dataclass(frozen=True)
class Component:
    """One model of several, and how its scores enter the scores of the whole."""

    predictor: Predictor
    places: list[int]
    """For each column of this model, its position among the columns that the whole core model sees."""
    link: Link
    """Transforms this model's scores before they are weighted."""
    weights: np.ndarray
    """Shape (outputs of the link, outputs of the whole)."""


@dataclass(frozen=True)
class Composition:
    """A core model made of parts, all over the columns that it sees.

    Law: the whole's ``scores == intercept + sum over parts of link(part's scores) @ weights``.
    """

    parts: tuple[Component, ...]
    intercept: np.ndarray
    """Shape (outputs of the whole,)."""
