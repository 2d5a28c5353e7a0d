"""How far a classifier's probabilities are from the frequencies of outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.metrics.base import RESAMPLES, Estimate, Metric
from mxt.metrics.base.answers import ClassName, classes, labelled, positive_among
from mxt.metrics.base.orders import order_of
from mxt.stats.calibration import calibration_errors, calibration_interval, equal_masses, equal_widths
from mxt.stats.cells import Cells, of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd


class CalibrationErrorMetric(Metric):
    """Expected calibration error: the mean gap between probability and outcome over bins, weighted by rows.

    Few rows in a bin make the error too large: even a perfect model has the noise of its bins. The interval
    takes that noise into account. Resamples keep the bins of the whole sample.

    Example:
        {KIND: CalibrationErrorMetric, maximum: 0.05}
    """

    KIND: Literal["CalibrationErrorMetric"] = "CalibrationErrorMetric"

    higher_is_better: ClassVar[bool] = False

    bins: Annotated[int, Field(ge=2)] = 10
    """Number of bins that [0, 1] is cut into."""

    binning: Literal["equal_width", "equal_mass"] = "equal_width"
    """Whether all bins are equally wide, or hold equally many rows."""

    of: Literal["predicted", "positive"] = "predicted"
    """Whether the probability of the predicted or of the positive class is compared with outcomes."""

    positive: ClassName | None = None
    """The positive class; that of the job or of the version if left out, else the last of two in alphabetical
    order."""

    @model_validator(mode="after")
    def _looked_at(self) -> Self:
        if self.positive is not None and self.of == "predicted":
            kind, fault = "contradiction", "`positive` has a meaning with `of: positive` only"
            raise PydanticCustomError(kind, fault)
        return self

    @property
    def label(self) -> str:
        which = "" if self.of == "predicted" else "_positive"
        bins = "" if self.binning == "equal_width" else "_equal_mass"
        return labelled(f"calibration_error{which}{bins}", self.positive)

    def positive_of(self, names: Sequence[str]) -> str:
        return "" if self.of == "predicted" else positive_among(self.label, names, self.named)

    def score(self, truth: pd.Series, predictions: pd.DataFrame) -> float:
        return self._score_by_cells(truth, predictions)

    def interval(
        self, truth: pd.Series, predictions: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES
    ) -> Estimate:
        order = order_of(truth, predictions)
        binned = self._binned(truth.iloc[order], predictions.iloc[order])
        interval = calibration_interval(*binned, resamples, seed)
        return Estimate.of(self.score(truth, predictions), interval, "noise", len(truth))

    def cells(self, truth: pd.Series, predictions: pd.DataFrame) -> Cells:
        shares, outcome, places = self._binned(truth, predictions)
        return of_rows(lambda counts: calibration_errors(outcome - shares, places, counts), len(truth))

    def _binned(
        self, truth: pd.Series, predictions: pd.DataFrame
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The probability, outcome and bin of each row."""
        pairs = classes(self.label, truth, predictions)
        shares, outcome = pairs.probabilities(self.label).max(axis=1), pairs.right
        if self.of == "positive":
            shares, outcome = pairs.scored(self.label, self.named)
        places = (equal_widths if self.binning == "equal_width" else equal_masses)(shares, self.bins)
        return shares, outcome, places
