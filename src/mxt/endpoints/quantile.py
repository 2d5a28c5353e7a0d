"""A quantile of a number, such as the waiting time that 95 % of requests do not exceed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.endpoints.base import Endpoint
from mxt.stats.arms import quantile

if TYPE_CHECKING:
    from mxt.endpoints.base.arms import Arm
    from mxt.stats.arms import ArmEstimate


class QuantileEndpoint(Endpoint):
    """Quantile of a column of numbers over rows, such as observed latencies, with Woodruff's error.

    The steps between values must be finer than the error: of whole or rounded numbers, too many rows equal
    the quantile.

    Example:
        {KIND: QuantileEndpoint, column: MonthlyCharges, share: 0.5, higher_is_better: true, margin: 3}
    """

    KIND: Literal["QuantileEndpoint"] = "QuantileEndpoint"

    column: str
    """The column of outcomes."""

    share: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """The share of rows that do not exceed the quantile."""

    higher_is_better: bool
    """Whether more of it is better."""

    @property
    def label(self) -> str:
        return f"{self.column}_p{100 * self.share:g}"

    @property
    def better_if_higher(self) -> bool:
        return self.higher_is_better

    @property
    def columns(self) -> list[str]:
        return [self.column]

    def estimates(self, control: Arm, treatment: Arm) -> tuple[ArmEstimate, ArmEstimate]:
        first, second = (
            quantile(arm.numbers(self.column), arm.subjects, self.share) for arm in (control, treatment)
        )
        return first, second
