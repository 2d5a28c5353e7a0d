"""Outages of a job's services: it ends within its deadline, with the right exit code, and nothing is lost."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import mlflow
import pytest

from blank import blank_store
from canaries import mlflow_server
from conftest import Ended, Project, clean_environment, make_project
from services.servers import closed_port, misbehaving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers"),
]
SECONDS = 2.0
IN_TIME = """
import sys
from mxt.datasets import deadlines
deadlines.SECONDS = deadlines.AGAIN_SECONDS = float(sys.argv.pop(1))
from mxt import cli
sys.exit(cli.process())
"""


def run(project: Project, *words: str, seconds: float = SECONDS, **variables: str) -> tuple[Ended, float]:
    """A job whose services have less time than a minute, and how long it took."""
    begun = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", IN_TIME, str(seconds), *words],
        cwd=project.root,
        env=clean_environment(variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr), time.monotonic() - begun


@pytest.mark.parametrize(("conf", "code"), [("history", 4), ("training", 0)])
def test_a_job_keeps_its_own_exit_code_while_all_alert_targets_are_dead(
    conf: str, code: int, project: Project
) -> None:
    blank_store(project.root)  # making one takes longer
    with (
        misbehaving("silent") as (silent, _),
        misbehaving("dripping") as (dripping, _),
        misbehaving("busy") as (busy, _),
        misbehaving("redirecting") as (redirecting, _),
    ):
        hosts = [silent, dripping, busy, redirecting, f"127.0.0.1:{closed_port()}"]
        targets = " ".join([*(f"json://{host}/token" for host in hosts), f"jsons://{silent}/token"])
        ended, took = run(project, f"confs/{conf}.yaml", MXT_ALERTS_TARGETS=targets)
    assert ended.code == code, ended.err
    assert "Alert targets number [1, 2, 6] did not answer after 2.0 s." in ended.err
    assert "Alert targets number [3, 4, 5] were not reached." in ended.err
    assert "token" not in ended.out + ended.err
    assert took < 60, "also on a machine with much else to do"


@dataclass
class Line:
    """What stands between a job and its server, and can be cut."""

    port: int
    left: int | None = None
    """How many requests still pass; all if None."""
    silent: bool = True
    """Whether what does not pass is kept waiting, or cut off."""
    passed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self) -> bool:
        """Whether the next request passes."""
        with self.lock:
            self.passed += 1
            if self.left is not None:
                self.left -= 1
            return self.left is None or self.left >= 0

    def carry(self, job: socket.socket) -> None:
        """Carry what a connection says to the server, and what it answers to that."""
        with job, suppress(OSError), socket.create_connection(("127.0.0.1", self.port)) as server:
            threading.Thread(target=_copy, args=(server, job), daemon=True).start()
            while piece := job.recv(1 << 16):
                if (
                    piece.startswith((b"GET ", b"POST ", b"PUT ", b"PATCH ", b"DELETE "))
                    and not self.passes()
                ):
                    while self.silent and job.recv(1 << 16):
                        pass
                    return
                server.sendall(piece)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)


@contextmanager
def cuttable(port: int) -> Iterator[tuple[str, Line]]:
    """The address of a server on loopback as one reaches it over a line."""
    line = Line(port)

    def serve(entry: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=line.carry, args=(entry.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as entry:
        threading.Thread(target=serve, args=(entry,), daemon=True).start()
        yield f"http://127.0.0.1:{entry.getsockname()[1]}", line
        entry.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, str, Line]]:
    """A project with a model on a server, and the line to it."""
    root = tmp_path_factory.mktemp("served")
    project = make_project(root)
    with mlflow_server(root / "server") as port, cuttable(port) as (address, line):
        ended, _ = run(project, "confs/training.yaml", seconds=60, MLFLOW_TRACKING_URI=address)
        assert ended.code == 0, ended.err
        yield project, address, line


def test_a_job_whose_mlflow_dies_in_the_middle_ends_in_time_and_nothing_is_lost(
    served: tuple[Project, str, Line],
) -> None:
    project, address, line = served
    words, output = ["confs/drift.yaml", "job.current.limit=500"], project.root / "outputs" / "drift.parquet"
    line.left, line.passed = None, 0
    ended, usual = run(project, *words, seconds=60, MLFLOW_TRACKING_URI=address)
    assert ended.code == 0, ended.err
    calls, whole = line.passed, output.read_bytes()
    output.unlink()
    for number, place in enumerate(range(2, calls, max(1, calls // 4))):
        line.left, line.silent = place, number % 2 == 0
        ended, took = run(project, *words, MLFLOW_TRACKING_URI=address)
        assert ended.code == json.loads(ended.out)["exit_code"] == 5, (place, ended.err)
        assert address in json.loads(ended.out)["error"], "the error names the service"
        assert took < usual + 3 * SECONDS + 10, "also on a machine with much else to do"
        assert not output.exists() or output.read_bytes() == whole
        assert "Traceback" not in ended.err
    line.left = None
    ended, _ = run(project, *words, seconds=60, MLFLOW_TRACKING_URI=address)
    assert ended.code == 0, ended.err
    assert output.read_bytes() == whole
    client = mlflow.MlflowClient(address, address)
    runs = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    assert {run.info.status for run in runs} <= {"FINISHED", "FAILED", "KILLED"}, "none is left open"


def test_a_resolver_that_keeps_silent_ends_the_job_after_the_deadline(project: Project) -> None:
    unshare = shutil.which("unshare")
    resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    settings = project.root / "resolv.conf"
    settings.write_text("nameserver 127.0.0.77\noptions timeout:30 attempts:5\n")
    inside = ["mount", "--bind", str(settings), "/etc/resolv.conf"]
    with resolver:
        try:
            resolver.bind(("127.0.0.77", 53))
        except OSError:
            pytest.skip("only root may put a resolver on loopback")
        wrapped = [unshare or "unshare", "--mount", "sh", "-c", '"$@"']
        if unshare is None or subprocess.run([*wrapped, "sh", *inside], check=False).returncode:
            pytest.skip("no other resolver can be set for one process")
        script = IN_TIME.replace(
            "from mxt import cli", "from mxt.datasets import last_resort\nfrom mxt import cli"
        )
        script = script.replace("sys.exit(", "last_resort.GRACE_SECONDS = 1.0\nsys.exit(")
        job = [sys.executable, "-c", script, str(SECONDS), "confs/history.yaml"]
        wrapped[-1] = f'{" ".join(inside)} && exec "$@"'
        begun = time.monotonic()
        ended = subprocess.run(
            [*wrapped, "sh", *job],
            cwd=project.root,
            env=clean_environment({"MLFLOW_TRACKING_URI": "http://mlflow.example.org"}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        resolver.settimeout(1)
        assert b"mlflow" in resolver.recv(512), "it was asked"
    assert ended.returncode == 5, ended.stderr
    assert "MLflow at http://mlflow.example.org does not answer: given up after 2.0 s" in ended.stderr
    assert time.monotonic() - begun < SECONDS + 20, "also on a machine with much else to do"
