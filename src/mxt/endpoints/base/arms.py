"""What an experiment has of one of its arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxt.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.models import Model


@dataclass(frozen=True)
class Arm:
    """The rows of one arm, in an order that their ids decide."""

    name: str
    """Either control or treatment."""
    table: pd.DataFrame
    """The rows, with the columns that the experiment asked for."""
    subjects: np.ndarray
    """The subject of each row, as codes from 0 on without a gap."""
    source: str
    truth: pd.Series[Any] | None = None
    """What should have been predicted for the rows, if that is known."""
    predictions: pd.Series[Any] | None = None
    """What was predicted."""
    model: Model | None = None
    """The version that serves the arm."""
    inputs: pd.DataFrame | None = None
    """What it predicts from."""
    positive: str | None = None
    """The class that an endpoint is about which names none, if one is known."""

    @property
    def count(self) -> int:
        """How many subjects it has."""
        return int(self.subjects.max()) + 1

    def outcome(self, column: str) -> pd.Series[Any]:
        """A column of outcomes, of which none is missing.

        Raises:
            DataError: Some are; leaving them out would compare what is left.
        """
        values = self.table[column]
        missing = int(values.isna().sum())
        if missing:
            msg = (
                f"{self.source}: column {column!r} misses {missing} of {len(values)} values in the "
                f"{self.name} arm. Say what a missing outcome means, or filter on what was known before."
            )
            raise DataError(msg)
        return values

    def numbers(self, column: str) -> np.ndarray:
        """A column of finite numbers.

        Raises:
            DataError: It holds something else.
        """
        import numpy as np
        import pandas as pd

        values = self.outcome(column)
        if not pd.api.types.is_numeric_dtype(values):
            msg = f"{self.source}: column {column!r} holds no numbers; compare the share of a value of it."
            raise DataError(msg)
        numbers = values.to_numpy(dtype=float)
        endless = int((~np.isfinite(numbers)).sum())
        if endless:
            msg = f"{self.source}: column {column!r} has {endless} infinite values in the {self.name} arm."
            raise DataError(msg)
        return numbers
