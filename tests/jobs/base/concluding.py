"""Kills a job at each step of its end, and looks at what that leaves: ``python concluding.py ROOT EVERY``.

A profile hook kills the process with SIGKILL when it enters the n-th of the functions that the end
of a job is made of. Each try works on a copy of the project at ROOT, which holds a trained version. The
result goes to the standard output as JSON: the number of steps, and what was wrong after which.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SAMPLES = "outputs/samples.parquet"
FILES = (
    "jobs/base/conclusions.py",
    "jobs/base/context.py",
    "services/base/runs.py",
    "registries/latest.py",
    "datasets/writers/base/__init__.py",
)
KIND = "ExplanationsJob"


def main(root: Path, every: int) -> None:
    _preload()
    before = root.with_name("before")
    root.rename(before)
    shutil.copytree(before, root)
    steps = _forked(lambda: _count(root))
    wanted = (root / SAMPLES).read_bytes()
    found: dict[int, list[str]] = {}
    for step in range(1, steps + 1, every):
        shutil.rmtree(root)
        shutil.copytree(before, root)  # under the same path, which the store names
        code = _forked(lambda step=step: _kill(root, step))  # type: ignore[misc] # a default
        wrong = _faults(root) if code == -signal.SIGKILL else [f"it was not killed ({code})"]
        again = _forked(lambda: _explain(root))
        wrong += [f"the next run fails ({again})"] if again else _faults(root)
        wrong += (
            [] if again or (root / SAMPLES).read_bytes() == wanted else ["the next run writes other bytes"]
        )
        if wrong:
            found[step] = wrong
    sys.stdout.write(json.dumps({"steps": steps, "faults": found}) + "\n")


def _preload() -> None:
    """Import what each process needs, but open no store: a connection must not outlive a fork."""
    for name in (
        "matplotlib.figure",
        "mlflow.store.model_registry.sqlalchemy_store",
        "mlflow.store.tracking.sqlalchemy_store",
        "mlflow.xgboost",
        "mxt.jobs.explanations",
        "pyarrow.parquet",
        "runs",
        "sklearn.ensemble",
    ):
        importlib.import_module(name)


def _explain(root: Path) -> int:
    from runs import CHURN, run

    fields: dict[str, Any] = {
        "inputs_samples": {**CHURN, "limit": 60},
        "alias_or_version": "Challenger",
        "models_explanations": {"KIND": "ParquetWriter", "path": "outputs/models.parquet"},
        "samples_explanations": {"KIND": "ParquetWriter", "path": SAMPLES},
    }
    return 0 if run(root, KIND, **fields)["passed"] else 1


def _faults(root: Path) -> list[str]:
    """What is wrong with what a job left behind."""
    code = _forked(lambda: _misleading(root))
    names = ["an output without a page", "a version that names a run that did not end well"]
    return [name for bit, name in enumerate(names) if code & 1 << bit]


def _misleading(root: Path) -> int:
    """The faults as bits, in the order of their names."""
    import mlflow

    uri = f"sqlite:///{root}/mlflow.db"
    client = mlflow.MlflowClient(uri, uri)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    ended = {run.info.run_id for run in client.search_runs(experiments, "attributes.status = 'FINISHED'")}
    pages = [*root.glob("mlartifacts/churn/*/artifacts/explanations.md")]
    named = client.get_model_version("churn", "1").tags.get(f"mxt.last.{KIND}")
    without_page = (root / SAMPLES).exists() and not pages
    return without_page | (named is not None and named not in ended) << 1


def _count(root: Path) -> int:
    """How many steps the job takes."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    _watched(step, root)
    return count


def _kill(root: Path, last: int) -> int:
    """Kill this process at a step of the job."""
    left = last

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    _watched(step, root)
    return 0


def _watched(step: Callable[[], None], root: Path) -> None:
    """Run the job, and call `step` whenever a function of its end begins."""

    def watch(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.endswith(FILES) and "<" not in code.co_name:
            step()

    sys.setprofile(watch)
    try:
        _explain(root)
    finally:
        sys.setprofile(None)


def _forked(work: Callable[[], int]) -> int:
    """What the work returns in a process of its own, or minus the signal that killed that."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        os.close(2)
        code = 1
        try:
            os.write(writing, str(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return int(text) if text else status or 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main(Path(sys.argv[1]), int(sys.argv[2]))
