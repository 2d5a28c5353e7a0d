"""The scores of a model that was just fitted: the verdict, the facts and the page."""

from __future__ import annotations

from mxt.metrics.brier import BrierMetric
from mxt.metrics.sklearn import SklearnMetric
from mxt.pages.training import scored
from mxt.reports.markdown import render

METRICS = [SklearnMetric(name="roc_auc", minimum=0.8), BrierMetric(maximum=0.1), SklearnMetric(name="f1")]


def test_a_missed_limit_refuses_the_model_and_stands_first_on_the_page() -> None:
    findings = scored("Churn", 1409, METRICS, {"roc_auc": 0.85, "brier": 0.2, "f1": 0.6})
    assert findings.passed is False
    assert list(findings.answer) == [
        "The model of Churn scores roc_auc 0.85, brier 0.2, f1 0.6 on 1,409 rows held out.",
        "It misses brier (at most 0.1).",
    ]
    assert findings.facts == {"test_roc_auc": 0.85, "test_brier": 0.2, "test_f1": 0.6}
    rows = [line for line in render(findings.page).splitlines() if line.startswith("| ")][2:]
    assert rows == [
        "| brier | 0.2 | at most 0.1 | missed |",
        "| roc_auc | 0.85 | at least 0.8 | kept |",
        "| f1 | 0.6 | no limit |  |",
    ]


def test_without_limits_there_is_no_word_about_them() -> None:
    findings = scored("Churn", 1, [SklearnMetric(name="f1")], {"f1": 0.6})
    assert findings.passed
    assert list(findings.answer) == ["The model of Churn scores f1 0.6 on 1 row held out."]
