"""The share of rows with one outcome, such as customers who left."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.datasets.conditions import Scalar
from mxt.endpoints.base import Endpoint
from mxt.errors import DataError
from mxt.stats.arms import ratio_of_sums

if TYPE_CHECKING:
    import numpy as np

    from mxt.endpoints.base.arms import Arm
    from mxt.stats.arms import ArmEstimate


class RateEndpoint(Endpoint):
    """Share of the rows that have one value in a column.

    Example:
        {KIND: RateEndpoint, column: Churn, value: "Yes", higher_is_better: false, margin: 0.02}
    """

    KIND: Literal["RateEndpoint"] = "RateEndpoint"

    of_shares: ClassVar[bool] = True

    column: str
    """The column of outcomes."""

    value: Scalar
    """The outcome that is counted."""

    higher_is_better: bool
    """Whether more of it is better."""

    @property
    def label(self) -> str:
        return f"{self.column}_{self.value}_rate"

    @property
    def better_if_higher(self) -> bool:
        return self.higher_is_better

    @property
    def columns(self) -> list[str]:
        return [self.column]

    def estimates(self, control: Arm, treatment: Arm) -> tuple[ArmEstimate, ArmEstimate]:
        import numpy as np

        met = [self._met(arm) for arm in (control, treatment)]
        if not any(part.any() for part in met):
            msg = f"{control.source}: no row has the value {self.value!r} in column {self.column!r}."
            raise DataError(msg)
        first, second = (
            ratio_of_sums(part, np.ones(len(part)), arm.subjects)
            for part, arm in zip(met, (control, treatment), strict=True)
        )
        return first, second

    def _met(self, arm: Arm) -> np.ndarray:
        values = arm.outcome(self.column)
        return ((values == self.value) | (values.astype(str) == str(self.value))).to_numpy(dtype=float)
