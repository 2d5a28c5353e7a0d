"""The supply chain: what CI, releases and the container take from others is pinned and checked."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import REPOSITORY, clean_environment

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
EACH_WORKFLOW = pytest.mark.parametrize("path", WORKFLOWS, ids=[path.name for path in WORKFLOWS])
CONTAINER = (REPOSITORY / ".github" / "container" / "Dockerfile").read_text()
UNLISTED = "Dependency not found on PyPI and could not be audited"
judge = runpy.run_path(str(REPOSITORY / ".ci" / "audit.py"))["judge"]


@EACH_WORKFLOW
def test_actions_are_pinned_by_commit_with_their_version_beside_it(path: Any) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_an_action_has_one_pin_in_all_workflows() -> None:
    used = {line for path in WORKFLOWS for line in re.findall(r"uses: (.*)", path.read_text())}
    assert len({line.partition("@")[0] for line in used}) == len(used)


@EACH_WORKFLOW
def test_workflows_may_write_only_what_publishing_needs(path: Any) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for name, job in workflow["jobs"].items():
        writes = {scope for scope, access in job.get("permissions", {}).items() if access == "write"}
        assert writes == ({"attestations", "id-token"} if name == "publish" else set())
        assert job["timeout-minutes"]
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", ""), "an expression in a script is run as a script"


def test_only_a_tag_is_published_after_all_wheels_and_the_source() -> None:
    publish = yaml.safe_load((REPOSITORY / ".github/workflows/release.yml").read_text())["jobs"]["publish"]
    assert publish["if"] == "github.ref_type == 'tag'"
    assert {*publish["needs"]} == {"wheels", "source"}
    assert all("run" not in step for step in publish["steps"]), (
        "what publishes runs no code of the repository"
    )


def test_dependabot_keeps_each_sort_of_pin_current() -> None:
    updates = yaml.safe_load((REPOSITORY / ".github/dependabot.yml").read_text())["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"pip", "github-actions", "docker"}


def test_the_container_is_pinned_small_and_runs_as_nobody_special() -> None:
    stages = CONTAINER.split("\nFROM ")[1:]
    assert re.search(r"^ARG BASE=python@sha256:[0-9a-f]{64}$", CONTAINER, re.MULTILINE)
    assert all(stage.startswith("${BASE}") for stage in stages)
    assert ["g++" in stage for stage in stages] == [True, False, False]
    assert re.findall(r"^USER (.+)", stages[-1], re.MULTILINE) == ["10001"]
    assert not re.search(
        r"^(ADD|SHELL|ENV .*(PASSWORD|TOKEN|SECRET))|sudo|curl|wget", CONTAINER, re.MULTILINE
    )
    assert 'ENTRYPOINT ["mxt"]' in stages[-1]


def test_the_containers_build_sees_named_files_alone() -> None:
    lines = (REPOSITORY / ".github/container/Dockerfile.dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    seen = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = re.findall(r"^COPY ([^-].*) \S+", CONTAINER, re.MULTILINE)
    assert seen == {word for line in copied for word in line.split()}
    assert all((REPOSITORY / name).exists() for name in seen)


def test_a_vulnerability_fails_the_audit_and_its_absence_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    fine: dict[str, Any] = {"name": "six", "version": "1.17.0", "vulns": []}
    bad = fine | {"name": "jinja2", "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"]}]}
    unfixed = fine | {"name": "py", "vulns": [{"id": "PYSEC-2022-42969", "fix_versions": []}]}
    unlisted = {"name": "ours", "skip_reason": UNLISTED}
    assert judge([fine, bad, unfixed]) == 1
    shown = capsys.readouterr().out
    assert "jinja2 1.17.0: PYSEC-2019-217, fixed in 2.10.1" in shown
    assert "py 1.17.0: PYSEC-2022-42969, without a fix" in shown
    assert judge([fine, unlisted]) == 0
    assert capsys.readouterr().out == (
        "Not audited, as PyPI does not list their version: ours\nNo known vulnerability in 1 packages.\n"
    )


def test_a_mirror_that_lists_no_vulnerabilities_is_no_clean_audit(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge([{"name": "six", "skip_reason": UNLISTED}]) == 0
    assert capsys.readouterr().out.startswith("Nothing was audited")


def test_an_audit_without_a_network_says_so_and_ends_well(tmp_path: Any) -> None:
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    nowhere = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path), "PATH": beside}
    python = tmp_path / "python"  # beside which there is no uv
    python.symlink_to(sys.executable)
    ended = subprocess.run(
        [python, REPOSITORY / ".ci" / "audit.py"],
        env={**clean_environment(), **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "no network" in ended.stdout
