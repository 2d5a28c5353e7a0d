"""Pools: no worker outlives the job, an early end leaves no traceback, and a killed worker is an error."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import ShutdownExecutorError

from conftest import clean_environment
from mxt.errors import ServiceError
from mxt.models.base.pools import pooled

EARLY = """
import itertools, time
from joblib import Parallel, delayed
from joblib._parallel_backends import LokyBackend
from mxt.models.base.pools import pooled

plain = LokyBackend.submit

def late(self, *arguments, **options):
    time.sleep(0.1)  # so that the pool ends while its thread hands out work
    return plain(self, *arguments, **options)

LokyBackend.submit = late
results = Parallel(n_jobs=2, return_as="generator")(delayed(abs)(number) for number in range(200))
with pooled("the fits"):
    print(len(list(itertools.islice(results, 5))))
    time.sleep(0.05)
    results.close()
"""


BUSY = """
from joblib import Parallel, delayed
from mxt.models.base.pools import ending_together

def busy():
    print("busy", flush=True)
    while True:
        sum(range(10_000))

with ending_together():
    pool = Parallel(n_jobs=2)
pool(delayed(busy)() for _ in range(2))
"""
CHILD = """
import os, subprocess, sys
work = "import time; print('busy', flush=True); time.sleep(3600)"
watch = f"from mxt.models.base.pools import end_with; end_with({os.getpid() + %d})"
subprocess.run([sys.executable, "-c", f"{watch}\\n{work}"])
"""


def outlived(script: str, number: signal.Signals, busy: int) -> tuple[int, list[str]]:
    """How a script ends by a signal once `busy` processes work, and which of its own still run 5 s later."""
    command, environment = [sys.executable, "-c", script], clean_environment()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as parent:
        assert parent.stdout is not None
        assert [parent.stdout.readline() for _ in range(busy)] == ["busy\n"] * busy
        own = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text("ascii").split()
        parent.send_signal(number)
        assert parent.stdout.read() == "", "the pipe is let go of"
        code = parent.wait()
    until = time.monotonic() + 5
    while time.monotonic() < until and (left := [pid for pid in own if Path("/proc", pid).exists()]):
        time.sleep(0.05)
    return code, left


def test_a_process_that_watches_its_parent_ends_with_it() -> None:
    assert outlived(CHILD % 0, signal.SIGKILL, busy=1) == (-signal.SIGKILL, [])


def test_a_process_whose_parent_was_gone_before_it_looked_ends_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD % 1],
        capture_output=True,
        timeout=60,
        check=True,
        env=clean_environment(),
    )
    assert done.stderr == b""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_of_a_pool_outlives_a_job_that_is_ended(number: signal.Signals) -> None:
    code, left = outlived(BUSY, number, busy=2)
    assert code
    assert left == []


def test_what_a_pool_that_was_ended_refuses_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("concurrent.futures")
    with pooled("the fits"):
        for error in (ShutdownExecutorError("ended"), ValueError("a bug")):
            log.error("exception calling callback", exc_info=error)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError]
    assert not log.filters


@pytest.mark.slow
def test_an_early_end_leaves_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True, check=True)
    assert done.stdout == "5\n"
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_killed_worker_is_a_service_error() -> None:
    with (
        pytest.raises(ServiceError, match=r"A process of the fits was killed.*fewer workers"),
        pooled("the fits"),
    ):
        Parallel(n_jobs=2)(delayed(os._exit)(1) for _ in range(2))
