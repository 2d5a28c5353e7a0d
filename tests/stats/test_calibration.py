"""Calibration against known slopes, scikit-learn, and numbers worked by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from mxt.stats.calibration import (
    calibration_interval,
    equal_widths,
    expected_calibration_error,
    fit_sigmoid,
)


def outcomes(scores: np.ndarray, slope: float, intercept: float, seed: int) -> np.ndarray:
    """Outcomes whose log-odds are a line of the scores."""
    chances = 1 / (1 + np.exp(-(slope * scores + intercept)))
    return np.random.default_rng(seed).random(len(scores)) < chances


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.4, -1.5), (2.5, 0.7), (-1.0, 0.2)])
def test_the_line_that_made_the_outcomes_is_found(slope: float, intercept: float) -> None:
    scores = np.random.default_rng(0).normal(scale=1.5, size=100_000)
    fitted = fit_sigmoid(scores, outcomes(scores, slope, intercept, seed=1))
    assert fitted.slope == pytest.approx(slope, abs=0.06)
    assert fitted.intercept == pytest.approx(intercept, abs=0.06)


def test_the_fit_is_the_maximum_of_the_likelihood() -> None:
    scores = np.random.default_rng(2).normal(size=500)
    positive = outcomes(scores, 0.8, -0.3, seed=3)
    fitted = fit_sigmoid(scores, positive)
    residual = positive - 1 / (1 + np.exp(-(fitted.slope * scores + fitted.intercept)))
    assert abs(residual.sum()) < 1e-6
    assert abs((residual * scores).sum()) < 1e-6


def test_the_scale_of_the_scores_does_not_matter() -> None:
    scores = np.random.default_rng(4).normal(size=2000)
    positive = outcomes(scores, 1.2, 0.1, seed=5)
    fitted, scaled = fit_sigmoid(scores, positive), fit_sigmoid(1000 * scores + 7, positive)
    assert 1000 * scaled.slope == pytest.approx(fitted.slope, rel=1e-4)
    assert scaled.intercept + 7 * scaled.slope == pytest.approx(fitted.intercept, abs=1e-4)


def test_probabilities_are_those_of_scikit_learn() -> None:
    chance = np.random.default_rng(6)
    inputs = chance.normal(size=(8000, 3))
    labels = outcomes(inputs @ [1.0, -2.0, 0.5], 1.0, 0.3, seed=7)
    # A model that is far too sure of itself, calibrated on rows it has not seen.
    model = LogisticRegression().fit(inputs[:2000], labels[:2000])
    model.coef_ = model.coef_ * 4
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid").fit(
        inputs[2000:], labels[2000:]
    )
    fitted = fit_sigmoid(model.decision_function(inputs[2000:]), labels[2000:])
    ours = 1 / (1 + np.exp(-(fitted.slope * model.decision_function(inputs) + fitted.intercept)))
    # They smooth the targets by one row in each class, as Platt did.
    np.testing.assert_allclose(ours, theirs.predict_proba(inputs)[:, 1], atol=2e-3)
    assert fitted.slope == pytest.approx(0.25, abs=0.05)


def test_the_calibration_error_by_hand() -> None:
    # Bins (of 5): [0.4, 0.6): 0.5, 0.55, right once: |0.525 - 0.5| of 2 rows; [0.6, 0.8): 0.7, 0.6 both
    # wrong: 0.65 of 2 rows; [0.8, 1]: 0.9, 1.0, both right: 0.05 of 2 rows. Mean: (0.05 + 1.3 + 0.1) / 6.
    confidence = np.array([0.5, 0.55, 0.7, 0.6, 0.9, 1.0])
    correct = np.array([True, False, False, False, True, True])
    assert expected_calibration_error(confidence, correct, bins=5) == pytest.approx(1.45 / 6, abs=1e-12)


@pytest.mark.parametrize(
    ("confidence", "correct", "error"),
    [
        ([1.0, 1.0], [True, True], 0),
        ([1.0, 1.0], [False, False], 1),
        ([0.75] * 4, [True, True, True, False], 0),
    ],
)
def test_the_calibration_error_of_plain_cases(
    confidence: list[float], correct: list[bool], error: float
) -> None:
    assert expected_calibration_error(np.array(confidence), np.array(correct), bins=10) == error


def test_a_calibrated_model_errs_by_chance_alone_and_a_sure_one_by_its_excess() -> None:
    confidence = np.random.default_rng(8).uniform(0.5, 1, size=50_000)
    correct = np.random.default_rng(9).random(50_000) < confidence
    assert expected_calibration_error(confidence, correct, bins=10) < 0.01
    surer = np.minimum(confidence + 0.1, 1)
    assert expected_calibration_error(surer, correct, bins=10) == pytest.approx(
        np.mean(surer - confidence), abs=0.01
    )


@pytest.mark.parametrize(
    ("power", "rows"),
    [(1.0, 400), *(pytest.param(power, 1500, marks=pytest.mark.slow) for power in (1.0, 1.1, 1.5))],
)
def test_the_interval_holds_the_error_of_perfect_and_of_bad_probabilities(power: float, rows: int) -> None:
    # The error of all rows there could be, of bins of uniform probabilities whose true chance is their power.
    edges = np.linspace(0, 1, 11)
    error = np.abs(np.diff(edges ** (power + 1) / (power + 1) - edges**2 / 2)).sum()
    chance, held, runs = np.random.default_rng(0), 0, 200
    for seed in range(runs):
        shares = chance.random(rows)
        outcome = chance.random(rows) < shares**power
        found = calibration_interval(shares, outcome, equal_widths(shares, 10), 200, seed)
        held += bool(found.low <= error + 1e-12 and error <= found.high)
    assert held / runs >= 0.93  # 95 % of 200 runs, less 1.3 standard errors


@pytest.mark.parametrize("bins", [7, 10, 15, 20, 100, 1000])
def test_a_probability_on_an_edge_belongs_to_the_bin_above(bins: int) -> None:
    """Decided in whole fractions: k / bins is in bin k, and the double before it in the bin below."""
    edges = np.array([float(Fraction(k, bins)) for k in range(bins)])
    assert equal_widths(edges, bins).tolist() == [*range(bins)]
    below = np.nextafter(edges[1:], 0)
    assert equal_widths(below, bins).tolist() == [*range(bins - 1)]
    assert equal_widths(np.array([0.0, 1.0]), bins).tolist() == [0, bins - 1]


def test_what_is_written_as_an_edge_belongs_to_the_bin_above() -> None:
    """0.29 * 100 is 28.999999999999996."""
    assert equal_widths(np.array([0.29, 0.57, 0.58]), 100).tolist() == [29, 57, 58]
