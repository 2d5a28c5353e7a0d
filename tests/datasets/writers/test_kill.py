"""A process killed in the middle of a write leaves the previous output, whole and readable."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pytest

from contracts.stores import Store, store, stores
from datasets.writers.endless_writes import PARTS, ROWS, version
from mxt.datasets.tables import to_frame
from mxt.datasets.writers.base import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

SCRIPT = Path(__file__).with_name("endless_writes.py")
MOMENTS = np.random.default_rng(7).uniform(0.01, 0.12, size=6)
"""Seconds after which a writer is killed, whatever it does by then."""

FIRST, *OTHERS = stores()
one_and_slowly_the_others = pytest.mark.parametrize(
    "name", [FIRST, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)


@one_and_slowly_the_others
def test_a_killed_write_leaves_the_previous_output_whole(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    place.writer.write(version(0))
    seen = {0}

    def check() -> bool:
        table = read(place)
        assert sorted(map(int, table.index)) == list(range(ROWS))
        assert len(table["version"].unique()) == 1
        seen.add(table["version"].iloc[0])
        return len(seen) > 1

    kill_often(place, tmp_path, "write", check)


@one_and_slowly_the_others
def test_what_a_killed_write_adds_is_there_once_or_not_at_all(name: str, tmp_path: Path) -> None:
    """The output tells of the rows that it holds, whenever the write was killed."""
    place, size = store(name, tmp_path), ROWS // PARTS
    place.writer.write(version(0).head(size), Provenance({"added": "0"}))

    def check() -> bool:
        told = place.writer.provenance()
        assert told is not None
        added = int(told.facts["added"])
        counts = read(place)["version"].value_counts()
        assert len(counts) == added + 1
        assert set(counts) == {size}
        return added > 0

    kill_often(place, tmp_path, "add", check)


def read(place: Store) -> pd.DataFrame:
    """The table of a store without types, in the order of ids; they may come again."""
    batches = place.kind(**plain_options(place), id_column="id").arrow()
    return to_frame(batches, "id").sort_index(kind="stable")


def plain_options(place: Store) -> dict[str, Any]:
    return {key: value for key, value in place.options.items() if key != "types"}


def kill_often(place: Store, folder: Path, verb: str, check: Callable[[], bool]) -> None:
    """Kill a writer at several moments: one cuts a write short, and one comes when a write has ended.

    Args:
        place: What is written to.
        folder: Where its files are.
        verb: What the writer does.
        check: Fails if the output is not whole; whether a write has ended by now.
    """
    target = Path(str(place.options.get("path") or f"{folder}/stored.db"))
    kind = type(place.writer).__name__
    command = [sys.executable, str(SCRIPT), kind, place.writer.model_dump_json(), verb]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as script:
        assert script.stdin
        assert script.stdout
        cut = ended = False
        for moment in MOMENTS:
            watch_and_kill(script.stdin, script.stdout, target, after(moment))
            ended = check() or ended
        while not cut:
            in_a_write = writing(folder)
            watch_and_kill(script.stdin, script.stdout, target, in_a_write)
            cut = in_a_write()
            ended = check() or ended
        moment = 0.5
        while not ended:
            watch_and_kill(script.stdin, script.stdout, target, after(moment))
            ended, moment = check(), 2 * moment
        script.stdin.close()


def unfinished(folder: Path) -> set[tuple[str, int]]:
    """The files of writes that have not ended, with the time of their last change."""
    found = set()
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # it ends at this moment
            if path.name.endswith((".part", "-journal")):
                found.add((path.name, path.stat().st_ctime_ns))
    return found


def writing(folder: Path) -> Callable[[], bool]:
    """Whether a write has begun since now, and has not ended."""
    before = unfinished(folder)
    return lambda: bool(unfinished(folder) - before)


def after(seconds: float) -> Callable[[], bool]:
    """Whether so many seconds have gone by since now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def watch_and_kill(orders: IO[str], answers: IO[str], target: Path, due: Callable[[], bool]) -> None:
    """Let a writer write until it is due, while its target is there at every moment, and kill it."""
    orders.write("\n")
    orders.flush()
    child = int(answers.readline())
    try:
        while True:
            assert target.exists()
            if due():
                os.kill(child, signal.SIGSTOP)  # so that nothing goes on between the look and the kill
                if due():
                    break
                os.kill(child, signal.SIGCONT)
    finally:
        os.kill(child, signal.SIGKILL)
    assert answers.readline() == "dead\n"
