"""What a short job costs beside the least it must do: ``python -m benchmarks.starting [TIMES]``.

Checking a config is compared with importing the libraries that configs need. Each job of a table of 1,000
rows, or of none, is compared with a bare script that imports the same libraries, opens the store and a run,
loads the model as MLflow does, and logs a text; ``mxt explain`` with one that loads the model and calls it on
a row of the same table. The two take turns as whole processes; what counts is the
least CPU time (user and system) of each. Fails where one costs more times its script than `LIMITS` allows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REPOSITORY = Path(__file__).parents[2]
LIMITS = {"check": 1.6, "history": 1.25, "inference": 1.25, "explanations": 1.4, "explain": 1.25}
"""CPU time of each command over that of its bare script."""
TIMES = 10

OPEN = """
import mlflow, pandas
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("churn")
"""
LOG = """
with mlflow.start_run(run_name="bare"):
    mlflow.log_text("bare", "page.md")
"""
LOAD = """
import mlflow.xgboost
model = mlflow.xgboost.load_model("models:/churn@Challenger")
"""
CALL = """
import mlflow, pandas
mlflow.set_tracking_uri("sqlite:///mlflow.db")
import mlflow.xgboost, xgboost
booster = mlflow.xgboost.load_model("models:/churn@Challenger").get_booster()
row = pandas.read_csv("data/churn.csv", index_col="customerID", na_values=" ").loc[["6180-RTHUI"]]
kinds = dict(zip(booster.feature_names, booster.feature_types))
row = row[[*kinds]].astype({name: "category" for name, kind in kinds.items() if kind == "c"})
print(booster.predict(xgboost.DMatrix(row, enable_categorical=True)))
"""
IMPORT = "import pydantic, pydantic_settings, omegaconf, loguru, yaml"
BARE = {
    "check": IMPORT,
    "history": OPEN + LOG,
    "inference": OPEN + LOAD + LOG,
    "explanations": OPEN + LOAD + LOG,
    "explain": CALL,
}
WORDS = {
    "check": ["--check", "confs/training.yaml"],
    "history": ["confs/history.yaml", "job.alias=Challenger"],
    "inference": ["confs/inference.yaml", "job.alias_or_version=Challenger"],
    "explanations": ["confs/explanations.yaml"],
    "explain": ["explain", "data/churn.csv", "--model", "churn@Challenger", "--id", "6180-RTHUI"],
}
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""What a bare script needs to be as quiet as a job."""


def main(times: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").symlink_to(REPOSITORY / "data")
        (Path(folder) / "confs").symlink_to(REPOSITORY / "confs")
        cpu_seconds(folder, _mxt("confs/training.yaml"))
        return max([compare(folder, name, times) for name in LIMITS])


def compare(folder: str, name: str, times: int) -> int:
    """Print the least CPU time of a job and of its script; 1 if the job costs too much, else 0."""
    job, script = _mxt(*WORDS[name]), [sys.executable, "-c", BARE[name]]
    pairs = [(cpu_seconds(folder, script, QUIET), cpu_seconds(folder, job)) for _ in range(times + 1)][1:]
    bare, own = (min(seconds) for seconds in zip(*pairs, strict=True))
    print(
        f"{name}: {own:.2f} CPU s, {own / bare:.2f} times a bare script's {bare:.2f} (at most {LIMITS[name]})"
    )
    return int(own / bare > LIMITS[name])


def cpu_seconds(folder: str, command: Sequence[str], variables: Mapping[str, str] | None = None) -> float:
    """CPU time, user and system, of a process of its own, which must end well."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | dict(variables or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = process.stdout.read() if process.stdout else b""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(output.decode())
    return used.ru_utime + used.ru_stime


def _mxt(*words: str) -> list[str]:
    return [sys.executable, "-m", "mxt", *words]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else TIMES))
