"""Bootstrap, metric and latency criteria judge the registered model on the rows held out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from criteria.candidates import subject, with_truth
from mxt.criteria.bootstrap import BootstrapCriterion
from mxt.criteria.latency import LatencyCriterion
from mxt.criteria.metric import MetricCriterion
from mxt.metrics.calibration_error import CalibrationErrorMetric
from mxt.metrics.sklearn import SklearnMetric

MADE = subject()


def accuracy(minimum: float) -> SklearnMetric:
    return SklearnMetric(name="accuracy", minimum=minimum)


def test_the_worse_end_of_the_interval_is_judged() -> None:
    predicted = MADE.model.predict(MADE.inputs)["prediction"]
    value = accuracy_score(MADE.truth, predicted)
    (met,) = BootstrapCriterion(metric=accuracy(0.5)).assess(MADE)
    assert met.value == pytest.approx(value, abs=1e-12)
    assert met.low < value < met.high
    assert met.outcome == "PASS"
    (missed,) = BootstrapCriterion(metric=accuracy(value)).assess(MADE)
    assert missed.outcome == "FAIL"
    assert missed.missed_by == pytest.approx(value - missed.low)


def test_the_order_of_rows_does_not_matter_to_the_bootstrap() -> None:
    order = np.random.default_rng(0).permutation(len(MADE.inputs))
    turned = replace(MADE, inputs=MADE.inputs.iloc[order], truth=MADE.truth.iloc[order])
    assert BootstrapCriterion().assess(turned) == BootstrapCriterion().assess(MADE)


def test_a_score_without_an_error_is_not_certain() -> None:
    right = MADE.model.predict(MADE.inputs)["prediction"]
    (found,) = BootstrapCriterion(metric=accuracy(0.97)).assess(replace(MADE, truth=right))
    expected = proportion_confint(100, 100, method="wilson")[0]
    assert (found.value, found.outcome) == (1.0, "FAIL")
    assert found.low == pytest.approx(expected)


def test_a_metric_is_judged_by_its_value_or_by_all_of_its_interval() -> None:
    chances = MADE.model.predict(MADE.inputs)["probability_good"]
    value = roc_auc_score(MADE.truth == "good", chances)
    metric = SklearnMetric(name="roc_auc", minimum=value - 1e-6)
    (by_value,) = MetricCriterion(metric=metric).assess(MADE)
    (by_interval,) = MetricCriterion(metric=metric, whole_interval=True).assess(MADE)
    assert by_value.value == by_interval.value == pytest.approx(value, abs=1e-12)
    assert (by_value.outcome, by_interval.outcome) == ("PASS", "FAIL")


def test_calibration_can_be_asked_for() -> None:
    (found,) = MetricCriterion(metric=CalibrationErrorMetric(maximum=1e-6)).assess(MADE)
    assert found.outcome == "FAIL"
    assert found.missed_by == pytest.approx(found.value - 1e-6)


def test_latency_is_measured_and_held_to_its_limit() -> None:
    (late,) = LatencyCriterion(maximum_milliseconds=1e-3, calls=72).assess(MADE)
    assert late.outcome == "FAIL"
    assert 0 < late.low <= late.value <= late.high
    (in_time,) = LatencyCriterion(maximum_milliseconds=1e6, calls=72, rows=50).assess(MADE)
    assert (in_time.outcome, in_time.n) == ("PASS", 72)


def test_too_little_data_is_insufficient() -> None:
    few = replace(MADE, inputs=MADE.inputs.head(40), truth=MADE.truth.head(40))
    one_class = with_truth(MADE, np.full(400, "good", dtype=object))
    for made, why in ((few, "40 rows; at least 100"), (one_class, "the same target")):
        for criterion in (BootstrapCriterion(), MetricCriterion(metric=accuracy(0.5))):
            (found,) = criterion.assess(made)
            assert found.outcome == "INSUFFICIENT"
            assert why in found.note
    (found,) = LatencyCriterion(rows=1000).assess(MADE)
    assert found.outcome == "INSUFFICIENT"


RARE = with_truth(MADE, np.where(np.arange(400) == 399, "good", "bad").astype(object))
"""One row held out is of the class at stake, so that a third of all resamples has no score."""
PRECISION = SklearnMetric(name="average_precision")


@pytest.mark.parametrize("kind", [MetricCriterion, BootstrapCriterion])
@pytest.mark.parametrize(("room", "outcome"), [(-0.01, "INSUFFICIENT"), (0.01, "FAIL")])
def test_a_score_beyond_its_limit_fails_though_its_interval_is_unknown(
    kind: Any, room: float, outcome: str
) -> None:
    chances = MADE.model.predict(MADE.inputs)["probability_good"]
    score = average_precision_score(RARE.truth == "good", chances)
    limited = PRECISION.model_copy(update={"minimum": score + room})
    whole = {"whole_interval": True} if kind is MetricCriterion else {}
    (found,) = kind(metric=limited, **whole).assess(RARE)
    assert found.outcome == outcome
    assert found.value == pytest.approx(score)
    assert np.isnan([found.low, found.high]).all()
    assert found.missed_by == pytest.approx(max(room, 0))
    assert "score" in found.note


def test_a_score_that_all_resamples_share_fails_beyond_its_limit_only() -> None:
    """Each prediction is wrong: the correlation of Matthews is -1 in each resample."""
    wrong = MADE.model.predict(MADE.inputs)["prediction"].map({"good": "bad", "bad": "good"})
    for minimum, outcome in ((-0.5, "FAIL"), (-1.0, "INSUFFICIENT")):
        metric = SklearnMetric(name="matthews_corrcoef", minimum=minimum)
        (found,) = BootstrapCriterion(metric=metric).assess(replace(MADE, truth=wrong))
        assert (found.outcome, found.value) == (outcome, -1)
        assert "all resamples score alike" in found.note
