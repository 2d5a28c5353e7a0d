"""The findings of an A/B test: the answer, the scores' names, and the chart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from mxt.endpoints.base.contrasts import Contrast
from mxt.endpoints.base.designs import Design
from mxt.pages.ab_tests import ab_test_findings, draw_effects, results_table
from mxt.reports.markdown import render

DESIGN = Design(level=0.05, power=0.8, control_share=0.5)
ARMS = {"control_subjects": 100, "treatment_subjects": 110, "mismatch_p": 0.5}
BETTER = Contrast(
    "revenue/day", "superiority", "difference", 1.0, higher_is_better=True,
    control_n=100, treatment_n=110, control=10.0, treatment=12.0, effect=2.0, low=1.0, high=3.0,
    p_superiority=0.0004, power=0.9, detectable=0.8, level=0.05, verdict="yes",
)  # fmt: skip
WORSE = replace(BETTER, endpoint="errors", higher_is_better=False, verdict="no", p_superiority=0.99)
UNKNOWN = Contrast("calls", "superiority", "ratio", 0.1, higher_is_better=True, note="no calls")


def test_the_answer_gives_the_verdict_and_each_endpoint_in_a_line() -> None:
    findings = ab_test_findings([BETTER, UNKNOWN], "inconclusive", DESIGN, "version 2 against 1", ARMS)
    assert findings.passed is False
    assert list(findings.answer) == [
        "version 2 against 1: inconclusive.",
        "revenue/day: yes: 10 to 12, difference 2 (1 to 3).",
        "calls: inconclusive: no calls.",
    ]
    assert "revenue_day_effect" in findings.scores, "a slash would make a path"
    assert not any(name.startswith("calls") for name in findings.scores), "NaN is left out"


def test_failed_endpoints_come_first_and_small_p_values_are_not_written_out() -> None:
    page = render(ab_test_findings([BETTER, WORSE], "no", DESIGN, "arms", ARMS).page)
    assert page.index("| errors | no |") < page.index("| revenue/day | yes |")
    assert "&lt; 0.001 (level 0.05)" in page
    assert (
        "The control arm had 100 subjects, the treatment arm 110 (p 0.500 under the planned shares)." in page
    )


def test_the_class_that_endpoints_are_about_is_a_column_only_if_there_is_one() -> None:
    assert "positive" not in results_table([BETTER])
    assert list(results_table([BETTER, replace(WORSE, positive="late")])["positive"]) == ["", "late"]


def test_the_chart_shows_endpoints_that_could_be_compared_with_the_margin_on_the_side_of_the_harm() -> None:
    figure = Figure()
    harm = replace(WORSE, hypothesis="non_inferiority")
    draw_effects(figure, [BETTER, UNKNOWN, harm])
    assert [axes.get_yticklabels()[0].get_text() for axes in figure.axes] == ["revenue/day", "errors"]
    margins = [np.asarray(axes.lines[-1].get_xdata())[0] for axes in figure.axes]
    assert margins == [1.0, 1.0], "a gain in revenue, and more errors than allowed"
