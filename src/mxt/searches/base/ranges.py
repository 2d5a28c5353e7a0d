"""Values of a recipe's fields, and ranges of numbers to draw them from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.kinds import Strict

if TYPE_CHECKING:
    import numpy as np


Value: TypeAlias = bool | int | float | str | None
"""A value of a recipe's field."""


class Range(Strict):
    """Numbers from `low` to `high`; whole ones if both are whole."""

    low: int | float
    """The least number, which may be drawn."""

    high: int | float
    """The greatest number, which may be drawn if both are whole."""

    log: bool = Field(default=False)
    """Whether the logarithm is drawn evenly, so that 0.01 to 0.1 is as likely as 0.1 to 1."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            msg = f"low must lie below high, and {self.low:g} to {self.high:g} is no such range"
        elif self.log and self.low <= 0:
            msg = f"a logarithmic range must lie above 0; low is {self.low:g}"
        else:
            return self
        kind, message = "not_a_range", "{msg}"
        raise PydanticCustomError(kind, message, {"msg": msg})

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def rvs(self, random_state: np.random.RandomState | None = None) -> int | float:
        """Draw one number; scikit-learn's samplers call the method by this name."""
        import numpy as np

        share = float((random_state or np.random.RandomState(0)).uniform())
        above = self.high + 1 if self.whole else self.high
        start, end = (math.log(self.low), math.log(above)) if self.log else (self.low, above)
        drawn = start + (end - start) * share
        bounded = min(max(math.exp(drawn) if self.log else drawn, self.low), self.high)
        return math.floor(bounded) if self.whole else float(bounded)
