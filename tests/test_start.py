"""The command line answers at once: it imports no heavy library before a job needs it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

from clocks import takes_at_most
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
print(json.dumps([code, [name for name in sys.modules if name != "__main__"]]), file=sys.stderr)
"""
BARE = """
import contextlib, importlib, json, sys
for name in json.load(sys.stdin):
    with contextlib.suppress(ImportError):  # an extension may make modules that no file holds
        importlib.import_module(name)
"""

TIMES = {"help": 2.0, "schema": 5.0, "check": 5.0, "kinds": 4.5}
"""CPU time of each command over that of importing its libraries: about 1.5 times what it is today."""


def imported(name: str) -> list[str]:
    """The modules that a command imports, in their order; it ends well."""
    command = [sys.executable, "-c", SCRIPT, *COMMANDS[name]]
    ended = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=True)
    code, modules = json.loads(ended.stderr.splitlines()[-1])
    assert code == 0
    return [*modules]


def cpu_seconds(*words: str, given: str = "") -> float:
    """What a process of its own takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *words],
        env=clean_environment(),
        capture_output=True,
        check=True,
        text=True,
        input=given,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_runs_no_job_imports_no_heavy_library(name: str) -> None:
    assert HEAVY & {module.partition(".")[0] for module in imported(name)} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_runs_no_job_takes_a_few_times_what_its_libraries_take_to_import(name: str) -> None:
    libraries = json.dumps([module for module in imported(name) if module.partition(".")[0] != "mxt"])
    takes_at_most(
        TIMES[name],
        lambda: cpu_seconds("-m", "mxt", *COMMANDS[name]),
        lambda: cpu_seconds("-c", BARE, given=libraries),
    )
