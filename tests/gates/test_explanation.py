"""The explanation's gate holds the changes against the champion to limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from gates.evidence import RUN, evidence
from mxt.findings import tags
from mxt.gates.explanation import ExplanationGate

SHARES = {"changed_decisions": 0.05, "changed_reasons": 0.2, "sign_flips": 0.0}
DIFF = replace(RUN, scores=SHARES, tags={tags.BASELINE: "3"})


@pytest.mark.parametrize(
    ("limits", "changes", "passed", "reason"),
    [
        (SHARES, {}, True, "changed_decisions is 5.00%, changed_reasons is 20.00%, sign_flips is 0.00%"),
        ({"changed_reasons": 0.1}, {}, False, "changed_reasons is 20.00%, above 10.00% (run a1b2)"),
        ({"sign_flips": 0.0}, {}, True, "sign_flips is 0.00%"),
        (
            {"sign_flips": 0.1},
            {"explanation_diff": replace(DIFF, scores={"sign_flips": float("nan")})},
            False,
            "sign_flips is nan%, above 10.00% (run a1b2)",
        ),
        (
            {"sign_flips": 0.1},
            {"explanation_diff": replace(DIFF, scores={})},
            False,
            "run a1b2 has no sign_flips of version 7",
        ),
        (
            SHARES,
            {"explanation_diff": replace(DIFF, tags={tags.BASELINE: "2"})},
            False,
            "the explanations of version 7 were never compared with those of version 3 (ExplanationDiffJob)",
        ),
        (
            SHARES,
            {"champion": None},
            False,
            "version 7 has no version to differ from; the first needs allow_first: true",
        ),
    ],
)
def test_explanations_differ_from_the_champions_within_limits(
    limits: dict[str, float],
    changes: dict[str, Any],
    passed: bool,  # noqa: FBT001 - a case
    reason: str,
) -> None:
    known = evidence(**{"champion": 3, "explanation_diff": DIFF, **changes})
    verdict = ExplanationGate.model_validate(limits).judge(known)
    assert (verdict.passed, verdict.reason) == (passed, reason)


def test_an_explanation_gate_limits_something() -> None:
    with pytest.raises(ValidationError, match="limits one of"):
        ExplanationGate()


def test_a_champion_does_not_differ_from_itself() -> None:
    assert ExplanationGate(sign_flips=0.0).judge(evidence(champion=7)).passed
