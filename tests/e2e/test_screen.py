"""The last screen: the answer, facts as people write them, what to do next, and how to look at the run."""

from __future__ import annotations

import json
import os
import pty
import shlex
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from conftest import Project, clean_environment, make_project
from mxt.jobs.base.screens import PORTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def spaced(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in a folder whose name a shell would cut in three."""
    project = make_project(tmp_path_factory.mktemp("a folder") / "of two; names")
    assert project.here("training", "job.inputs.limit=1000", "job.metrics=[]").code == 0
    return project


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def on_a_terminal(project: Project, *words: str) -> tuple[int, str]:
    """The exit code and the standard output of a run whose output is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mxt", *words],
        cwd=project.root,
        env=clean_environment(),
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    code = process.wait()
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        shown += part
    os.close(ours)
    return code, shown.decode()


def test_the_json_line_comes_on_a_terminal_only_by_option_and_in_a_pipe_always(trained: Project) -> None:
    words = ("confs/history.yaml", "job.alias=Champion")
    assert on_a_terminal(trained, *words) == (0, "")
    code, shown = on_a_terminal(trained, *words, "--json")
    assert (code, json.loads(shown)["outcome"]) == (0, "passed")
    piped = trained.here("history", *words[1:])
    version = piped.outcome["facts"]["version"]
    assert f"Champion of churn stood for version {version}, since" in piped.outcome["answer"][0]


def test_the_answer_leads_and_a_fact_that_it_holds_is_not_repeated(trained: Project) -> None:
    ended = trained.here("promotion_refused")
    version = ended.outcome["facts"]["version"]
    title = f"PromotionJob churn {version}: refused"
    screen = ended.err[ended.err.index(f"\n{title}\n") :].strip().splitlines()
    reasons = ended.outcome["facts"]["reasons"]
    assert reasons.endswith(", below 0.99")
    assert screen[1] == f"  Champion does not move to churn version {version}: {reasons}."
    assert not [line for line in screen if line.startswith("  reasons:")]
    assert not [line for line in screen if line.endswith((": ", ": None"))]


def test_what_would_mend_a_refusal_is_a_command_that_runs(spaced: Project) -> None:
    gate = ("job.alias=Fresh", "job.allow_first=true", "job.gates=[{KIND: EvaluationGate}]")
    refused = spaced.here("promotion", *gate, "job.alias_or_version=1")
    assert refused.code == 10
    (command,) = refused.outcome["next"]
    assert f"Next:\n  {command}\n" in refused.err
    program, conf, *overrides = shlex.split(command)
    assert (program, overrides) == ("mxt", ["job.alias_or_version=1"])
    limit = "job.metrics=[{KIND: SklearnMetric, name: accuracy, minimum: 0.1}]"
    mended = spaced.mxt(conf, *overrides, limit, "job.segments=[]", "job.splitter=null")
    assert mended.code == 0, mended.err
    assert spaced.here("promotion", *gate, "job.alias_or_version=1").code == 0


def test_the_command_for_the_ui_is_one_line_for_the_shell(spaced: Project) -> None:
    ended = spaced.here("history", "job.alias=Challenger")
    line = ended.err.strip().splitlines()[-1]
    words = shlex.split(line)
    assert words[0] == "MLFLOW_DISABLE_TELEMETRY=true"
    assert words[words.index("--backend-store-uri") + 1] == f"sqlite:///{spaced.root}/mlflow.db"
    port = int(words[words.index("--port") + 1])
    assert port in PORTS
    assert f"http://127.0.0.1:{port}/#/experiments/" in ended.err.strip().splitlines()[-2]


def test_a_port_that_somebody_listens_on_is_not_named(
    spaced: Project, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mxt.jobs.base.screens.PORTS", range(taken, taken + 50))
    line = spaced.here("history", "job.alias=Challenger").err.strip().splitlines()[-1]
    assert int(line.rpartition(" ")[2]) > taken


def test_elsewhere_the_commands_name_whole_paths(
    spaced: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = spaced.here("training", "job.inputs.limit=1000", "job.metrics=[]")
    program, conf, override = shlex.split(ended.outcome["next"][0])
    assert (program, conf) == ("mxt", str(spaced.root / "confs" / "evaluations.yaml"))
    assert override == f"job.alias_or_version={ended.outcome['facts']['version']}"
