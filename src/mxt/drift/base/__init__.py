"""What every drift measure does: compare a column's current values with its reference values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mxt.kinds import Kind

if TYPE_CHECKING:
    from mxt.drift.base.profiles import Profile

Share = Annotated[float, Field(ge=0, le=1)]
"""A share in 0..1."""


@dataclass(frozen=True)
class Comparison:
    """How far a column has moved, by one measure."""

    column: str
    method: str
    """KIND of the measure."""
    statistic: float
    threshold: float
    """What the statistic must exceed for drift."""
    drifted: bool
    p_value: float | None = None
    """None if the measure makes no test."""


class Drift(Kind, ABC):
    """A measure of drift: compares the current rows of one column with reference rows."""

    @abstractmethod
    def applies_to(self, reference: Profile) -> bool:
        """Whether the measure is defined for the type of the reference column."""

    @abstractmethod
    def compare(self, reference: Profile, current: Profile) -> Comparison:
        """Compare two samples of a column.

        Args:
            reference: Profile of the reference, of at least one row; all values may be missing.
            current: Profile of the rows to compare, of at least one row, counted by the reference's values.
        """
