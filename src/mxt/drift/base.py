"""What every drift measure does: compare one column's current values with its reference values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mxt.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd

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
    def applies_to(self, column: pd.Series[Any]) -> bool:
        """Whether the measure is defined for the type of `column`."""

    @abstractmethod
    def compare(self, reference: pd.Series[Any], current: pd.Series[Any]) -> Comparison:
        """Compare two samples of a column; either may miss values."""


def is_number(column: pd.Series[Any]) -> bool:
    """Whether a column holds numbers rather than categories."""
    import pandas as pd

    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
