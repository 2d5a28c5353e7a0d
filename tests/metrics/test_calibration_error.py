"""The calibration error of a table of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.metrics.calibration_error import CalibrationErrorMetric
from mxt.stats.calibration import expected_calibration_error

TABLE = pd.DataFrame(
    {
        "prediction": ["Yes", "Yes", "No", "No"],
        "probability_No": [0.1, 0.1, 0.7, 0.7],
        "probability_Yes": [0.9, 0.9, 0.3, 0.3],
    }
)


@pytest.mark.parametrize(
    ("truth", "error"),
    [
        (["Yes", "Yes", "No", "No"], (0.1 + 0.3) / 2),
        (["Yes", "No", "No", "Yes"], (0.4 + 0.2) / 2),
        (["No", "No", "Yes", "Yes"], (0.9 + 0.7) / 2),
    ],
)
def test_the_error_by_hand(truth: list[str], error: float) -> None:
    assert CalibrationErrorMetric().score(pd.Series(truth), TABLE) == pytest.approx(error, abs=1e-12)


def test_confidence_is_the_greatest_probability() -> None:
    chance = np.random.default_rng(0)
    shares = chance.dirichlet([1, 1, 1], size=500)
    table = pd.DataFrame(shares, columns=["probability_0", "probability_1", "probability_2"])
    table["prediction"] = shares.argmax(axis=1)
    truth: pd.Series[Any] = pd.Series(chance.integers(0, 3, size=500))
    by_hand = expected_calibration_error(shares.max(axis=1), (table["prediction"] == truth).to_numpy(), 7)
    assert CalibrationErrorMetric(bins=7).score(truth, table) == pytest.approx(by_hand, abs=1e-12)


def test_numbers_have_no_confidence() -> None:
    with pytest.raises(DataError, match="needs the probabilities of a classifier"):
        CalibrationErrorMetric().score(pd.Series([1.0]), pd.DataFrame({"prediction": [1.0]}))
