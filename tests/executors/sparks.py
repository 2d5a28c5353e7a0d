"""Spark in tests: whether it is there, its processes, and how to kill them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

EXECUTOR = "CoarseGrainedExecutorBackend"
"""What the command line of an executor's JVM holds."""


def needed() -> None:
    """Skip a test where Spark or Java is not installed."""
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")


def started_by(root: int) -> dict[int, str]:
    """The command lines of the processes that a process has started, and these in turn."""
    parents, lines = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                lines[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:  # it has ended
                continue
    found, new = set[int](), {root}
    while new:
        found |= new
        new = {child for child, parent in parents.items() if parent in found and child not in found}
    return {child: lines[child] for child in found - {root}}


def python_workers(root: int) -> list[int]:
    """The Python processes that work: forks of a daemon that has the same command line."""
    daemons = [child for child, line in started_by(root).items() if "pyspark.daemon" in line]
    return [worker for daemon in daemons for worker in started_by(daemon)]


def executors(root: int) -> list[int]:
    """The JVMs of a cluster's executors."""
    lines = started_by(root).items()
    return [child for child, line in lines if EXECUTOR in line and "java" in line.split(" ")[0]]


def kill(processes: list[int], chance: random.Random) -> int:
    """Kill one of the processes, and see it gone."""
    victim = chance.choice(sorted(processes))
    born = _born(victim)
    assert born
    os.kill(victim, signal.SIGKILL)
    until = time.monotonic() + 30
    while _born(victim) == born and time.monotonic() < until:
        time.sleep(0.05)
    assert _born(victim) != born
    return victim


def _born(process: int) -> str:
    """When a process was started; empty if it is no more, or only its parent has not taken notice."""
    try:
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if told[0] == "Z" else told[19]
