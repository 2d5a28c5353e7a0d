"""The command line answers at once: it imports no heavy library before a job needs it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

from conftest import REPOSITORY, clean_environment

HEAVY = {
    "mlflow",
    "shap",
    "xgboost",
    "sklearn",
    "matplotlib",
    "pandas",
    "pyarrow",
    "scipy",
    "numpy",
    "pandera",
}
CONFS = sorted(str(path) for path in (REPOSITORY / "confs").glob("*.yaml"))
COMMANDS = {"help": ["--help"], "schema": ["--schema"], "check": ["--check", *CONFS], "kinds": ["--kinds"]}

SCRIPT = """
import json, sys
from mxt.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_runs_no_job_imports_no_heavy_library(name: str) -> None:
    command = [sys.executable, "-c", SCRIPT, *COMMANDS[name]]
    ended = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=True)
    code, modules = json.loads(ended.stderr.splitlines()[-1])
    assert code == 0
    assert HEAVY & set(modules) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_runs_no_job_takes_less_than_a_second_of_cpu(name: str) -> None:
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "mxt", *COMMANDS[name]]
        subprocess.run(command, env=clean_environment(), capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 1.0
