"""Memory limits: a job and its workers stay below one, with the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conftest import clean_environment
from mxt.errors import ConfigError
from mxt.executors.serial import SerialExecutor
from mxt.streams.memory import Footprint, MemoryPilot, Need
from runs import run
from streams.slow import Slow, stream

ROWS, COLUMNS = 36_000, 250
ALONE, WORKERS = 0.9, 1.4
"""Limits as shares of what the job holds without one, by itself: libraries differ among machines."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured in /proc")


KB = 1 << 10


def footprint(rows: int, peak: int, **fields: int) -> Footprint:
    sizes = {"resident": peak, "read": 10 * rows, "written": 0, "written_rows": 0, "states": 0}
    return Footprint(rows, 0.1, peak, **{**sizes, **fields})


def test_more_rows_than_were_measured_need_memory_by_the_slope_of_the_last_steps() -> None:
    """Each row takes 100 KB, once 32 MB are taken for other reasons."""
    steps = [footprint(100, 1_000_000 * KB), footprint(400, 1_000_000 * KB + (32 << 20) + 300 * 100 * KB)]
    need = Need(steps, here=0, peak=0, separate=False, rows=None)
    assert need.bytes(1000, 1) - need.bytes(400, 1) == 600 * 100 * KB
    assert need.bytes(90, 1) == need.bytes(100, 1) == steps[0].peak
    assert need.bytes(101, 1) == steps[1].peak


def test_rows_never_need_less_than_eight_copies_of_themselves() -> None:
    """No growth was measured: 10 bytes a row are read, and 20 written."""
    steps = [footprint(rows, 500_000, written=20 * rows, written_rows=rows) for rows in (100, 400)]
    need = Need(steps, here=0, peak=0, separate=False, rows=400)
    assert need._growth(1000) == 1000 * 8 * (10 + 20)


def test_what_is_written_or_merged_at_the_end_is_held_beside_what_stays() -> None:
    steps = [footprint(100, 900, resident=600, written=20 * 100, written_rows=100)]
    whole = Need(steps, here=0, peak=0, separate=False, rows=100_000_000)
    assert whole.bytes(100, 1) == 600 + 3 * 65_536 * 20, "three copies of a group of rows"
    assert replace(whole, rows=1000).bytes(100, 1) == 600 + 3 * 1000 * 20
    merged = replace(whole, steps=[footprint(100, 900, resident=600, states=50)], rows=1000)
    assert merged.bytes(100, 1) == 600 + 9 * 2 * 50


def test_processes_need_their_own_memory_each_and_this_one_its_waiting_parts() -> None:
    need = Need([footprint(100, 9000)], here=5000, peak=6000, separate=True, rows=100)
    assert need.bytes(100, 1) == 5000 + (2 + 3) * 10 * 100 + 9000
    assert need.bytes(100, 3) == 5000 + (6 + 3) * 10 * 100 + 3 * 9000
    assert replace(need, peak=50_000).bytes(100, 1) == 50_000 + 9000


