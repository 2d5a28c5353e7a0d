"""Evidence for tests of gates: version 7 of churn, which was evaluated and passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mxt.findings import tags
from mxt.gates.base import Certified, Evidence, Examination

KINDS = {"evaluation": "EvaluationsJob", "drift": "DriftJob", "explanation_diff": "ExplanationDiffJob"}
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SCORES = {"roc_auc": 0.84, "calibration_error": 0.03, "broken": float("nan")}
TAGS = {tags.DATA: "d", tags.ROWS: "r"}
RUN = Examination("a1b2", passed=True, ended=NOW - timedelta(days=2), scores=SCORES, tags=TAGS)
LATE = replace(RUN, scores={"f1": 0.6, "f1_low": 0.5}, tags={**TAGS, "mxt.positive.f1": "late"})
"""A run whose f1 is about the class late."""
CERTIFIED = Certified("", "PASS", NOW - timedelta(days=9), NOW + timedelta(days=81))


def evidence(**changes: Any) -> Evidence:
    """The evidence, with other runs by the names of `KINDS`, or other fields."""
    given = {"version": 7, "now": NOW, "model": "churn", "evaluation": RUN, **changes}
    runs = {kind: given.pop(name, None) for name, kind in KINDS.items()}
    before = given.pop("champion_evaluation", None)
    return Evidence(
        last={kind: run for kind, run in runs.items() if run},
        champion_last={"EvaluationsJob": before} if before else {},
        **given,
    )
