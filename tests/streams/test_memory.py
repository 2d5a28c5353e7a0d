"""Memory limits: a job and its workers stay below one, with the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conftest import clean_environment
from mxt.errors import ConfigError
from runs import run

ROWS, COLUMNS = 36_000, 250
ALONE, WORKERS = 0.9, 1.4
"""Limits as shares of what the job holds without one, by itself: libraries differ among machines."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured in /proc")


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


def test_a_job_stays_below_its_limit_with_the_same_bytes(root: Path, reference: tuple[float, bytes]) -> None:
    limit = round(ALONE * reference[0])
    most, content, told = peak(root, memory_limit=f"{limit}MB")
    assert limit / 4 < most < limit
    assert content == reference[1]
    assert "rows at a time in 1 process(es) need" in told


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
