"""Any changed byte of what a certificate is bound to is noticed, and described by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conftest import make_project
from mxt import packages
from mxt.errors import ModelError
from mxt.registries import digests
from mxt.registries.certificates import stored
from mxt.registries.changes import certificate_fault, changed
from mxt.registries.loaders.mlflow import MlflowLoader
from registries.certified_project import artifacts, client, flipped
from upgrades import uninstall, upgrade

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project
    from mxt.registries.certificates import Certificate
    from mxt.registries.versions import Pinned


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


@pytest.mark.parametrize("lacking", [("run",), ("run", "digest"), ()])
def test_a_certificate_whose_certification_was_stopped_between_its_tags_says_so(
    lacking: tuple[str, ...], project: Project, pinned: Pinned
) -> None:
    tags = {
        key: value
        for key, value in pinned.tags.items()
        if key.removeprefix("mxt.certificate_") not in lacking
    }
    if not lacking:  # an earlier certificate's
        tags["mxt.certificate_run"] = pinned.run_id
    fault = certificate_fault(client(project), replace(pinned, tags=tags))
    assert fault == "the certificate (its certification was stopped while it was stored)"


CHANGES = {
    "model.ubj": ("model", "the model's files"),
    "inputs_schema.yaml": ("model", "the model's files"),
    "MLmodel": ("model", "the model's files"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_one_byte_of_the_models_files_is_noticed(
    name: str, project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    (path,) = artifacts(project, name)
    with flipped(path):
        assert changed(pinned, certificate, str(project.root)) == dict([CHANGES[name]])


def test_a_file_added_to_the_model_is_noticed(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    added = artifacts(project, "MLmodel")[0].with_name("more.txt")
    added.touch()
    assert changed(pinned, certificate, str(project.root)) == {"model": "the model's files"}
    added.unlink()


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("model.ubj", "model"),
        ("notes.json", "model"),
        (f"{'0b' * 16}.json/model.ubj", "model"),
        (f"{'0b' * 16}.json", ""),
    ],
)
def test_what_lies_beside_a_certificate_counts_unless_it_is_one(
    name: str, counts: str, project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    added = artifacts(project, "certificates")[0] / name
    added.parent.mkdir(exist_ok=True)
    added.write_bytes(b"{}")
    found = changed(pinned, certificate, str(project.root))
    added.unlink()
    if added.parent.name != "certificates":
        added.parent.rmdir()
    assert found == ({"model": "the model's files"} if counts else {})


@pytest.mark.parametrize(
    "name", ["more.txt", "certificates/more", f"certificates/{'0b' * 16}.json", "theirs"]
)
def test_a_link_added_to_a_certified_model_is_refused_by_name(
    name: str, project: Project, certificate: Certificate, pinned: Pinned, tmp_path: Path
) -> None:
    added = artifacts(project, "MLmodel")[0].parent / name
    added.symlink_to(tmp_path)
    found = changed(pinned, certificate, str(project.root))
    with pytest.raises(ModelError, match=rf"holds '{name}', but it is a link"):
        MlflowLoader().load(pinned.uri)
    added.unlink()
    assert list(found) == ["model"]
    assert f"holds '{name}', but it is a link" in found["model"]


def test_one_byte_of_a_recorded_config_is_noticed_by_the_run_that_recorded_it(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    runs = {
        "training_config": (pinned.run_id, "the training's config"),
        "certification_config": (pinned.tags["mxt.certificate_run"], "the certification's config"),
    }
    for name, (run_id, description) in runs.items():
        (path,) = [path for path in artifacts(project, "config.json") if run_id in path.parts]
        with flipped(path):
            assert changed(pinned, certificate, str(project.root)) == {name: description}


def test_one_byte_of_a_yaml_file_is_noticed_by_its_path(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    path = project.root / "confs" / "training.yaml"
    with flipped(path):
        changes = changed(pinned, certificate, str(project.root))
        assert changes == {"file:confs/training.yaml": "the file confs/training.yaml"}
    path.rename(path.with_name("moved.yaml"))
    changes = changed(pinned, certificate, str(project.root))
    path.with_name("moved.yaml").rename(path)
    assert changes == {"file:confs/training.yaml": "the file confs/training.yaml (it is not there)"}


def test_one_byte_of_the_data_is_noticed_in_the_part_that_it_lies_in(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    path = project.root / "data" / "churn.csv"
    with flipped(path, path.read_bytes().index(b"Fiber optic")):
        changes = changed(pinned, certificate, str(project.root))
        assert changes in (
            {"training_data": "the training data"},
            {"training_data": "the training data", "evaluation_data": "the evaluation data"},
        )
    before = path.read_bytes()
    path.write_bytes(before.replace(b"Fiber optic", b"Fibre optic"))
    changes = changed(pinned, certificate, str(project.root))
    path.write_bytes(before)
    assert changes == {"training_data": "the training data", "evaluation_data": "the evaluation data"}


def test_rows_in_another_order_are_the_same_data(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    path = project.root / "data" / "churn.csv"
    before = path.read_bytes()
    head, *rows = before.splitlines(keepends=True)
    path.write_bytes(head + b"".join(reversed(rows)))
    changes = changed(pinned, certificate, str(project.root))
    path.write_bytes(before)
    assert changes == {}


def test_data_that_cannot_be_read_again_are_reported_as_such(
    project: Project, certificate: Certificate, pinned: Pinned
) -> None:
    path = project.root / "data" / "churn.csv"
    path.rename(path.with_name("moved.csv"))
    changes = changed(pinned, certificate, str(project.root))
    path.with_name("moved.csv").rename(path)
    assert set(changes) == {"training_data", "evaluation_data"}
    assert changes["training_data"].startswith("the training data (they cannot be read again: ")


def test_another_clone_of_the_project_finds_the_same_data(
    project: Project, certificate: Certificate, pinned: Pinned, tmp_path: Path
) -> None:
    clone = make_project(tmp_path)
    assert changed(pinned, certificate, str(clone.root)) == {}
    (clone.root / "data" / "churn.csv").unlink()
    assert "evaluation_data" in changed(pinned, certificate, str(clone.root))
    assert changed(pinned, certificate, str(project.root)) == {}


def test_one_byte_of_the_certificate_is_noticed(project: Project, pinned: Pinned) -> None:
    (path,) = artifacts(project, f"{pinned.tags['mxt.certificate_run']}.json")
    for place in (0, 100, -3):
        with flipped(path, place):
            assert certificate_fault(client(project), pinned) == "the certificate"
            with pytest.raises(ModelError, match="changed after it was issued"):
                stored(pinned)


def test_a_forged_certificate_needs_more_than_the_versions_tag(project: Project, pinned: Pinned) -> None:
    (path,) = artifacts(project, f"{pinned.tags['mxt.certificate_run']}.json")
    with flipped(path):
        forged = replace(
            pinned, tags={**pinned.tags, "mxt.certificate_digest": digests.sha256(path.read_bytes())}
        )
        assert certificate_fault(client(project), forged) == "the certificate"


def test_the_certificate_of_another_version_is_noticed(project: Project, pinned: Pinned) -> None:
    other = replace(pinned, version=2)
    assert certificate_fault(client(project), other) == "the certificate (it is of churn version 1)"


def test_a_version_without_a_certificate_has_none(project: Project, pinned: Pinned) -> None:
    bare = replace(pinned, tags={})
    assert stored(bare) is None
    assert certificate_fault(client(project), bare) == "the certificate (there is none)"


def test_a_certificate_whose_run_is_gone_is_noticed(project: Project, pinned: Pinned) -> None:
    for tags in (
        {**pinned.tags, "mxt.certificate_run": "0" * 32},
        {**pinned.tags, "mxt.certificate_run": ""},
    ):
        fault = certificate_fault(client(project), replace(pinned, tags=tags))
        assert fault == "the certificate (the run that issued it is gone)"


def test_a_certificate_that_was_deleted_is_noticed(project: Project, pinned: Pinned) -> None:
    (path,) = artifacts(project, f"{pinned.tags['mxt.certificate_run']}.json")
    path.rename(path.with_suffix(".gone"))
    assert certificate_fault(client(project), pinned) == "the certificate (it cannot be fetched)"
    path.with_suffix(".gone").rename(path)
