"""Gates decide on the evidence, and say why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from mxt.findings import tags
from mxt.gates.approval import ApprovalGate
from mxt.gates.base import Certified, Evidence, Examination
from mxt.gates.certificate import CertificateGate
from mxt.gates.challenger import ChallengerGate
from mxt.gates.drift import DriftGate
from mxt.gates.evaluation import EvaluationGate
from mxt.gates.explanation import ExplanationGate
from mxt.gates.threshold import ThresholdGate

KINDS = {"evaluation": "EvaluationsJob", "drift": "DriftJob", "explanation_diff": "ExplanationDiffJob"}
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SCORES = {"roc_auc": 0.84, "calibration_error": 0.03, "broken": float("nan")}
TAGS = {tags.DATA: "d", tags.ROWS: "r"}
FOUND = Examination("a1b2", passed=True, ended=NOW - timedelta(days=2), scores=SCORES, tags=TAGS)
CERTIFIED = Certified("", "PASS", NOW - timedelta(days=9), NOW + timedelta(days=81))
DIGEST = "0123456789abcdef" * 4
UNJUDGED = (
    "the evaluation of version 7 had no limit to keep (run a1b2); give a metric a minimum or a maximum and "
    "evaluate again"
)


def evidence(**changes: Any) -> Evidence:
    """A version that was evaluated and passed."""
    given = {"version": 7, "now": NOW, "model": "churn", "evaluation": FOUND, **changes}
    runs = {kind: given.pop(name, None) for name, kind in KINDS.items()}
    before = given.pop("champion_evaluation", None)
    return Evidence(
        last={kind: found for kind, found in runs.items() if found},
        champion_last={"EvaluationsJob": before} if before else {},
        **given,
    )


def scored(value: float, **changed_tags: str) -> Examination:
    scores = {"roc_auc": value, "calibration_error": value}
    return replace(FOUND, run_id="c3", scores=scores, tags={**TAGS, **changed_tags})


@pytest.mark.parametrize(
    ("found", "passed", "reason"),
    [
        (FOUND, True, "the evaluation of version 7 passed (run a1b2)"),
        (replace(FOUND, passed=False), False, "the evaluation of version 7 failed (run a1b2)"),
        (None, False, "version 7 was never evaluated"),
        (replace(FOUND, tags={**TAGS, tags.JUDGED: "false"}), False, UNJUDGED),
    ],
)
def test_an_evaluation_must_have_passed(found: Examination | None, passed: bool, reason: str) -> None:  # noqa: FBT001 - a case
    verdict = EvaluationGate().judge(evidence(evaluation=found))
    assert (verdict.passed, verdict.reason) == (passed, reason)


@pytest.mark.parametrize(
    ("limits", "passed", "reason"),
    [
        ({"metric": "roc_auc", "minimum": 0.8}, True, "roc_auc is 0.84"),
        ({"metric": "roc_auc", "minimum": 0.84}, True, "roc_auc is 0.84"),
        ({"metric": "roc_auc", "minimum": 0.85}, False, "roc_auc is 0.84, below 0.85"),
        ({"metric": "roc_auc", "maximum": 0.8}, False, "roc_auc is 0.84, above 0.8"),
        ({"metric": "calibration_error", "maximum": 0.03}, True, "calibration_error is 0.03"),
        ({"metric": "roc_auc", "minimum": 0.8, "maximum": 0.83}, False, "roc_auc is 0.84, above 0.83"),
        ({"metric": "broken", "minimum": 0.0}, False, "broken is nan, below 0"),
        ({"metric": "broken", "maximum": 1.0}, False, "broken is nan, above 1"),
        (
            {"metric": "f1", "minimum": 0.5},
            False,
            "no score 'f1' of version 7 (known: broken, calibration_error, roc_auc)",
        ),
    ],
)
def test_a_score_must_keep_its_limits(limits: dict[str, Any], passed: bool, reason: str) -> None:  # noqa: FBT001 - a case
    verdict = ThresholdGate(**limits).judge(evidence())
    assert (verdict.passed, verdict.reason) == (passed, reason)


def test_a_version_without_scores_has_none_known() -> None:
    verdict = ThresholdGate(metric="f1", minimum=0.5).judge(evidence(evaluation=replace(FOUND, scores={})))
    assert verdict.reason == "no score 'f1' of version 7 (known: none)"


def test_a_failed_evaluation_does_not_touch_a_score() -> None:
    failed = evidence(evaluation=replace(FOUND, passed=False))
    assert ThresholdGate(metric="roc_auc", minimum=0.8).judge(failed).passed


@pytest.mark.parametrize(
    "config", ['{"minimum": 0.5}', '{"metric": "", "minimum": 0.5}', '{"metric": "roc_auc"}']
)
def test_a_threshold_names_a_metric_and_a_limit(config: str) -> None:
    with pytest.raises(ValidationError):
        ThresholdGate.model_validate_json(config)


@pytest.mark.parametrize(
    ("fields", "before", "passed"),
    [
        ({}, 0.84, True),
        ({}, 0.841, False),
        ({"margin": 0.03}, 0.8, True),
        ({"margin": 0.05}, 0.8, False),
        ({"margin": -0.01}, 0.849, True),
        ({"margin": -0.01}, 0.851, False),
        ({"metric": "calibration_error", "higher_is_better": False}, 0.04, True),
        ({"metric": "calibration_error", "higher_is_better": False}, 0.02, False),
        ({}, float("nan"), False),
    ],
)
def test_a_challenger_is_better_by_the_margin(fields: dict[str, Any], before: float, passed: bool) -> None:  # noqa: FBT001 - a case
    gate = ChallengerGate(**{"metric": "roc_auc", **fields})
    verdict = gate.judge(evidence(champion=3, champion_evaluation=scored(before)))
    assert verdict.passed is passed
    assert "of version 3" in verdict.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"champion": None}, "version 7 has no version to beat; the first needs allow_first: true"),
        ({"champion_evaluation": None}, "version 3 was never evaluated, so nothing can be compared"),
        ({"evaluation": None}, "version 7 was never evaluated, so nothing can be compared"),
        (
            {"champion_evaluation": scored(0.1, **{tags.DATA: "e"})},
            "versions 7 and 3 were evaluated on different data; evaluate both by one config",
        ),
        (
            {"champion_evaluation": scored(0.1, **{tags.ROWS: "s"})},
            "versions 7 and 3 were evaluated on different rows; evaluate both by one config",
        ),
        (
            {"champion_evaluation": scored(0.1, **{tags.ROWS: ""})},
            "the evaluations of versions 7 and 3 do not tell which rows they used",
        ),
        (
            {"champion_evaluation": replace(FOUND, scores={"f1": 0.1})},
            "no score 'roc_auc' of both versions 7 and 3 (known: none)",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(changes: dict[str, Any], reason: str) -> None:
    gate = ChallengerGate(metric="roc_auc")
    verdict = gate.judge(evidence(**{"champion": 3, "champion_evaluation": scored(0.1), **changes}))
    assert (verdict.passed, verdict.reason) == (False, reason)


LATE = replace(FOUND, scores={"f1": 0.6, "f1_low": 0.5}, tags={**TAGS, "mxt.positive.f1": "late"})


@pytest.mark.parametrize("metric", ["f1", "f1_low"])
@pytest.mark.parametrize(
    ("positives", "passed", "reason"),
    [
        ({"f1": "late"}, True, "of the class 'late' is"),
        ({"f1": "on time"}, False, "is about different classes, 'late' and 'on time'; evaluate both by one"),
        ({}, False, "an evaluation of versions 7 and 3 does not say which class its"),
    ],
)
def test_scores_of_two_classes_are_not_compared(
    metric: str,
    positives: dict[str, str],
    passed: bool,  # noqa: FBT001 - a case
    reason: str,
) -> None:
    before = replace(
        LATE, tags={**TAGS, **{f"mxt.positive.{name}": text for name, text in positives.items()}}
    )
    verdict = ChallengerGate(metric=metric).judge(
        evidence(evaluation=LATE, champion=3, champion_evaluation=before)
    )
    assert verdict.passed is passed
    assert reason in verdict.reason


def test_scores_of_releases_that_recorded_no_class_are_compared_as_before() -> None:
    old = replace(LATE, tags=TAGS)
    verdict = ChallengerGate(metric="f1").judge(evidence(evaluation=old, champion=3, champion_evaluation=old))
    assert (verdict.passed, verdict.reason) == (True, "f1 is 0.6, against 0.6 of version 3")


@pytest.mark.parametrize(
    ("metric", "positive", "passed", "reason"),
    [
        ("f1", None, True, "f1 of the class 'late' is 0.6"),
        ("f1_low", "late", True, "f1_low of the class 'late' is 0.5"),
        ("f1", "on time", False, "f1 is about the class 'late'; asked for is 'on time'"),
        ("recall", "late", False, "recall does not say which class it is about; asked for is 'late'"),
    ],
)
def test_a_limit_can_be_set_for_the_score_of_one_class(
    metric: str,
    positive: str | None,
    passed: bool,  # noqa: FBT001 - a case
    reason: str,
) -> None:
    found = replace(LATE, scores={**LATE.scores, "recall": 0.9})
    verdict = ThresholdGate(metric=metric, minimum=0.5, positive=positive).judge(evidence(evaluation=found))
    assert (verdict.passed, verdict.reason) == (passed, reason)


def test_a_champion_need_not_beat_itself() -> None:
    assert ChallengerGate(metric="roc_auc", margin=1.0).judge(evidence(champion=7)).passed
    assert ExplanationGate(sign_flips=0.0).judge(evidence(champion=7)).passed


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "version 7 was never certified"),
        (Certified("the certificate"), "changed since version 7 was certified: the certificate"),
        (
            replace(CERTIFIED, issued=NOW + timedelta(hours=1)),
            "the clock was moved back: the certificate was issued at 2026-03-10 13:00 UTC, which is to come",
        ),
        (replace(CERTIFIED, expires=NOW), "the certificate of version 7 expired at 2026-03-10 12:00 UTC"),
        (replace(CERTIFIED, outcome="FAIL"), "version 7 was certified FAIL"),
        (
            replace(CERTIFIED, outcome="INSUFFICIENT", missed=("latency", "fairness")),
            "version 7 was certified INSUFFICIENT (latency, fairness)",
        ),
        (
            replace(CERTIFIED, changed={"model": "the model's files", "code": "the code"}),
            "changed since version 7 was certified: the model's files",
        ),
        (
            replace(CERTIFIED, changed={"file:a.yaml": "the file a.yaml", "x": "the training data"}),
            "changed since version 7 was certified: the file a.yaml, the training data",
        ),
    ],
)
def test_a_certificate_must_live_and_nothing_may_have_changed(found: Certified | None, reason: str) -> None:
    verdict = CertificateGate().judge(evidence(certificate=found))
    assert (verdict.passed, verdict.reason) == (False, reason)


def test_a_live_certificate_opens_the_gate() -> None:
    verdict = CertificateGate().judge(evidence(certificate=CERTIFIED, latest_run=NOW))
    assert (verdict.passed, verdict.reason) == (
        True,
        "version 7 is certified; that ends at 2026-05-30 12:00 UTC",
    )


def test_code_packages_and_files_count_as_the_gate_says() -> None:
    for name, field in (("code", "same_code"), ("packages", "same_packages"), ("file:a.yaml", "same_files")):
        found = evidence(certificate=replace(CERTIFIED, changed={name: name}))
        assert CertificateGate.model_validate({field: False}).judge(found).passed
        assert not CertificateGate.model_validate({field: True}).judge(found).passed


def test_a_run_that_is_still_to_come_tells_that_the_clock_was_moved_back() -> None:
    later = evidence(certificate=CERTIFIED, latest_run=NOW + timedelta(hours=2))
    verdict = CertificateGate().judge(later)
    assert not verdict.passed
    assert verdict.reason.startswith("the clock was moved back: a run started at 2026-03-10 14:00 UTC")
    seconds = evidence(certificate=CERTIFIED, latest_run=NOW + timedelta(seconds=20))
    assert CertificateGate().judge(seconds).passed, "clocks of two machines differ by seconds"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "version 7 was never compared with today's data (DriftJob)"),
        (replace(FOUND, passed=False), "the data have drifted from those of version 7 (run a1b2)"),
        (
            replace(FOUND, ended=NOW - timedelta(days=7.5)),
            "the drift of version 7 was told 7.5 days ago; 7 may pass",
        ),
        (
            replace(FOUND, ended=NOW + timedelta(days=1)),
            "the clock was moved back: the drift of version 7 was told later than now",
        ),
    ],
)
def test_a_comparison_with_todays_data_passed_lately(found: Examination | None, reason: str) -> None:
    verdict = DriftGate().judge(evidence(drift=found))
    assert (verdict.passed, verdict.reason) == (False, reason)
    assert DriftGate(max_age_days=2).judge(evidence(drift=FOUND)).passed


SHARES = {"changed_decisions": 0.05, "changed_reasons": 0.2, "sign_flips": 0.0}
DIFF = replace(FOUND, scores=SHARES, tags={tags.BASELINE: "3"})


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
            "run a1b2 does not tell sign_flips of version 7",
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


def approved(text: str | None, requested_by: str = "Dan", **fields: Any) -> tuple[bool, str]:
    gate = ApprovalGate(**{"approvers": ("Ada", "Ben", "Cleo"), "variable": "OK", **fields})
    known = evidence(texts={"env:OK": text}, requested_by=requested_by, certificate_digest=DIGEST)
    verdict = gate.judge(known)
    return verdict.passed, verdict.reason


def said(*names: str, version: int = 7, model: str = "churn", more: str = "") -> str:
    return "\n".join(f"- {{name: {name}, model: {model}, version: {version}{more}}}" for name in names)


BOTH = "Ada saw another certificate, Ben saw another certificate"
TWO = "and 2 approvals are required"


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


def test_whoever_asks_does_not_approve_unless_the_gate_lets_them() -> None:
    told = approved(said("Ada", "Ben"), requested_by="ada")
    assert told == (
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
def test_approvals_that_cannot_be_read_are_told(text: str) -> None:
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


def test_a_certificate_may_have_to_rest_on_certain_criteria() -> None:
    gate = CertificateGate(criteria=("cv_mean_accuracy", "bootstrap_accuracy"))
    verdict = gate.judge(evidence(certificate=replace(CERTIFIED, met=("cv_mean_accuracy",))))
    assert not verdict.passed
    assert verdict.reason == "the certificate of version 7 does not rest on bootstrap_accuracy"
    met = ("bootstrap_accuracy", "cv_mean_accuracy", "latency_p95_milliseconds")
    assert gate.judge(evidence(certificate=replace(CERTIFIED, met=met))).passed


def test_the_same_code_must_be_a_commit() -> None:
    uncommitted = replace(CERTIFIED, commit=False)
    assert CertificateGate().judge(evidence(certificate=uncommitted)).passed
    verdict = CertificateGate(same_code=True).judge(evidence(certificate=uncommitted))
    assert verdict.reason == "version 7 was certified with code that no commit holds"


def test_an_approval_may_be_of_one_alias() -> None:
    gate = ApprovalGate(approvers=("Ada", "Ben"), variable="APPROVALS")
    text = "[{name: Ada, model: churn, version: 7}, {name: Ben, model: churn, version: 7, alias: Staging}]"
    told = {"env:APPROVALS": text}
    assert gate.judge(evidence(texts=told, alias="Staging")).passed
    verdict = gate.judge(evidence(texts=told, alias="Champion"))
    assert not verdict.passed
    assert "Ben agrees to Staging" in verdict.reason
