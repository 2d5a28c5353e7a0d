"""A process killed in the middle of a write leaves the previous output, whole and readable."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from contracts.stores import store, stores
from datasets.writers.endless_writes import ROWS, version

SCRIPT = Path(__file__).with_name("endless_writes.py")
MOMENTS = [*np.random.default_rng(7).uniform(0.01, 0.12, size=6), 0.5]
LONGER = (1.0, 2.0, 4.0, 8.0)
"""For a machine so busy that no write was finished, or none was cut short, in the moments before."""


@pytest.mark.parametrize("name", stores())
def test_a_killed_write_leaves_the_previous_output_whole(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    options = {key: value for key, value in place.options.items() if key != "types"}
    place.writer.write(version(0))
    target = Path(str(options.get("path") or f"{tmp_path}/stored.db"))
    seen, halves = {0}, 0
    command = [sys.executable, str(SCRIPT), type(place.writer).__name__, place.writer.model_dump_json()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as script:
        assert script.stdin
        assert script.stdout
        for moment in (*MOMENTS, *LONGER):
            if moment in LONGER and halves and len(seen) > 1:
                break
            watch_and_kill(script.stdin, script.stdout, target, moment)
            halves += any(path.name.endswith((".part", "-journal")) for path in tmp_path.iterdir())
            table = place.kind(**options, id_column="id").read().sort_index()
            assert table.index.tolist() == list(range(ROWS))
            assert table["version"].nunique() == 1
            seen.add(table["version"].iloc[0])
        script.stdin.close()
    assert halves
    assert len(seen) > 1


def watch_and_kill(orders: IO[str], answers: IO[str], target: Path, seconds: float) -> None:
    """Let a writer write for some time, in which its target is there at every moment, and kill it."""
    orders.write("\n")
    orders.flush()
    child, end = int(answers.readline()), time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            assert target.exists()
    finally:
        os.kill(child, signal.SIGKILL)
    assert answers.readline() == "dead\n"