def test_a_pilot_takes_ever_more_rows_and_stops_before_it_takes_too_much(tmp_path: Path) -> None:
    work = stream(tmp_path, Slow(0.0, [True]), 2000, 300)
    free = MemoryPilot(work, float("inf"))
    assert [facts["rows"] for facts in free.facts(SerialExecutor())] == [4, 16, 64, 256, 300]
    assert all(24 * step.rows <= step.read <= 26 * step.rows for step in free.steps)
    assert [facts["rows"] for facts in MemoryPilot(work, 1.0).facts(SerialExecutor())] == [4]
    full = [footprint(rows, 10_000) for rows in (4, 16)]
    assert MemoryPilot(work, 20_000.0, full)._affords_more()
    assert not MemoryPilot(work, 10_000.0, full)._affords_more()
    slow = [replace(step, seconds=seconds) for step, seconds in zip(full, (30.0, 16.0), strict=True)]
    assert not MemoryPilot(work, 20_000.0, slow)._affords_more()
    assert MemoryPilot(work, 20_000.0, slow[:1])._affords_more(), "the first step loads libraries"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wide table, and a model that looks at all of its columns."""
    folder = tmp_path_factory.mktemp("memory")
    chance = np.random.default_rng(0)
    table = pd.DataFrame(chance.normal(size=(ROWS, COLUMNS)), columns=[f"c{n}" for n in range(COLUMNS)])
    table.insert(0, "id", [f"r{row}" for row in range(ROWS)])
    table["bought"] = (table["c0"] + table["c1"] > 0).astype(int)
    table.to_parquet(folder / "wide.parquet")
    recipe = {"KIND": "XgboostRecipe", "trees": 5, "depth": 2, "learning_rate": 0.3}
    inputs = {**reader(folder), "limit": 1000}
    run(folder, "TrainingJob", inputs=inputs, target="bought", recipe=recipe, alias="First")
    return folder


def reader(root: Path) -> dict[str, Any]:
    return {"KIND": "ParquetReader", "path": str(root / "wide.parquet"), "id_column": "id"}


def scoring(root: Path) -> dict[str, Any]:
    outputs = {"KIND": "ParquetWriter", "path": "scored.parquet"}
    return {"inputs": reader(root), "outputs": outputs, "alias_or_version": "First"}


def megabytes(process: int, parent: bytes = b"") -> float:
    """What a process and those that it started hold, seen from outside; 0 if it is gone.

    One that was just forked, and still bears the command of its parent, shares the memory of that.
    """
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes()
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        started = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0.0
    if command == parent:
        return 0.0
    return pages * 4096 / 1e6 + sum(megabytes(int(child), command) for child in started)


def peak(root: Path, **fields: Any) -> tuple[float, bytes, str]:
    """The most that a scoring job held, its output, and its log."""
    service = {"registry_name": "churn", "experiment_name": "churn"}
    job = {"KIND": "InferenceJob", "mlflow_service": service, **scoring(root), **fields}
    (root / "confs").mkdir(exist_ok=True)
    config = root / "confs" / "score.yaml"
    config.write_text(json.dumps({"job": job}))
    most = 0.0
    with (root / "log").open("w+") as log:
        command = [sys.executable, "-m", "mxt", str(config)]
        process = subprocess.Popen(
            command, cwd=root, env=clean_environment(), stderr=log, stdout=subprocess.DEVNULL
        )
        while process.poll() is None:
            most = max(most, megabytes(process.pid))
            time.sleep(0.01)
        log.seek(0)
        told = log.read()
    assert process.returncode == 0, told
    return most, (root / "scored.parquet").read_bytes(), told


@pytest.fixture(scope="module")
def reference(root: Path) -> tuple[float, bytes]:
    """The most that the job holds without a limit, and its output."""
    most, content, _ = peak(root)
    return most, content


@pytest.mark.slow
def test_a_job_stays_below_its_limit_with_the_same_bytes(root: Path, reference: tuple[float, bytes]) -> None:
    limit = round(ALONE * reference[0])
    most, content, told = peak(root, memory_limit=f"{limit}MB")
    assert limit / 4 < most < limit
    assert content == reference[1]
    assert "rows at a time in 1 process(es) need" in told


@pytest.mark.slow
def test_workers_count(root: Path, reference: tuple[float, bytes]) -> None:
    limit = round(WORKERS * reference[0])
    most, content, told = peak(root, memory_limit=f"{limit}MB", executor={"KIND": "ProcessesExecutor"})
    assert most < limit
    assert content == reference[1]
    assert f"of {limit:,} MB" in told


def test_a_limit_that_nothing_fits_into_is_refused_with_what_is_needed(root: Path) -> None:
    told = (
        r"memory_limit is 100 MB, but 16 rows at a time in 1 process\(es\) need [\d,]+ MB, by measure; give"
    )
    with pytest.raises(ConfigError, match=told):
        run(root, "InferenceJob", **scoring(root), memory_limit="100MB")
    assert not list(root.glob("*.parts"))


def test_rows_of_a_part_that_are_named_must_fit(root: Path) -> None:
    with pytest.raises(ConfigError, match="but 500 rows at a time"):
        run(root, "InferenceJob", **scoring(root), memory_limit=100_000_000, part_rows=500)
