"""How far predicted numbers are from the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.endpoints.base import Endpoint
from mxt.errors import DataError
from mxt.stats.arms import ratio_of_sums

if TYPE_CHECKING:
    from mxt.endpoints.base.arms import Arm
    from mxt.stats.arms import ArmEstimate


class ErrorEndpoint(Endpoint):
    """Mean absolute or squared error of predicted numbers, compared by Welch's test.

    Example:
        {KIND: ErrorEndpoint, margin: 0.5}
    """

    KIND: Literal["ErrorEndpoint"] = "ErrorEndpoint"

    error: Literal["absolute", "squared"] = "absolute"
    """What is averaged over the rows."""

    @property
    def label(self) -> str:
        return f"{self.error}_error"

    @property
    def better_if_higher(self) -> bool:
        return False

    @property
    def needs_predictions(self) -> bool:
        return True

    def estimates(self, control: Arm, treatment: Arm) -> tuple[ArmEstimate, ArmEstimate]:
        return self._mean(control), self._mean(treatment)

    def _mean(self, arm: Arm) -> ArmEstimate:
        import numpy as np
        import pandas as pd

        truth, predicted = arm.truth, arm.predictions
        numeric = pd.api.types.is_numeric_dtype
        if truth is None or predicted is None or not (numeric(truth) and numeric(predicted)):
            msg = f"{arm.source}: the {arm.name} arm predicts no numbers; a QualityEndpoint is for classes."
            raise DataError(msg)
        gaps = np.abs(truth.to_numpy(dtype=float) - predicted.to_numpy(dtype=float))
        infinite = int((~np.isfinite(gaps)).sum())
        if infinite:
            msg = (
                f"{arm.source}: in {infinite} of {len(gaps)} rows of the {arm.name} arm the truth or the "
                "prediction is missing or infinite."
            )
            raise DataError(msg)
        return ratio_of_sums(gaps if self.error == "absolute" else gaps**2, np.ones(len(gaps)), arm.subjects)
