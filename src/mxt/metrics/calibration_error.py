"""Whether a classifier's confidence can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.metrics.base import RESAMPLES, Estimate, Metric, ordered
from mxt.metrics.base.answers import ClassName, classes, labelled, positive_among
from mxt.stats.calibration import calibration_errors, calibration_interval, equal_masses, equal_widths
from mxt.stats.cells import Cells, of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd


class CalibrationErrorMetric(Metric):
    """Expected calibration error: the mean gap between probability and outcome over bins, weighted by rows.

    Few rows a bin make it larger than it is: the gap of a perfect model is the noise of its bins. Its
    interval takes that noise into account. In resamples the bins stay those of the whole sample.

    Example:
        {KIND: CalibrationErrorMetric, maximum: 0.05}
    """

    KIND: Literal["CalibrationErrorMetric"] = "CalibrationErrorMetric"

    higher_is_better: ClassVar[bool] = False

    bins: Annotated[int, Field(ge=2)] = 10
    """Number of bins of [0, 1]."""

    binning: Literal["equal_width", "equal_mass"] = "equal_width"
    """Bins as wide as each other, or with as many rows as each other."""

    of: Literal["predicted", "positive"] = "predicted"
    """Whose probability: that of the predicted class, or of the positive one."""

    positive: ClassName | None = None
    """The positive class; that of the job or of the version if left out, else the last of two in alphabetical
    order."""

    @model_validator(mode="after")
    def _looked_at(self) -> Self:
        if self.positive is not None and self.of == "predicted":
            kind, told = "contradiction", "`positive` is looked at with `of: positive` alone"
            raise PydanticCustomError(kind, told)
        return self

    @property
    def label(self) -> str:
        which = "" if self.of == "predicted" else "_positive"
        bins = "" if self.binning == "equal_width" else "_equal_mass"
        return labelled(f"calibration_error{which}{bins}", self.positive)

    def positive_of(self, names: Sequence[str]) -> str:
        return "" if self.of == "predicted" else positive_among(self.label, names, self.named)

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        import numpy as np

        return float(self.cells(truth, predictions).statistic(np.ones((1, len(truth))))[0])

    def interval(
        self, truth: pd.Series[Any], predictions: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES
    ) -> Estimate:
        found = calibration_interval(*self._binned(*ordered(truth, predictions)), resamples, seed)
        return Estimate.of(self.score(truth, predictions), found, "noise", len(truth))

    def cells(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> Cells:
        shares, outcome, places = self._binned(truth, predictions)
        return of_rows(lambda counts: calibration_errors(outcome - shares, places, counts), len(truth))

    def _binned(
        self, truth: pd.Series[Any], predictions: pd.DataFrame
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The probability, outcome and bin of each row."""
        found = classes(self.label, truth, predictions)
        shares, outcome = found.probabilities(self.label).max(axis=1), found.right
        if self.of == "positive":
            shares, outcome = found.scored(self.label, self.named)
        places = (equal_widths if self.binning == "equal_width" else equal_masses)(shares, self.bins)
        return shares, outcome, places
