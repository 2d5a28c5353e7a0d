"""A certificate is one document, bound to what it was found on, and any changed byte is told."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pytest

from certified import certify
from conftest import Project, make_project
from mxt import packages
from mxt.errors import ModelError
from mxt.registries import digests
from mxt.registries.certificates import Certificate, stored
from mxt.registries.changes import certificate_fault, changed
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.versions import Pinned, pin
from upgrades import uninstall, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

ISSUED = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRAINING = ("job.recipe.trees=20", "job.metrics=[]")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with one version that is certified; a test that changes a byte puts it back."""
    made = make_project(tmp_path_factory.mktemp("certified"))
    assert made.here("training", *TRAINING).code == 0
    certify(made, "job.metrics=[{KIND: SklearnMetric, name: roc_auc}]", now=ISSUED)
    return made


@pytest.fixture
def pinned(project: Project) -> Pinned:
    return pin(client(project), "churn", 1)


@pytest.fixture
def certificate(pinned: Pinned) -> Certificate:
    found = stored(pinned)
    assert found is not None
    return found


def client(project: Project) -> mlflow.MlflowClient:
    store = f"sqlite:///{project.root}/mlflow.db"
    mlflow.set_tracking_uri(store)
    mlflow.set_registry_uri(store)
    return mlflow.MlflowClient()


def artifacts(project: Project, name: str) -> list[Path]:
    return sorted((project.root / "mlartifacts").rglob(name))


def flipped(path: Path, place: int = -2) -> Iterator[None]:
    """One byte of a file is another, until the test is over."""
    before = path.read_bytes()
    content = bytearray(before)
    content[place] ^= 1
    path.write_bytes(content)
    yield
    path.write_bytes(before)


