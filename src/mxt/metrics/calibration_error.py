"""Whether a classifier's confidence can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from mxt.errors import DataError
from mxt.metrics.base import Metric
from mxt.schemas.outputs import PREDICTION, PROBABILITY
from mxt.stats.calibration import expected_calibration_error

if TYPE_CHECKING:
    import pandas as pd


class CalibrationErrorMetric(Metric):
    """Expected calibration error over equal-width bins of the predicted class's probability.

    Example:
        {KIND: CalibrationErrorMetric, maximum: 0.05}
    """

    KIND: Literal["CalibrationErrorMetric"] = "CalibrationErrorMetric"

    higher_is_better: ClassVar[bool] = False

    bins: Annotated[int, Field(ge=2)] = 10
    """Number of bins of [0, 1]."""

    @property
    def label(self) -> str:
        return "calibration_error"

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        names = [name for name in predictions.columns if name.startswith(PROBABILITY)]
        if not names:
            msg = "The calibration error needs the probabilities of a classifier."
            raise DataError(msg)
        confidence = predictions[names].max(axis=1).to_numpy()
        correct = (predictions[PREDICTION].astype(str) == truth.astype(str)).to_numpy()
        return expected_calibration_error(confidence, correct, self.bins)
