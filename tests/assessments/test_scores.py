"""Scores beside limits and beside another version."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metrics.tables import classified, measured
from mxt.assessments.scores import Baseline, Demand, Drawing, LabelledPredictions, scores_table
from mxt.errors import DataError
from mxt.metrics.base import Estimate
from mxt.metrics.brier import BrierMetric
from mxt.metrics.sklearn import SklearnMetric

DRAWING = Drawing()
TRUTH, TABLE = classified(["No", "Yes"], 400)
METRICS = [SklearnMetric(name="accuracy", minimum=0.99), BrierMetric(maximum=0.5)]


def test_each_score_stands_with_its_interval_and_verdict() -> None:
    table = scores_table(METRICS, LabelledPredictions(TRUTH, TABLE), DRAWING)
    assert table["passed"].to_dict() == {"accuracy": False, "brier": True}
    for metric in METRICS:
        found = metric.interval(TRUTH, TABLE)
        assert list(table.loc[metric.label, ["score", "low", "high"]]) == [
            found.estimate,
            found.low,
            found.high,
        ]


def test_a_score_that_is_not_defined_fails_the_whole() -> None:
    one = TRUTH == "Yes"
    with pytest.raises(DataError, match="roc_auc is not defined"):
        scores_table([SklearnMetric(name="roc_auc")], LabelledPredictions(TRUTH[one], TABLE[one]), DRAWING)


def test_a_paired_difference_has_the_interval_of_scipys_paired_bootstrap() -> None:
    truth, first = measured(150, seed=1)
    second = first * np.exp(0.2 * np.random.default_rng(5).normal(size=(150, 1)))
    metric = SklearnMetric(name="neg_mean_absolute_error")
    found = metric.difference(truth, first, second, resamples=20_000)
    apart = (second["prediction"] - truth).abs() - (first["prediction"] - truth).abs()
    theirs = stats.bootstrap((apart.to_numpy(),), np.mean, n_resamples=20_000, rng=1).confidence_interval
    width = theirs.high - theirs.low
    assert found.estimate == pytest.approx(apart.mean(), abs=1e-12)
    assert found.low == pytest.approx(theirs.low, abs=0.04 * width)
    assert found.high == pytest.approx(theirs.high, abs=0.04 * width)


def test_better_is_positive_whatever_the_metric() -> None:
    worse = TABLE.assign(prediction=TABLE["prediction"].where(np.arange(400) % 5 > 0, "No"))
    worse[["probability_No", "probability_Yes"]] = 0.5 + (TABLE.iloc[:, 1:] - 0.5) / 4
    found = Baseline(demand="better").compare(METRICS, LabelledPredictions(TRUTH, TABLE), worse, DRAWING)
    assert (found["better_by_low"] > 0).all()
    assert found["met"].all()
    reverse = Baseline().compare(METRICS, LabelledPredictions(TRUTH, worse), TABLE, DRAWING)
    assert (reverse["better_by_high"] < 0).all()
    assert not reverse["met"].any()
    np.testing.assert_allclose(reverse["better_by"], -found["better_by"], atol=1e-12)


def test_a_version_is_as_good_as_itself_and_no_better() -> None:
    same = Baseline(demand="not_worse").compare(METRICS, LabelledPredictions(TRUTH, TABLE), TABLE, DRAWING)
    assert same["met"].all()
    assert (same[["better_by", "better_by_low", "better_by_high"]] == 0).all().all()
    assert (
        not Baseline(demand="better")
        .compare(METRICS, LabelledPredictions(TRUTH, TABLE), TABLE, DRAWING)["met"]
        .any()
    )


@pytest.mark.parametrize(
    ("low", "high", "met"),
    [
        (0.02, 0.05, {"not_surely_worse", "not_worse", "better"}),
        (-0.005, 0.05, {"not_surely_worse", "not_worse"}),
        (-0.05, 0.05, {"not_surely_worse"}),
        (-0.05, -0.02, set()),
        (np.nan, np.nan, set()),
    ],
)
def test_what_a_demand_needs_of_the_interval(low: float, high: float, met: set[str]) -> None:
    found = Estimate((low + high) / 2, low, high, "bca", 100)
    demands: tuple[Demand, ...] = ("not_surely_worse", "not_worse", "better")
    assert {demand for demand in demands if Baseline(demand=demand, margin=0.01).meets(found)} == met


@pytest.mark.slow
def test_a_difference_is_noise_as_often_as_it_says() -> None:
    # Two models whose mistakes are drawn alike: the interval of their difference leaves out 0 once in twenty.
    chance, runs, left_out = np.random.default_rng(3), 400, 0
    truth = pd.Series(["No", "Yes"] * 150)
    metric = SklearnMetric(name="accuracy")
    for _ in range(runs):
        wrong = chance.random((2, 300)) < 0.2
        labels = [truth.where(~rows, truth.map({"No": "Yes", "Yes": "No"})) for rows in wrong]
        first, second = (pd.DataFrame({"prediction": part}) for part in labels)
        difference = metric.difference(truth, first, second, resamples=400)
        left_out += bool(difference.low > 0 or difference.high < 0)
    assert 0.03 <= left_out / runs <= 0.07
