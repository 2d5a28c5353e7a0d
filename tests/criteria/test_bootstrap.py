"""The bootstrap criterion judges the worse end of an interval, and says where resamples show nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score
from statsmodels.stats.proportion import proportion_confint

from criteria.candidates import RARE, accuracy, candidate, rare_precision, with_truth
from mxt.criteria.bootstrap import BootstrapCriterion
from mxt.metrics.sklearn import SklearnMetric

MADE = candidate()


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


def test_a_score_without_an_error_is_not_certain() -> None:
    right = MADE.model.predict(MADE.inputs)["prediction"]
    (assessment,) = BootstrapCriterion(metric=accuracy(0.97)).assess(replace(MADE, truth=right))
    assert (assessment.value, assessment.outcome) == (1.0, "FAIL")
    assert assessment.low == pytest.approx(proportion_confint(100, 100, method="wilson")[0])


def test_too_little_data_is_insufficient() -> None:
    few = replace(MADE, inputs=MADE.inputs.head(40), truth=MADE.truth.head(40))
    one_class = with_truth(MADE, np.full(400, "good", dtype=object))
    for made, why in ((few, "40 rows; at least 100"), (one_class, "the same target")):
        (assessment,) = BootstrapCriterion().assess(made)
        assert assessment.outcome == "INSUFFICIENT"
        assert why in assessment.note


@pytest.mark.parametrize(("room", "outcome"), [(-0.01, "INSUFFICIENT"), (0.01, "FAIL")])
def test_a_score_beyond_its_limit_fails_though_its_interval_is_unknown(room: float, outcome: str) -> None:
    score, metric = rare_precision(room)
    (assessment,) = BootstrapCriterion(metric=metric).assess(RARE)
    assert assessment.outcome == outcome
    assert assessment.value == pytest.approx(score)
    assert np.isnan([assessment.low, assessment.high]).all()
    assert assessment.missed_by == pytest.approx(max(room, 0))
    assert "too few of the resamples have a score" in assessment.note


def test_a_score_that_all_resamples_share_fails_beyond_its_limit_only() -> None:
    """Each prediction is wrong: the correlation of Matthews is -1 in each resample."""
    wrong = MADE.model.predict(MADE.inputs)["prediction"].map({"good": "bad", "bad": "good"})
    for minimum, outcome in ((-0.5, "FAIL"), (-1.0, "INSUFFICIENT")):
        metric = SklearnMetric(name="matthews_corrcoef", minimum=minimum)
        (assessment,) = BootstrapCriterion(metric=metric).assess(replace(MADE, truth=wrong))
        assert (assessment.outcome, assessment.value) == (outcome, -1)
        assert "all resamples score alike" in assessment.note
