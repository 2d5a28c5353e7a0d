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
    """How far a column has moved."""

    column: str
    method: str
    statistic: float
    threshold: float
    drifted: bool
    p_value: float | None = None


class Drift(Kind, ABC):
    """Compares two samples of one column."""

    @abstractmethod
    def applies_to(self, reference: Profile) -> bool:
        """Whether the measure is defined for the column's type."""

    @abstractmethod
    def compare(self, reference: Profile, current: Profile) -> Comparison:
        """Compare two samples of a column, both told by the values of the reference.

        Args:
            reference: Rows of the reference; some may miss a value, but there are rows.
            current: Rows to compare, at least one.
        """
