"""The evaluation's gate passes on the verdict of the latest evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gates.evidence import RUN, TAGS, evidence
from mxt.findings import tags
from mxt.gates.evaluation import EvaluationGate

if TYPE_CHECKING:
    from mxt.gates.base import Examination

UNJUDGED = (
    "the evaluation of version 7 had no limit to keep (run a1b2); give a metric a minimum or a maximum and "
    "evaluate again"
)


@pytest.mark.parametrize(
    ("run", "passed", "reason"),
    [
        (RUN, True, "the evaluation of version 7 passed (run a1b2)"),
        (replace(RUN, passed=False), False, "the evaluation of version 7 failed (run a1b2)"),
        (None, False, "version 7 was never evaluated"),
        (replace(RUN, tags={**TAGS, tags.JUDGED: "false"}), False, UNJUDGED),
    ],
)
def test_an_evaluation_must_have_passed(run: Examination | None, passed: bool, reason: str) -> None:  # noqa: FBT001 - a case
    verdict = EvaluationGate().judge(evidence(evaluation=run))
    assert (verdict.passed, verdict.reason) == (passed, reason)
