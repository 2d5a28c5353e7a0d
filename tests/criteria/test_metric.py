"""The metric criterion judges a score, or all of its interval, on the rows held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from criteria.candidates import RARE, accuracy, candidate, rare_precision, with_truth
from mxt.criteria.metric import MetricCriterion
from mxt.metrics.calibration_error import CalibrationErrorMetric
from mxt.metrics.sklearn import SklearnMetric

MADE = candidate()


def test_a_metric_is_judged_by_its_value_or_by_all_of_its_interval() -> None:
    chances = MADE.model.predict(MADE.inputs)["probability_good"]
    value = roc_auc_score(MADE.truth == "good", chances)
    metric = SklearnMetric(name="roc_auc", minimum=value - 1e-6)
    (by_value,) = MetricCriterion(metric=metric).assess(MADE)
    (by_interval,) = MetricCriterion(metric=metric, whole_interval=True).assess(MADE)
    assert by_value.value == by_interval.value == pytest.approx(value, abs=1e-12)
    assert (by_value.outcome, by_interval.outcome) == ("PASS", "FAIL")


def test_calibration_can_be_judged() -> None:
    (assessment,) = MetricCriterion(metric=CalibrationErrorMetric(maximum=1e-6)).assess(MADE)
    assert assessment.outcome == "FAIL"
    assert assessment.missed_by == pytest.approx(assessment.value - 1e-6)


def test_too_little_data_is_insufficient() -> None:
    few = replace(MADE, inputs=MADE.inputs.head(40), truth=MADE.truth.head(40))
    one_class = with_truth(MADE, np.full(400, "good", dtype=object))
    for made, why in ((few, "40 rows; at least 100"), (one_class, "the same target")):
        (assessment,) = MetricCriterion(metric=accuracy(0.5)).assess(made)
        assert assessment.outcome == "INSUFFICIENT"
        assert why in assessment.note


@pytest.mark.parametrize(("room", "outcome"), [(-0.01, "INSUFFICIENT"), (0.01, "FAIL")])
def test_a_score_beyond_its_limit_fails_though_its_interval_is_unknown(room: float, outcome: str) -> None:
    score, metric = rare_precision(room)
    (assessment,) = MetricCriterion(metric=metric, whole_interval=True).assess(RARE)
    assert assessment.outcome == outcome
    assert assessment.value == pytest.approx(score)
    assert np.isnan([assessment.low, assessment.high]).all()
    assert assessment.missed_by == pytest.approx(max(room, 0))
    assert "there is no interval of the score" in assessment.note
