"""The last resort: a job that is stuck in code which nothing interrupts ends in time, and says why."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import mlflow
import pytest

from conftest import REPOSITORY, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

STUCK = """
import ctypes, socket, sys
from mxt import cli
from mxt.datasets import deadlines, last_resort

def stuck(*_, **__):
    system, lock = ctypes.CDLL(None), ctypes.create_string_buffer(64)
    print("stuck", file=sys.stderr, flush=True)
    while True:  # whoever locks twice waits for ever, and hears no signal
        system.pthread_mutex_lock(lock)

socket.getaddrinfo = stuck
deadlines.SECONDS, last_resort.GRACE_SECONDS = float(sys.argv.pop(1)), 0.5
sys.exit(cli.process())
"""
AT_ONCE = """
import threading, time
from mxt.datasets import deadlines, last_resort

late, last_resort.GRACE_SECONDS = threading.Event(), 0.1

def report(code, error):
    late.set()
    time.sleep(1)  # so that the main thread could report as well
    print(code, error, flush=True)

with last_resort.armed(report):
    deadlines._clocks.append(deadlines.Clock("it", 0.1, moving=False))
    late.wait()
print("the main thread ends too", flush=True)
"""
IN_A_RUN = STUCK.replace(
    "socket.getaddrinfo = stuck",
    """
import mlflow

def log_params(*_, **__):
    with deadlines.call("MLflow", 0.5):
        stuck()

mlflow.log_params = log_params
""",
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers"),
]


def stuck(root: Path, seconds: float, script: str = STUCK) -> subprocess.Popen[str]:
    """A job that looks up the name of its MLflow's server, and is stuck there."""
    command = [sys.executable, "-c", script, str(seconds), str(REPOSITORY / "confs" / "drift.yaml")]
    command += ["job.mlflow_service.tracking_uri=http://mlflow.example.org"] if script is STUCK else []
    environment = clean_environment({"MXT_ROOT": str(root)})
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_name_that_is_looked_up_for_ever_ends_the_job_after_the_deadline(tmp_path: Path) -> None:
    with stuck(tmp_path, 1.0) as job:
        out, err = job.communicate(timeout=60)
    ended = json.loads(out)
    assert (job.returncode, ended["exit_code"], ended["outcome"]) == (5, 5, "failed")
    assert "MLflow at http://mlflow.example.org does not answer: given up after 1.0 s" in ended["error"]
    assert ended["error"] in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(number: signal.Signals, tmp_path: Path) -> None:
    with stuck(tmp_path, 600) as job:
        assert job.stderr is not None
        while "stuck" not in job.stderr.readline():
            assert job.poll() is None
        begun = time.monotonic()
        job.send_signal(number)
        out, _ = job.communicate(timeout=60)
    assert time.monotonic() - begun < 5
    assert (job.returncode, json.loads(out)["error"]) == (128 + number, f"stopped by {number.name}")


def test_a_run_that_it_leaves_open_is_closed_by_the_next_job(tmp_path: Path) -> None:
    with stuck(tmp_path, 60, IN_A_RUN) as job:
        out, err = job.communicate(timeout=120)
    assert (job.returncode, json.loads(out)["exit_code"]) == (5, 5)
    assert "the next job of the experiment on this machine closes it as KILLED" in err
    client = mlflow.MlflowClient(uri := f"sqlite:///{tmp_path}/mlflow.db", uri)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    (run,) = client.search_runs(experiments)
    assert run.info.status == "RUNNING"
    again = subprocess.run(
        [sys.executable, "-m", "mxt", str(REPOSITORY / "confs" / "drift.yaml")],
        env=clean_environment({"MXT_ROOT": str(tmp_path)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 4, "there is no model"
    assert client.get_run(run.info.run_id).info.status == "KILLED"


def test_who_ends_the_job_reports_alone() -> None:
    ended = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False)
    assert ended.returncode == 5
    assert ended.stdout.startswith("5 it does not answer: given up after 0.1 s")
    assert ended.stdout.count("\n") == 1
