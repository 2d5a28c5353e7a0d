"""No code of a hostile file gets out of the sandbox, whoever runs it; without the sandbox it does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mxt.errors import ModelError
from mxt.sandbox import confined
from sandbox.attacks import ATTACKS, DEEP, EXHAUSTING, all_in_one

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines processes")
HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "src"
NOBODY = 65534
BOUNDS = {"seconds": 20, "memory": 1 << 30}
SHORT = {"seconds": 2, "memory": 1 << 30}
USERS = pytest.mark.parametrize("user", [None, NOBODY], ids=["this user", "nobody"])


def python_of(user: int | None) -> str:
    """A Python that the user may run; the test is skipped if there is none."""
    if user is None:
        return sys.executable
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    for python in (os.path.realpath(sys.executable), shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        code = "import sys, mxt.sandbox, sandbox.attacks; sys.exit(sys.version_info < (3, 11))"
        if python and _run([python, "-c", code], user).returncode == 0:
            return python
    pytest.skip("nobody may run no Python here, or not read MXT's sources")


def _run(words: list[str], user: int | None) -> subprocess.CompletedProcess[str]:
    environment = {
        "PYTHONPATH": f"{SOURCES}:{HERE.parent}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ["PATH"],
    }
    options = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    try:
        return subprocess.run(
            words, cwd="/", env=environment, capture_output=True, text=True, check=False, **options
        )  # type: ignore[call-overload] # its options as a mapping
    except PermissionError:
        return subprocess.CompletedProcess(words, 1)


def outcomes(names: Iterable[str], user: int | None, bounds: dict[str, int] | None) -> dict[str, str]:
    """How each attack ended."""
    order = json.dumps({"names": [*names], "bounds": bounds})
    ended = _run([python_of(user), str(HERE / "judge.py"), order], user)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, str] = json.loads(ended.stdout)
    return found


def test_no_attack_of_one_hostile_file_gets_out(tmp_path: Path) -> None:
    for name in ("file", "secret"):
        (tmp_path / name).touch()
    script = tmp_path / "attack.py"
    script.write_text(all_in_one(PORT=9, OUTSIDE=str(tmp_path), PARENT=os.getpid()), encoding="utf-8")
    with pytest.raises(ModelError) as raised:
        confined("runpy:run_path", [str(script)], seconds=60, memory=1 << 30, reads=[script])
    assert str(raised.value) == "nothing"
    assert {path.name for path in tmp_path.iterdir()} == {"file", "secret", "attack.py"}


@pytest.mark.slow
def test_each_attack_works_without_the_sandbox() -> None:
    assert {ended[:3] for ended in outcomes(ATTACKS, None, None).values()} == {"out"}


@pytest.mark.slow
@USERS
def test_no_attack_gets_out(user: int | None) -> None:
    ended = outcomes([*ATTACKS, *DEEP], user, BOUNDS)
    assert {name: how for name, how in ended.items() if how.startswith("out")} == {}


@pytest.mark.slow
@USERS
def test_what_uses_up_the_machine_ends_by_a_bound(user: int | None) -> None:
    ended = outcomes(EXHAUSTING, user, SHORT)
    killed = "it did not end by its deadline, and was killed"
    assert {name: how for name, how in ended.items() if how.startswith("out")} == {}
    assert ended["memory"] == "MemoryError"
    assert ended["threads"] == "RuntimeError"
    assert ended["time"] == ended["signals that it ignores"] == killed
    assert ended["threads that outlive it"] == "SystemExit"
