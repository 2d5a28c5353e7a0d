"""The mean of a number, such as the revenue of a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.endpoints.base import Endpoint
from mxt.stats.arms import ratio_of_sums

if TYPE_CHECKING:
    from mxt.endpoints.base.arms import Arm
    from mxt.stats.arms import ArmEstimate


class MeanEndpoint(Endpoint):
    """Mean of a column of numbers over rows, compared by Welch's test.

    Example:
        {KIND: MeanEndpoint, column: MonthlyCharges, higher_is_better: true, margin: 1.5}
    """

    KIND: Literal["MeanEndpoint"] = "MeanEndpoint"

    column: str
    """The column of outcomes."""

    higher_is_better: bool
    """Whether more of it is better."""

    @property
    def label(self) -> str:
        return f"{self.column}_mean"

    @property
    def better_if_higher(self) -> bool:
        return self.higher_is_better

    @property
    def columns(self) -> list[str]:
        return [self.column]

    def estimates(self, control: Arm, treatment: Arm) -> tuple[ArmEstimate, ArmEstimate]:
        import numpy as np

        first, second = (
            ratio_of_sums(arm.numbers(self.column), np.ones(len(arm.table)), arm.subjects)
            for arm in (control, treatment)
        )
        return first, second
