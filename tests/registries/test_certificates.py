"""A certificate is one document in one form, stored beside the model that it is about."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from certified import certify
from mxt.errors import ModelError
from mxt.registries import digests
from mxt.registries.certificates import CERTIFICATE_TAG, Certificate, stored
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.versions import pin
from registries.certified_project import ISSUED, SCORED, artifacts, client, flipped

if TYPE_CHECKING:
    from conftest import Project
    from mxt.registries.versions import Pinned


def test_a_certificate_holds_the_outcome_and_what_it_is_bound_to(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    assert (certificate.model, certificate.version, certificate.outcome) == ("churn", 1, "PASS")
    assert certificate.issued_at == "2026-03-01T12:00:00Z"
    assert certificate.expires_at == "2026-05-30T12:00:00Z"
    assert certificate.bound["training_data"] == pinned.tags["mxt.training_data_id"]
    assert set(certificate.bound) == {
        *("model", "training_data", "evaluation_data", "training_config", "certification_config"),
        *("code", "packages", "file:confs/training.yaml", "file:confs/evaluations.yaml"),
    }
    plain = {"code", "packages"}
    assert all(len(value) == 64 for name, value in certificate.bound.items() if name not in plain)
    assert certificate.sources["evaluation_data"]["reader"]["path"] == "data/churn.csv"
    assert str(project.root) not in certificate.to_bytes().decode()
    assert certificate.criteria[1]["low"] is None


def test_a_document_gives_the_certificate_back_and_the_same_bytes(certificate: Certificate) -> None:
    content = certificate.to_bytes()
    assert Certificate.from_bytes(content) == certificate
    assert content.endswith(b"}\n")
    assert b"NaN" not in content
    assert list(json.loads(content)) == sorted(json.loads(content))
    assert certificate.digest == digests.sha256(content)


def broken(certificate: Certificate, **changes: Any) -> bytes:
    return replace(certificate, **changes).to_bytes()


def test_a_broken_document_is_refused(certificate: Certificate) -> None:
    content = certificate.to_bytes()
    lacking = {key: value for key, value in asdict(certificate).items() if key != "outcome"}
    for document in (
        b"",
        b"[]",
        b"{}",
        b"\xff",
        content[:-2],
        content + b" ",
        content.replace(b'"seed": 0', b'"seed":  0'),
        json.dumps(lacking, sort_keys=True, indent=1).encode() + b"\n",
        broken(certificate, outcome="MAYBE"),
        broken(certificate, format=2),
        broken(certificate, version="1"),
        broken(certificate, seed=True),
        broken(certificate, expires_at="2026-05-30"),
        content.replace(b'"seed": 0', b'"seed": 0,\n "tint": 1'),
    ):
        with pytest.raises(ModelError, match="no certificate of format 1"):
            Certificate.from_bytes(document)


def test_a_certificate_beside_the_model_leaves_the_model_as_it_was(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    (place,) = artifacts(project, "certificates")
    assert (place.parent / "MLmodel").exists()
    loaded = MlflowLoader().load(pinned.uri)
    assert loaded.background is not None
    assert digests.model_digest(pinned) == certificate.bound["model"]


def test_a_later_certificate_keeps_the_earlier_one(project: Project, pinned: Pinned) -> None:
    later = certify(project, SCORED, now=ISSUED + timedelta(days=9))
    now = pin(client(project), "churn", 1)
    assert stored(now) == later
    assert len(list(artifacts(project, "certificates")[0].iterdir())) == 2
    assert stored(pinned) is not None


def test_a_link_that_is_added_after_either_layout_of_certificates_is_refused_by_name(
    project: Project, certificate: Certificate, pinned: Pinned, tmp_path: Path
) -> None:
    document = tmp_path / "certificate.json"
    document.write_bytes(certificate.to_bytes())
    client(project).log_artifact(pinned.run_id, str(document))
    older = replace(pinned, tags={**pinned.tags, CERTIFICATE_TAG: f"runs:/{pinned.run_id}/certificate.json"})
    folder = Path(digests.fetched(pinned.uri))
    for layout in (pinned, older):
        assert stored(layout) == certificate
        assert digests.model_digest(layout) == certificate.bound["model"]
        for link in (folder / "certificates" / "added.bin", folder / "added.bin"):
            link.symlink_to(tmp_path / "outside.bin")
            with pytest.raises(ModelError, match=r"added\.bin', but it is a link"):
                digests.model_digest(layout)
            with pytest.raises(ModelError, match=r"added\.bin', but it is a link"):
                MlflowLoader().load(layout.uri)
            link.unlink()


def test_no_certificate_is_issued_on_a_broken_config(project: Project, pinned: Pinned) -> None:
    (path,) = [path for path in artifacts(project, "config.json") if pinned.run_id in path.parts]
    with flipped(path, 0), pytest.raises(ModelError, match=r"The file config\.json of run .* is broken"):
        certify(project, SCORED)
