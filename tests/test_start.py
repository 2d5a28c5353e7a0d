"""The command line answers at once: a command imports what it needs, however many kinds there are."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mxt
from conftest import REPOSITORY, clean_environment
from mxt.kinds import files

if TYPE_CHECKING:
    from collections.abc import Sequence

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
TRAINING = str(REPOSITORY / "confs" / "training.yaml")
COMMANDS = {
    "help": ["--help"],
    "version": ["--version"],
    "schema": ["--schema"],
    "check": ["--check", *CONFS],
    "kinds": ["--kinds"],
}
SCRIPT = """
import json, sys
if sys.argv[1]:  # an editable install has a finder of its own, which stands before the path
    sys.meta_path = [finder for finder in sys.meta_path if "Redirecting" not in type(finder).__name__]
    sys.path.insert(0, sys.argv[1])
from mxt.cli import main
code = main(sys.argv[2:])
modules = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps([code, modules]), file=sys.stderr)
"""
MADE_UP = '''
"""A kind that nobody names."""
from typing import Literal
raise SystemExit("imported")

class {name}({family}):
    """It is never imported."""

    KIND: Literal["{name}"] = "{name}"
'''


def started(words: Sequence[str], source: Path | None = None) -> tuple[str, dict[str, str | None]]:
    """What a command prints, and the file of each module that it imports; it ends well.

    Args:
        words: The command.
        source: Where another copy of MXT lies, if it is to be used.
    """
    command = [sys.executable, "-c", SCRIPT, str(source or ""), *words]
    ended = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=True)
    code, modules = json.loads(ended.stderr.splitlines()[-1])
    assert code == 0
    return ended.stdout, {name: file for name, file in modules.items() if name != "__main__"}


def imported(words: Sequence[str], source: Path | None = None) -> set[str]:
    """The modules that a command imports."""
    return {*started(words, source)[1]}


def own(modules: set[str]) -> set[str]:
    """Those of MXT."""
    return {name for name in modules if name.partition(".")[0] == "mxt"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_runs_no_job_imports_no_heavy_library(name: str) -> None:
    assert HEAVY & {module.partition(".")[0] for module in imported(COMMANDS[name])} == set()


@pytest.mark.parametrize("name", ["help", "version", "schema"])
def test_a_command_that_reads_no_config_imports_no_pydantic(name: str) -> None:
    assert "pydantic" not in imported(COMMANDS[name])


def test_a_check_imports_the_kinds_that_its_config_names_and_no_others() -> None:
    modules = own(imported(["--check", TRAINING]))
    members = {
        entry.module
        for family in files.families().values()
        for entry in files.members(family.module).values()
    }
    assert {
        "mxt.jobs.training",
        "mxt.datasets.readers.csv",
        "mxt.datasets.splitters.stratified",
        "mxt.models.xgboost",
        "mxt.metrics.calibration_error",
        "mxt.metrics.sklearn",
        "mxt.registries.registers.mlflow",
        "mxt.registries.savers.mlflow",
    } == modules & members


def test_a_hundred_more_kinds_change_nothing(tmp_path: Path) -> None:
    package = tmp_path / "mxt"
    shutil.copytree(
        Path(mxt.__file__).parent, package, ignore=shutil.ignore_patterns("*.cpp", "*.hpp", "*.so")
    )
    families = [*files.families().items()]
    for number in range(100):
        family, entry = families[number % len(families)]
        folder = package.joinpath(*entry.module.split(".")[1:-1])
        code = MADE_UP.format(name=f"MadeUp{number}{family}", family=family)
        (folder / f"made_up{number}.py").write_text(code)
    before, after = (own(imported(["--check", TRAINING], source)) for source in (None, tmp_path))
    assert after == before
    listed, modules = started(["kinds"], tmp_path)
    assert modules["mxt"] == str(package / "__init__.py")
    assert listed.count("It is never imported.") == 100
