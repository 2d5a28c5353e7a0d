"""The calibration error of a table of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

from mxt.errors import DataError
from mxt.metrics.calibration_error import CalibrationErrorMetric
from mxt.stats.calibration import equal_masses, expected_calibration_error

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


def test_bins_of_equal_mass_hold_as_many_rows_each_and_keep_ties_together() -> None:
    shares = np.array([0.5, 0.6, 0.6, 0.7, 0.8, 0.9])
    assert equal_masses(shares, 3).tolist() == [0, 0, 0, 1, 2, 2]
    assert equal_masses(np.random.default_rng(0).random(1000), 10).tolist().count(3) == 100


def test_the_error_of_the_positive_class_is_scikit_learns_calibration_curve() -> None:
    chance = np.random.default_rng(1)
    share = chance.random(800)
    happened = chance.random(800) < share**1.5
    table = pd.DataFrame({"probability_No": 1 - share, "probability_Yes": share})
    table["prediction"] = np.where(share > 0.5, "Yes", "No")
    truth = pd.Series(np.where(happened, "Yes", "No"))
    width = CalibrationErrorMetric(bins=8, of="positive")
    mass = CalibrationErrorMetric(bins=8, of="positive", binning="equal_mass")
    for metric, strategy in ((width, "uniform"), (mass, "quantile")):
        outcome, mean = calibration_curve(happened, share, n_bins=8, strategy=strategy)
        edges = np.linspace(0, 1, 9) if strategy == "uniform" else np.quantile(share, np.linspace(0, 1, 9))
        weights = np.histogram(share, edges)[0] / 800
        expected = (weights * np.abs(outcome - mean)).sum()
        assert metric.score(truth, table) == pytest.approx(expected, abs=1e-12)


def test_numbers_have_no_confidence() -> None:
    with pytest.raises(DataError, match="is for classes, and the model predicts numbers"):
        CalibrationErrorMetric().score(pd.Series([1.0]), pd.DataFrame({"prediction": [1.0]}))
