"""A composition, its parts, and the law that holds them together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from mxt.predictors.base import Predictor
    from mxt.stats.links import Link

Make = Callable[[Any, list[str]], "Predictor"]
"""Makes the predictor of a fitted estimator that sees the columns named."""


@dataclass(frozen=True)
class Part:
    """One model of several, and how its scores enter the whole's."""

    predictor: Predictor
    places: list[int]
    """For each of the part's columns, its position among the columns that the core model sees."""
    link: Link
    """What becomes of the part's scores before they are weighted."""
    weights: np.ndarray
    """Shape (outputs of the link, outputs of the whole)."""


@dataclass(frozen=True)
class Composition:
    """A core model made of parts, all over the columns that it sees.

    Law: the whole's ``scores == intercept + sum over parts of link(part's scores) @ weights``.
    """

    parts: tuple[Part, ...]
    intercept: np.ndarray
    """Shape (outputs of the whole,)."""


def is_affine(step: Any) -> bool:
    """Whether a step just stretches and shifts each column."""
    names = {"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler"}
    return step in (None, "passthrough") or (
        type(step).__name__ in names and not getattr(step, "clip", False)
    )
