"""A history in words and as steps over time."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from mxt.gates.base import Verdict, refused
from mxt.reports.decisions import decision
from mxt.reports.histories import history_figure, history_page


def test_the_figure_steps_to_each_version_when_it_came_and_lasts_until_now() -> None:
    steps = [(datetime(2026, 3, day, tzinfo=UTC), version) for day, version in ((1, 1), (5, 2), (9, None))]
    figure = history_figure("Champion", steps, datetime(2026, 3, 12, tzinfo=UTC))
    axes = figure.axes[0]
    line, dots = axes.lines
    heights = np.asarray(line.get_ydata(), float)
    assert heights[:2].tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(heights[:3], np.asarray(dots.get_ydata(), float))
    assert np.isnan(heights[2:]).all()
    assert np.datetime_as_string(np.asarray(line.get_xdata())[-1], "D") == "2026-03-12"
    assert list(axes.get_yticks()) == [1.0, 2.0]


def test_a_cell_of_a_page_stays_within_its_table() -> None:
    columns = ["at", "from_version", "to_version", "how", "who", "why", "run"]
    row = ["2026-03-01T08:00:00Z", "", "1", "PromotionJob", "Dan", "a | b\n\nc", "r"]
    page = history_page({"alias": "Champion"}, pd.DataFrame([row], columns=columns, index=[1]))
    assert "| 1 | 2026-03-01T08:00:00Z |  | 1 | PromotionJob | Dan | a \\| b c | r |" in page
    table = [line for line in page.splitlines() if line.startswith(("| move", "| --- | --- | --- |"))]
    assert {line.count("|") for line in table} == {9}


def test_a_decision_says_what_each_gate_said() -> None:
    judged = [("EvaluationGate", Verdict(passed=True, reason="fine")), ("DriftGate", refused("it moved"))]
    page = decision({"who": "Dan"}, judged, ["from 1 to 3"])
    assert page.startswith("# Promotion refused\n")
    assert "| EvaluationGate | PASS | fine |" in page
    assert "| DriftGate | REFUSED | it moved |" in page
    assert "- from 1 to 3" in page
    assert decision({}, judged[:1]).startswith("# Promotion granted\n")
