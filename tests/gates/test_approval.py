"""The approval's gate counts the consent of different people, each by name, to one version."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gates.evidence import evidence
from mxt.gates.approval import ApprovalGate

DIGEST = "0123456789abcdef" * 4
BOTH = "Ada saw another certificate, Ben saw another certificate"
TWO = "and 2 approvals are required"


def approved(text: str | None, requested_by: str = "Dan", **fields: Any) -> tuple[bool, str]:
    gate = ApprovalGate(**{"approvers": ("Ada", "Ben", "Cleo"), "variable": "OK", **fields})
    known = evidence(texts={"env:OK": text}, requested_by=requested_by, certificate_digest=DIGEST)
    verdict = gate.judge(known)
    return verdict.passed, verdict.reason


def said(*names: str, version: int = 7, model: str = "churn", more: str = "") -> str:
    return "\n".join(f"- {{name: {name}, model: {model}, version: {version}{more}}}" for name in names)


@pytest.mark.parametrize(
    ("text", "passed", "reason"),
    [
        (said("Ada", "Ben"), True, "version 7 is approved by Ada, Ben"),
        (said("Cleo", "Ben", "Ada"), True, "version 7 is approved by Ada, Ben, Cleo"),
        (said("Ada"), False, f"version 7 is approved by Ada, {TWO}"),
        (said("Ada", "Ada"), False, f"version 7 is approved by Ada, {TWO}"),
        (said("Ada", '" ADA "'), False, f"version 7 is approved by ADA, {TWO}"),
        ("", False, f"version 7 is approved by nobody, {TWO}"),
        (said("Ada", "Ben", version=6), False, f"version 7 is approved by nobody, {TWO}"),
        (said("Ada", "Ben", model="claims"), False, f"version 7 is approved by nobody, {TWO}"),
        (
            said("Ada", "Eve"),
            False,
            f"version 7 is approved by Ada, {TWO}; not counted: Eve is no approver",
        ),
        (None, False, "version 7 has no approvals: env:OK is not there"),
        (
            said("Ada", "Ben", more=f", certificate: {DIGEST}"),
            True,
            "version 7 is approved by Ada, Ben",
        ),
        (
            said("Ada", "Ben", more=f", certificate: {'f' * 64}"),
            False,
            f"version 7 is approved by nobody, {TWO}; not counted: {BOTH}",
        ),
    ],
)
def test_two_named_people_approve_of_this_very_version(text: str | None, passed: bool, reason: str) -> None:  # noqa: FBT001 - a case
    assert approved(text) == (passed, reason)


def test_whoever_requests_the_promotion_does_not_approve_unless_the_gate_allows_it() -> None:
    verdict = approved(said("Ada", "Ben"), requested_by="ada")
    assert verdict == (
        False,
        f"version 7 is approved by Ben, {TWO}; not counted: Ada asks for the promotion",
    )
    assert approved(said("Ada", "Ben"), requested_by="ada", four_eyes=False)[0]


def test_a_gate_may_count_only_those_who_name_the_certificate() -> None:
    passed, reason = approved(said("Ada", "Ben"), certificate_named=True)
    assert not passed
    assert "Ada names no certificate" in reason
    assert approved(said("Ada", "Ben", more=f", certificate: {DIGEST}"), certificate_named=True)[0]


@pytest.mark.parametrize(
    "text", ["{", "ada", "- ada", "- {name: Ada}", "- {name: Ada, model: churn, version: '7'}", "{name: Ada}"]
)
def test_approvals_that_cannot_be_read_are_refused(text: str) -> None:
    passed, reason = approved(text)
    assert not passed
    assert reason.startswith("the approvals of version 7 cannot be read: env:OK")


@pytest.mark.parametrize(
    "fields",
    [
        {"file": "a.yaml", "variable": "OK"},
        {"variable": None},
        {"approvers": ()},
        {"approvers": ("Ada", " ")},
        {"required": 0},
    ],
)
def test_an_approval_gate_names_one_place_and_people(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ApprovalGate(**{"approvers": ("Ada", "Ben", "Cleo"), "variable": "OK", **fields})


def test_a_gate_that_nobody_could_pass_says_so() -> None:
    passed, reason = approved(said("Ada"), approvers=("Ada", "ada "))
    assert not passed
    assert reason == "version 7 is approved by Ada; only 1 may approve, and 2 approvals are required"


def test_an_approval_may_be_of_one_alias() -> None:
    gate = ApprovalGate(approvers=("Ada", "Ben"), variable="APPROVALS")
    text = "[{name: Ada, model: churn, version: 7}, {name: Ben, model: churn, version: 7, alias: Staging}]"
    texts = {"env:APPROVALS": text}
    assert gate.judge(evidence(texts=texts, alias="Staging")).passed
    verdict = gate.judge(evidence(texts=texts, alias="Champion"))
    assert not verdict.passed
    assert "Ben agrees to Staging" in verdict.reason
