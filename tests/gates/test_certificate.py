"""The certificate's gate passes while a certificate is valid and nothing that it is bound to has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gates.evidence import CERTIFIED, NOW, evidence
from mxt.gates.base import Certified
from mxt.gates.certificate import CertificateGate


@pytest.mark.parametrize(
    ("certificate", "reason"),
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
def test_a_certificate_must_live_and_nothing_may_have_changed(
    certificate: Certified | None, reason: str
) -> None:
    verdict = CertificateGate().judge(evidence(certificate=certificate))
    assert (verdict.passed, verdict.reason) == (False, reason)


def test_a_live_certificate_opens_the_gate() -> None:
    verdict = CertificateGate().judge(evidence(certificate=CERTIFIED, latest_run=NOW))
    assert (verdict.passed, verdict.reason) == (
        True,
        "version 7 is certified; that ends at 2026-05-30 12:00 UTC",
    )


def test_code_packages_and_files_count_as_the_gate_says() -> None:
    for name, field in (("code", "same_code"), ("packages", "same_packages"), ("file:a.yaml", "same_files")):
        changed = evidence(certificate=replace(CERTIFIED, changed={name: name}))
        assert CertificateGate.model_validate({field: False}).judge(changed).passed
        assert not CertificateGate.model_validate({field: True}).judge(changed).passed


def test_a_run_that_is_still_to_come_means_that_the_clock_was_moved_back() -> None:
    later = evidence(certificate=CERTIFIED, latest_run=NOW + timedelta(hours=2))
    verdict = CertificateGate().judge(later)
    assert not verdict.passed
    assert verdict.reason.startswith("the clock was moved back: a run started at 2026-03-10 14:00 UTC")
    seconds = evidence(certificate=CERTIFIED, latest_run=NOW + timedelta(seconds=20))
    assert CertificateGate().judge(seconds).passed, "clocks of two machines differ by seconds"


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
