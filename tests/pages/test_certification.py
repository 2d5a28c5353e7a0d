"""The findings of a certification: verdict, facts and page."""

from __future__ import annotations

import math

import pandas as pd

from mxt.criteria.base import Assessment
from mxt.pages.certification import assessed, issued, line
from mxt.reports.markdown import render

MET = Assessment("accuracy", "at least 0.9", "PASS", 0.95, 0.92, 0.97, 1000, note="by Wilson")
UNMET = Assessment("gap", "at most 0.1", "FAIL", 0.3, 0.2, 0.4, 500, missed_by=0.1)
UNKNOWN = Assessment("latency", "at most 5", "INSUFFICIENT", math.nan, math.nan, math.nan, 0, note="no calls")


def test_an_assessment_in_one_line_has_its_value_interval_target_and_count() -> None:
    assert line(MET) == "PASS, 0.95 [0.92, 0.97], target at least 0.9, n 1000"
    assert line(UNMET) == "FAIL, 0.3 [0.2, 0.4], target at most 0.1, missed by 0.1, n 500"
    assert line(UNKNOWN) == "INSUFFICIENT, no calls (target: at most 5)"


def test_the_answer_names_the_criteria_that_decide_and_the_page_begins_with_them() -> None:
    findings = assessed("churn version 1", "FAIL", [MET, UNMET], {"folds": pd.DataFrame({"a": [1]})})
    assert findings.passed is False
    assert list(findings.answer) == ["FAIL: churn version 1 does not meet gap (at most 0.1, missed by 0.1)."]
    assert [*findings.tables] == ["folds", "certification"]
    assert findings.scores == {"accuracy": 0.95, "gap": 0.3}
    page = render(findings.page)
    assert page.index("| gap |") < page.index("| accuracy |")
    assert "- **accuracy**: by Wilson" in page


def test_a_version_that_meets_all_criteria_passes() -> None:
    assert list(assessed("churn version 1", "PASS", [MET], {}).answer) == [
        "PASS: churn version 1 meets every criterion."
    ]
    assert issued("2027-01-02T03:04:05Z") == "The certificate counts until 2027-01-02 03:04 UTC."
