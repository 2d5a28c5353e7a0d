"""Children: every place where MXT starts processes is listed, with the test by which they end with it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = REPOSITORY / "src" / "mxt"
LIBRARIES = {"joblib", "loky", "multiprocessing", "pty", "pyspark", "ray", "subprocess"}
"""Whose functions start processes: what is imported from them is listed, but for what only works on files."""
OF_OS = ("exec", "fork", "popen", "posix_spawn", "spawn", "startfile", "system")
"""How the functions of `os` begin that start processes."""
OTHERS = {"ProcessPoolExecutor", "create_subprocess_exec", "create_subprocess_shell", "n_jobs"}
"""Functions of `concurrent.futures` and `asyncio`, and an option of scikit-learn's and joblib's."""
SUSPECT = re.compile(rf"\b({'|'.join([*LIBRARIES, *OTHERS])})\b|\bos *(\.|import).*({'|'.join(OF_OS)})")
POOLS = "tests/models/base/test_pools.py::test_no_worker_of_a_pool_outlives_a_job_that_is_ended"
WORKERS = "tests/executors/test_processes.py::test_the_processes_of_a_job_that_is_killed_end_at_once"
SPARK = "tests/executors/test_spark.py::test_the_processes_of_spark_end_with_a_job_that_is_killed"
GIT = "tests/registries/test_digests.py::test_git_ends_with_a_process_that_is_killed"
SANDBOX = "tests/test_sandbox.py::test_it_ends_with_its_parent"
THREADS = ""
"""The case of threads alone, which end with their process."""
CASES = {
    "executors/base/sessions.py: pyspark": SPARK,
    "executors/processes.py: multiprocessing": WORKERS,
    "executors/spark.py: pyspark": SPARK,
    "models/base/pools.py: joblib": POOLS,
    "models/base/refits.py: joblib": POOLS,
    "models/base/refits.py: n_jobs": POOLS,
    "models/xgboost.py: n_jobs": THREADS,
    "registries/conversions/inside.py: joblib": SANDBOX,
    "registries/digests.py: subprocess": GIT,
    "sandbox/__init__.py: subprocess": SANDBOX,
    "searches/base/studies.py: n_jobs": POOLS,
}
"""By module and what starts them; a case is a test's file and name."""


def names(node: ast.AST) -> Iterator[str]:
    """The libraries that a node of a module's syntax imports, and the functions and options that it uses."""
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield (node.module or "").partition(".")[0]
        yield from (alias.name if node.module != "os" else f"os.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Attribute):
        of_os = isinstance(node.value, ast.Name) and node.value.id == "os"
        yield f"os.{node.attr}" if of_os else node.attr
    elif isinstance(node, ast.keyword):
        yield node.arg or ""
    elif isinstance(node, ast.Dict):
        yield from (str(key.value) for key in node.keys if isinstance(key, ast.Constant))
    elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
        yield from (str(each.value).partition(".")[0] for each in node.args if isinstance(each, ast.Constant))


def starting(path: Path) -> set[str]:
    """What starts processes in a module."""
    text = path.read_text(encoding="utf-8")
    if not SUSPECT.search(text):  # most modules, which need no closer look
        return set()
    tree = ast.parse(text)
    used = {name for node in ast.walk(tree) for name in names(node)}
    of_os = {name for name in used if name.startswith("os.") and name[3:].startswith(OF_OS)}
    return (used & (LIBRARIES | OTHERS)) | of_os


def test_every_place_that_starts_processes_has_a_case() -> None:
    found = {
        f"{path.relative_to(SOURCE).as_posix()}: {starter}"
        for path in SOURCE.rglob("*.py")
        for starter in starting(path)
    }
    assert found == {*CASES}


def test_every_case_is_a_test() -> None:
    for file, _, name in (case.partition("::") for case in {*CASES.values()} - {THREADS}):
        tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, file


def test_a_new_place_would_be_found(tmp_path: Path) -> None:
    for number, text in enumerate(
        (
            "from subprocess import run",
            "import os\ndef f():\n    os.fork()",
            "def f(model):\n    model(n_jobs=2)",
            "import importlib\nimportlib.import_module('multiprocessing.pool')",
            "options = {'n_jobs': 2}",
        )
    ):
        (tmp_path / f"{number}.py").write_text(text)
        assert starting(tmp_path / f"{number}.py"), text
