"""Digests of a version's files, configs and code: known values, and what they leave out."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import pytest

from conftest import clean_environment
from mxt.errors import ModelError
from mxt.registries import digests
from mxt.registries.digests import UNKNOWN, WITH_CHANGES, code_commit, is_commit
from mxt.services.base.outages import is_outage
from services.servers import closed_port

if TYPE_CHECKING:
    from registries.store import Registry

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""SHA-256 of abc, FIPS 180-4."""


def test_files_are_digested_by_their_paths_and_an_absent_one_is_empty(tmp_path: Path) -> None:
    (tmp_path / "confs").mkdir()
    (tmp_path / "confs" / "a.yaml").write_text("abc", encoding="utf-8")
    found = digests.files_digests(["confs/a.yaml", "confs/b.yaml"], str(tmp_path))
    assert found == {"confs/a.yaml": ABC, "confs/b.yaml": ""}
    assert digests.named(found) == {"file:confs/a.yaml": ABC, "file:confs/b.yaml": ""}


def test_the_digest_of_a_model_is_of_its_paths_and_files_without_certificates(
    registry: Registry, tmp_path: Path
) -> None:
    pinned = registry.version("digested")
    before = digests.model_digest(pinned)
    files = {"MLmodel": Path(digests.fetched(f"{pinned.uri}/MLmodel")).read_bytes()}
    expected = hashlib.sha256()
    for name, content in files.items():
        expected.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    assert before == expected.hexdigest()
    named = f"{'0a' * 16}.json"
    (tmp_path / named).touch()
    source = registry.client.get_model_version("digested", "1").source
    model_id = str(source).removeprefix("models:/")
    registry.client.log_model_artifact(model_id, str(tmp_path / named), digests.CERTIFICATES)
    assert digests.model_digest(pinned) == before
    registry.client.log_model_artifact(model_id, str(tmp_path / named))
    assert digests.model_digest(pinned) != before


def test_a_run_records_its_config_and_the_files_that_it_came_from(registry: Registry) -> None:
    run_id = registry.run(config={"job": 1}, config_files={"confs/a.yaml": ABC}, broken=[1])
    assert digests.recorded(run_id, "config.json") == {"job": 1}
    assert digests.config_digest(run_id) == hashlib.sha256(b'{"job": 1}').hexdigest()
    assert digests.config_files(run_id) == {"confs/a.yaml": ABC}
    assert digests.recorded(run_id, "broken.json") == {}, "an object, or nothing"


def test_a_run_without_a_config_has_an_unknown_one(registry: Registry) -> None:
    for run_id in (registry.run(), "", "0" * 32):
        assert digests.recorded(run_id, "config.json") == {}
        assert digests.config_digest(run_id) == UNKNOWN
        assert digests.config_files(run_id) == {}


def test_a_store_of_files_that_is_down_is_no_absent_file(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    place = f"http://127.0.0.1:{closed_port()}/api/2.0/mlflow-artifacts/artifacts"
    experiment = registry.client.create_experiment("down", artifact_location=place)
    run_id = registry.client.create_run(experiment).info.run_id
    with pytest.raises(mlflow.exceptions.MlflowException) as caught:
        digests.artifact(run_id, "config.json")
    assert is_outage(caught.value)


def test_a_record_that_is_no_json_is_refused(registry: Registry) -> None:
    run_id = registry.run()
    registry.client.log_text(run_id, "{", "config.json")
    with pytest.raises(ModelError, match=rf"The file config\.json of run {run_id} is broken"):
        digests.recorded(run_id, "config.json")
    with pytest.raises(ModelError, match=r"cannot be fetched \(.*\); was it deleted"):
        digests.fetched(f"runs:/{run_id}/another.json")


GIT = shutil.which("git") or ""


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    ended = subprocess.run(
        [GIT, "-C", str(folder), *names, *words], check=True, capture_output=True, text=True
    )
    return ended.stdout.strip()


@pytest.mark.skipif(not GIT, reason="git is not here")
def test_code_is_known_by_its_commit_and_whether_files_differ_from_it(tmp_path: Path) -> None:
    assert code_commit(str(tmp_path)) == code_commit("") == UNKNOWN
    git(tmp_path, "init")
    assert code_commit(str(tmp_path)) == UNKNOWN
    (tmp_path / "job.py").write_text("one", encoding="utf-8")
    git(tmp_path, "add", "job.py")
    git(tmp_path, "commit", "-m", "One")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert code_commit(str(tmp_path)) == commit
    (tmp_path / "notes.txt").touch()
    assert code_commit(str(tmp_path)) == commit, "a file that git does not track is no change"
    (tmp_path / "job.py").write_text("two", encoding="utf-8")
    assert code_commit(str(tmp_path)) == f"{commit}{WITH_CHANGES}"
    assert [is_commit(code) for code in (commit, f"{commit}{WITH_CHANGES}", UNKNOWN)] == [True, False, False]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("setpriv"), reason="there is no setpriv, of util-linux")
def test_git_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    mark, program = tmp_path / "mark", tmp_path / "git"
    program.write_text(f"#!/bin/sh\necho $$ > {mark}.new\nmv {mark}.new {mark}\nexec sleep 3600\n")
    program.chmod(0o755)
    script = f"from mxt.registries.digests import code_commit; code_commit({str(tmp_path)!r})"
    environment = clean_environment({"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"})
    with subprocess.Popen([sys.executable, "-c", script], env=environment) as parent:
        while not mark.exists() and parent.poll() is None:
            time.sleep(0.02)
        parent.kill()
    process, until = Path("/proc", mark.read_text().strip()), time.monotonic() + 5
    while process.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not process.exists()