def test_a_certificate_says_what_was_found_and_what_it_is_bound_to(
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


def bound_to(certificate: Certificate, packages: str) -> Certificate:
    return replace(certificate, bound={**certificate.bound, "packages": packages})


def test_packages_are_compared_by_the_list_of_the_certificate(
    project: Project,
    certificate: Certificate,
    pinned: Pinned,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One issued before the list held the model's own library is judged by what it holds."""
    root, versions = str(project.root), packages.versions("xgboost", "statsmodels", "lightgbm")
    older, newer = (
        bound_to(certificate, " ".join(f"{name}=={versions[name]}" for name in names))
        for names in (["mlflow", "numpy", "statsmodels", "xgboost"], ["lightgbm", "numpy"])
    )
    gone = bound_to(certificate, f"a-library-that-nobody-has==1.0 numpy=={versions['numpy']}")
    assert [set(changed(pinned, each, root)) for each in (older, newer)] == [set(), set()]
    uninstall("statsmodels", monkeypatch)
    assert changed(pinned, older, root) == {}, "no number depends on it"
    assert changed(pinned, gone, root) == {"packages": "the packages"}
    upgrade("lightgbm", tmp_path, monkeypatch)
    assert [set(changed(pinned, each, root)) for each in (older, newer)] == [set(), {"packages"}]


def test_nothing_has_changed_since_the_certificate_was_issued(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    assert certificate_fault(client(project), pinned) == ""
    assert changed(pinned, certificate, str(project.root)) == {}


def test_a_certificate_beside_the_model_leaves_the_model_as_it_was(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    (place,) = artifacts(project, "certificates")
    assert (place.parent / "MLmodel").exists()
    loaded = MlflowLoader().load(pinned.uri)
    assert loaded.background is not None
    assert digests.model_digest(pinned) == certificate.bound["model"]


CHANGES = {
    "model.ubj": ("model", "the model's files"),
    "inputs_schema.yaml": ("model", "the model's files"),
    "MLmodel": ("model", "the model's files"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_one_byte_of_the_models_files_is_missed(
    name: str, project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    (path,) = artifacts(project, name)
    for _ in flipped(path):
        assert changed(pinned, certificate, str(project.root)) == dict([CHANGES[name]])


def test_a_file_added_to_the_model_is_missed(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    added = artifacts(project, "MLmodel")[0].with_name("more.txt")
    added.touch()
    assert changed(pinned, certificate, str(project.root)) == {"model": "the model's files"}
    added.unlink()


def test_one_byte_of_a_recorded_config_is_told_by_the_run_that_recorded_it(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    runs = {
        "training_config": (pinned.run_id, "the training's config"),
        "certification_config": (pinned.tags["mxt.certificate_run"], "the certification's config"),
    }
    for name, (run_id, told) in runs.items():
        (path,) = [path for path in artifacts(project, "config.json") if run_id in path.parts]
        for _ in flipped(path):
            assert changed(pinned, certificate, str(project.root)) == {name: told}


def test_one_byte_of_a_yaml_file_is_told_by_its_path(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    path = project.root / "confs" / "training.yaml"
    for _ in flipped(path):
        found = changed(pinned, certificate, str(project.root))
        assert found == {"file:confs/training.yaml": "the file confs/training.yaml"}
    path.rename(path.with_name("moved.yaml"))
    found = changed(pinned, certificate, str(project.root))
    path.with_name("moved.yaml").rename(path)
    assert found == {"file:confs/training.yaml": "the file confs/training.yaml (it is not there)"}


def test_one_byte_of_the_data_is_told_by_the_part_that_it_lies_in(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    path = project.root / "data" / "churn.csv"
    for _ in flipped(path, path.read_bytes().index(b"Fiber optic")):
        found = changed(pinned, certificate, str(project.root))
        assert found in (
            {"training_data": "the training data"},
            {"training_data": "the training data", "evaluation_data": "the evaluation data"},
        )
    before = path.read_bytes()
    path.write_bytes(before.replace(b"Fiber optic", b"Fibre optic"))
    found = changed(pinned, certificate, str(project.root))
    path.write_bytes(before)
    assert found == {"training_data": "the training data", "evaluation_data": "the evaluation data"}


def test_rows_in_another_order_are_the_same_data(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    path = project.root / "data" / "churn.csv"
    before = path.read_bytes()
    head, *rows = before.splitlines(keepends=True)
    path.write_bytes(head + b"".join(reversed(rows)))
    found = changed(pinned, certificate, str(project.root))
    path.write_bytes(before)
    assert found == {}


def test_data_that_cannot_be_read_again_are_told_as_such(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    path = project.root / "data" / "churn.csv"
    path.rename(path.with_name("moved.csv"))
    found = changed(pinned, certificate, str(project.root))
    path.with_name("moved.csv").rename(path)
    assert set(found) == {"training_data", "evaluation_data"}
    assert found["training_data"].startswith("the training data (they cannot be read again: ")


def test_another_clone_of_the_project_finds_the_same_data(
    project: Project, certificate: Certificate, pinned: Pinned, tmp_path: Path
) -> None:
    clone = make_project(tmp_path)
    assert changed(pinned, certificate, str(clone.root)) == {}
    (clone.root / "data" / "churn.csv").unlink()
    assert "evaluation_data" in changed(pinned, certificate, str(clone.root))
    assert changed(pinned, certificate, str(project.root)) == {}


def test_one_byte_of_the_certificate_is_told(project: Project, pinned: Pinned) -> None:
    (path,) = artifacts(project, f"{pinned.tags['mxt.certificate_run']}.json")
    for place in (0, 100, -3):
        for _ in flipped(path, place):
            assert certificate_fault(client(project), pinned) == "the certificate"
            with pytest.raises(ModelError, match="changed after it was issued"):
                stored(pinned)


def test_a_forged_certificate_needs_more_than_the_versions_tag(project: Project, pinned: Pinned) -> None:
    (path,) = artifacts(project, f"{pinned.tags['mxt.certificate_run']}.json")
    for _ in flipped(path):
        forged = replace(
            pinned, tags={**pinned.tags, "mxt.certificate_digest": digests.sha256(path.read_bytes())}
        )
        assert certificate_fault(client(project), forged) == "the certificate"


def test_the_certificate_of_another_version_is_told(project: Project, pinned: Pinned) -> None:
    other = replace(pinned, version=2)
    assert certificate_fault(client(project), other) == "the certificate (it is of churn version 1)"


def test_a_version_without_a_certificate_has_none(project: Project, pinned: Pinned) -> None:
    bare = replace(pinned, tags={})
    assert stored(bare) is None
    assert certificate_fault(client(project), bare) == "the certificate (there is none)"


def test_a_certificate_whose_run_is_gone_is_told(project: Project, pinned: Pinned) -> None:
    for tags in (
        {**pinned.tags, "mxt.certificate_run": "0" * 32},
        {**pinned.tags, "mxt.certificate_run": ""},
    ):
        fault = certificate_fault(client(project), replace(pinned, tags=tags))
        assert fault == "the certificate (the run that issued it is gone)"


def test_a_certificate_that_was_deleted_is_told(project: Project, pinned: Pinned) -> None:
    (path,) = artifacts(project, f"{pinned.tags['mxt.certificate_run']}.json")
    path.rename(path.with_suffix(".gone"))
    assert certificate_fault(client(project), pinned) == "the certificate (it cannot be fetched)"
    path.with_suffix(".gone").rename(path)


def test_a_later_certificate_keeps_the_earlier_one(project: Project, pinned: Pinned) -> None:
    later = certify(
        project, "job.metrics=[{KIND: SklearnMetric, name: roc_auc}]", now=ISSUED + timedelta(days=9)
    )
    now = pin(client(project), "churn", 1)
    assert stored(now) == later
    assert len(list(artifacts(project, "certificates")[0].iterdir())) == 2
    assert stored(pinned) is not None


def test_no_certificate_is_issued_on_a_broken_config(project: Project, pinned: Pinned) -> None:
    (path,) = [path for path in artifacts(project, "config.json") if pinned.run_id in path.parts]
    for _ in flipped(path, 0):
        with pytest.raises(ModelError, match=r"The file config\.json of run .* is broken"):
            certify(project, "job.metrics=[{KIND: SklearnMetric, name: roc_auc}]")
