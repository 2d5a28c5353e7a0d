"""Evidence holds what the gates read: last runs, the certificate, and texts; and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mxt.findings.tags import DATA, LAST, PASSED
from mxt.gates.approval import ApprovalGate
from mxt.gates.certificate import CertificateGate
from mxt.gates.challenger import ChallengerGate
from mxt.gates.drift import DriftGate
from mxt.registries.evidence import Request, gather
from registries.certified_project import ISSUED, client

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project
    from mxt.registries.certificates import Certificate
    from mxt.registries.versions import Pinned
    from registries.store import Registry

NOW = datetime(2026, 3, 9, tzinfo=UTC)


def requested(registry: Registry, pinned: Pinned, champion: int | None = None) -> Request:
    return Request(
        pinned,
        "Champion",
        champion,
        "Ada",
        allow_first=True,
        root="",
        experiment_id=registry.service.experiment_id,
    )


def examined(registry: Registry, name: str, *kinds: str, **run: Any) -> Pinned:
    """A version with a last run of each KIND."""
    tags = {f"{LAST}{kind}": registry.run({PASSED: "true", DATA: "d"}, **run) for kind in kinds}
    return registry.version(name, tags)


def test_only_runs_of_jobs_are_read_that_a_gate_names(registry: Registry) -> None:
    first = examined(registry, "read", "EvaluationsJob", "DriftJob")
    second = examined(
        registry,
        "read",
        "EvaluationsJob",
        "DriftJob",
        ended=86_400_000,
        findings={"facts": {"drifted": "tenure"}},
    )
    drift = gather(registry.client, requested(registry, second, first.version), [DriftGate()], NOW)
    assert (set(drift.last), drift.champion_last, drift.certificate) == ({"DriftJob"}, {}, None)
    examination = drift.last["DriftJob"]
    assert (examination.passed, examination.facts) == (True, {"drifted": "tenure"})
    assert examination.ended == datetime(1970, 1, 2, tzinfo=UTC)
    both = gather(
        registry.client, requested(registry, second, first.version), [ChallengerGate(metric="f1")], NOW
    )
    assert (set(both.last), set(both.champion_last)) == ({"EvaluationsJob"}, {"EvaluationsJob"})
    assert both.champion_last["EvaluationsJob"].tables == {"d"}
    assert (both.model, both.alias, both.requested_by, both.champion) == ("read", "Champion", "Ada", 1)


def test_a_run_counts_whose_job_was_stopped_before_its_version_named_it(registry: Registry) -> None:
    pinned = registry.version("stopped")
    run_id = registry.run({PASSED: "true", "mxt.job": "DriftJob", "mxt.unnamed": pinned.uri})
    evidence = gather(registry.client, requested(registry, pinned), [DriftGate()], NOW)
    assert evidence.last["DriftJob"].run_id == run_id


def test_a_run_that_failed_or_said_no_has_not_passed(registry: Registry) -> None:
    failed, refused = registry.run({PASSED: "true"}), registry.run({PASSED: "false"})
    registry.client.set_terminated(failed, "FAILED")
    for run_id in (failed, refused):
        pinned = registry.version("failed", {f"{LAST}DriftJob": run_id})
        evidence = gather(registry.client, requested(registry, pinned), [DriftGate()], NOW)
        assert not evidence.last["DriftJob"].passed


def test_texts_come_from_files_and_variables_and_what_cannot_be_read_is_none(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text("[]", encoding="utf-8")
    (tmp_path / "b.yaml").write_bytes(b"\xff")
    monkeypatch.setenv("APPROVALS", "{}")
    files = [str(tmp_path / name) for name in ("a.yaml", "b.yaml", "c.yaml")]
    gates = [
        *(ApprovalGate(approvers=("Ada",), file=file) for file in files),
        *(ApprovalGate(approvers=("Ada",), variable=name) for name in ("APPROVALS", "NOT_SET")),
    ]
    evidence = gather(registry.client, requested(registry, registry.version("texts")), gates, NOW)
    assert list(evidence.texts.values()) == ["[]", None, None, "{}", None]


def test_a_version_without_a_certificate_has_none(registry: Registry) -> None:
    evidence = gather(registry.client, requested(registry, registry.version("none")), [CertificateGate()])
    assert evidence.certificate is None
    assert evidence.now.tzinfo is UTC
    assert evidence.latest_run is not None


def test_a_certificate_is_known_by_its_outcome_its_criteria_and_what_has_changed(
    project: Project, pinned: Pinned, certificate: Certificate
) -> None:
    root = str(project.root)
    request = Request(pinned, "Champion", None, "Ada", allow_first=True, experiment_id="1", root=root)
    evidence = gather(client(project), request, [CertificateGate()], NOW)
    assert evidence.certificate is not None
    assert evidence.certificate.fault == ""
    assert evidence.certificate.met == ("cv_mean_accuracy", "cv_deviation")
    assert (evidence.certificate.outcome, evidence.certificate.missed) == ("PASS", ())
    assert evidence.certificate.changed == {}
    assert evidence.certificate.expires == ISSUED + timedelta(days=90)
    assert evidence.certificate_digest == certificate.digest
