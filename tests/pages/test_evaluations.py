"""The page of an evaluation."""

from __future__ import annotations

from dataclasses import replace

from mxt.assessments.scores import Baseline, LabelledPredictions
from mxt.metrics.sklearn import SklearnMetric
from mxt.reports.markdown import render
from pages.evaluated import DRAWING, TABLE, TRUTH, evaluation


def test_the_page_says_whether_all_limits_are_kept_and_which_are_not() -> None:
    kept, missed = evaluation(0, 0).findings(), evaluation(1, 1).findings()
    assert kept.answer[0] == "churn version 1 keeps all limits, scored on 320 rows."
    assert missed.answer[0] == (
        "churn version 1 misses accuracy (at least 1), accuracy in 2 cells of part, scored on 320 rows."
    )
    cells = [line for line in render(missed.page).splitlines() if line.startswith("| part: ")]
    assert [line.split(" | ")[0] for line in cells] == ["| part: a", "| part: b", "| part: c"]
    assert cells[2] == "| part: c | accuracy |  | insufficient (at least 1) | 20 |"
    assert "broken (at least 1)" in cells[0]


def test_a_baseline_that_is_not_met_is_told_by_its_metric() -> None:
    found = evaluation(0, 0)
    better = TABLE.assign(prediction=TRUTH)
    metrics = [SklearnMetric(name="accuracy"), SklearnMetric(name="f1")]
    compared = Baseline().compare(metrics, LabelledPredictions(TRUTH, TABLE), better, DRAWING)
    beside = replace(found, scores=found.scores.join(compared), baseline="churn version 2")
    assert not beside.passed
    assert beside.beyond == [f"{name} (not_surely_worse than the baseline)" for name in ("accuracy", "f1")]
    findings = beside.findings()
    assert findings.answer[0].endswith("scored on 320 rows, beside churn version 2.")
    assert "## Beside churn version 2" in render(findings.page)
    assert str(findings.facts["better_by"]).startswith("accuracy -0.")
