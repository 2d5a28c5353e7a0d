"""What tests share: a real MLflow store, a project folder, and MXT in a process of its own."""

from __future__ import annotations

import gc
import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from loguru import logger

from blank import blank_store, keep_in
from clocks import Clock
from mxt import redaction
from mxt.cli import main
from mxt.kinds import members
from mxt.kinds.families import families

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The processes of pytest share the cores; more threads would spend most of their time waiting for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Each of some hundred processes would compile every library again, where its installer did not.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# With the objects of eleven thousand tests, cycles are looked for less often.
gc.set_threshold(50_000, 20, 50)

hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

for family in families().values():
    members(family)  # as they are before any test makes a class of its own

REPOSITORY = Path(__file__).parents[1]
BEYOND_SCHEMA = {"contradiction", "no_count", "no_limit", "not_a_range", "not_of_the_recipe", "twice"}
"""Faults that no JSON Schema can express: they depend on other fields, or on values beside each other."""


@dataclass(frozen=True)
class Ended:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str

    @property
    def outcome(self) -> dict[str, Any]:
        """The JSON object on the last line of the standard output."""
        outcome: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return outcome


@dataclass(frozen=True)
class Project:
    """A folder with confs/ and data/, as a user's clone has."""

    root: Path

    def mxt(self, *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ended:
        """Run ``python -m mxt`` in a process of its own."""
        ended = subprocess.run(
            [sys.executable, "-m", "mxt", *words],
            cwd=cwd or self.root,
            env=clean_environment(env),
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def here(self, conf: str, *overrides: str) -> Ended:
        """Run a config of the project in this process and on a store, which need not be made for it."""
        blank_store(self.root)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([str(self.root / "confs" / f"{conf}.yaml"), *overrides])
        return Ended(code, out.getvalue(), err.getvalue())

    def config(self, name: str, text: str) -> str:
        """Write a config and return its path."""
        path = self.root / "confs" / name
        path.write_text(text, encoding="utf-8")
        return str(path)


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what would steer MXT or MLflow."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MXT_", "MLFLOW_"))}
    return {**kept, **(extra or {})}


@pytest.fixture(autouse=True, scope="session")
def _one_empty_store(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the stores of this session be copies of one."""
    keep_in(tmp_path_factory)


@pytest.fixture(autouse=True, scope="module")
def _of_no_other_store() -> None:
    """Forget the store of another module, which MLflow keeps in the environment."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def _unsteered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in [name for name in os.environ if name.startswith(("MXT_", "MLFLOW_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _of_no_other_secrets() -> Iterator[None]:
    """Forget the secrets of another test, which texts would not show."""
    yield
    redaction._revealed.clear()


@pytest.fixture
def warned() -> Iterator[list[str]]:
    """The warnings that a test logs, each without its time and place."""
    messages: list[str] = []
    handler = logger.add(lambda line: messages.append(line.record["message"]), level="WARNING")
    yield messages
    logger.remove(handler)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of this process, which goes on by what the test and the code under test sleep."""
    clock = Clock()
    clock.replace(monkeypatch)
    return clock


def make_project(root: Path) -> Project:
    """A copy of the shipped confs and data under `root`, with no store yet."""
    for folder in ("confs", "data"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    return Project(root)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh clone's confs and data, with no store yet."""
    return make_project(tmp_path)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose challenger is trained, evaluated and promoted; tests may add to its store."""
    project = make_project(tmp_path_factory.mktemp("trained"))
    without_certificate = "job.gates=[{KIND: EvaluationGate}]"
    for words in (["training"], ["evaluations"], ["promotion", without_certificate]):
        ended = project.here(*words)
        assert ended.code == 0, ended.err
    return project


@pytest.fixture(scope="session")
def telco() -> Path:
    """The real IBM Telco table where a developer has it (TELCO_CSV names it); skipped elsewhere."""
    path = Path(os.environ.get("TELCO_CSV", REPOSITORY.parent / "shared" / "data" / "telco.csv"))
    if not path.exists():
        pytest.skip("the real Telco table is not here")
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 kB, where one may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["/usr/bin/umount", "-l", str(folder)], check=True)
