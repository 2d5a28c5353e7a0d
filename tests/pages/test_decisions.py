"""The decision of a promotion, on its page and in a sentence."""

from __future__ import annotations

from mxt.gates.base import Verdict, refused
from mxt.pages.decisions import decision_answer, decision_page
from mxt.reports.markdown import render


def test_a_decision_says_what_each_gate_said_those_that_refused_first() -> None:
    judged = [("EvaluationGate", Verdict(passed=True, reason="fine")), ("DriftGate", refused("it moved"))]
    page = render(decision_page({"who": "Dan"}, judged, ["from 1 to 3"]))
    rows = [line for line in page.splitlines() if "Gate |" in line]
    assert rows == ["| DriftGate | REFUSED | it moved |", "| EvaluationGate | PASS | fine |"]
    assert "- **who**: Dan" in page
    assert "- from 1 to 3" in page


def test_the_answer_of_a_decision_gives_its_reason() -> None:
    fine = ("EvaluationGate", Verdict(passed=True, reason="fine"))
    judged = [fine, ("DriftGate", refused("it moved"))]
    refusal = decision_answer("churn version 2", "Champion", judged)
    assert refusal == "Champion does not move to churn version 2: it moved."
    assert (
        decision_answer("churn version 2", "Champion", [fine])
        == "Champion may move to churn version 2: fine."
    )
