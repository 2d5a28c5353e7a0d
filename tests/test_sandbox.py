"""A confined process answers with bytes, by its deadline, or says why there is no answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mxt.errors import ModelError
from mxt.sandbox import confined

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines processes")
GIB = 1 << 30
BLIND = """
import ctypes, struct, sys
from mxt.errors import ServiceError
from mxt.sandbox import confined
from mxt.sandbox.kernel import system_call
from mxt.sandbox.syscalls import PRCTL, SECCOMP
absent = int(sys.argv[1])
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, absent), (0x06, 0, 0, 0x50026), (0x06, 0, 0, 0x7FFF0000)]
code = b"".join(struct.pack("=HBBI", *step) for step in steps)
text = ctypes.create_string_buffer(code, len(code))
head = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(text)))
system_call(PRCTL, 38, 1)
assert system_call(SECCOMP, 1, 0, ctypes.addressof(head)) == 0
try:
    print(confined("binascii:unhexlify", ["6161"], seconds=20, memory=1 << 30, reads=[]))
except ServiceError as error:
    print(error)
"""
PARENT = """
import sys
from mxt.sandbox import confined
confined("runpy:run_path", [sys.argv[1]], seconds=60, memory=1 << 30, reads=[sys.argv[1]])
"""


def run(program: str, *arguments: str, seconds: float = 20, reads: tuple[Path, ...] = ()) -> bytes:
    return confined(program, arguments, seconds=seconds, memory=GIB, reads=reads)


def script(folder: Path, text: str) -> Path:
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_bytes_come_back_and_nothing_else_does() -> None:
    assert run("binascii:unhexlify", "00ff0a") == b"\x00\xff\n"
    with pytest.raises(ModelError, match=r"^TypeError$"):
        run("textwrap:dedent", "a text is no bytes")


def test_a_file_that_is_named_can_be_read_and_no_other(tmp_path: Path) -> None:
    for name in ("named", "other"):
        (tmp_path / name).write_bytes(name.encode())
    code = f"open({str(tmp_path / 'named')!r}).read()\nopen({str(tmp_path / 'other')!r}).read()\n"
    read = script(tmp_path, code)
    with pytest.raises(ModelError, match=r"^PermissionError$"):
        run("runpy:run_path", str(read), reads=(tmp_path / "named", read))
    with pytest.raises(ModelError, match=r"^TypeError$"):  # it ran to its end, and gave no bytes
        run("runpy:run_path", str(read), reads=(tmp_path,))


def test_the_environment_is_empty_and_threads_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    code = """
import os, threading
assert {*os.environ} <= {"HOME", "LC_CTYPE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}
assert b"secret" not in open("/proc/self/environ", "rb").read()
heard = []
threads = [threading.Thread(target=heard.append, args=(number,)) for number in range(20)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert sorted(heard) == [*range(20)]
raise KeyError
"""
    file = script(tmp_path, code)
    with pytest.raises(ModelError, match=r"^KeyError$"):
        run("runpy:run_path", str(file), reads=(file,))


def test_the_deadline_ends_it(tmp_path: Path) -> None:
    file = script(tmp_path, "import time; time.sleep(60)")
    begun = time.monotonic()
    with pytest.raises(ModelError, match="did not end by its deadline"):
        run("runpy:run_path", str(file), seconds=0.5, reads=(file,))
    assert time.monotonic() - begun < 30


def test_what_a_file_says_cannot_steer_a_terminal(tmp_path: Path) -> None:
    file = script(tmp_path, "raise type('\\x1b[2J' + 'a' * 5000, (Exception,), {})")
    with pytest.raises(ModelError) as raised:
        run("runpy:run_path", str(file), reads=(file,))
    assert str(raised.value).startswith("?[2Jaaa")
    assert len(str(raised.value)) <= 500


@pytest.mark.slow
@pytest.mark.parametrize(("number", "lack"), [("444", "the kernel has no Landlock"), ("seccomp", "seccomp")])
def test_a_kernel_that_cannot_confine_is_refused(number: str, lack: str) -> None:
    absent = number if number.isdecimal() else {"x86_64": "317"}.get(os.uname().machine, "277")
    ended = subprocess.run([sys.executable, "-c", BLIND, absent], capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("This machine cannot confine a process")
    assert lack in ended.stdout


@pytest.mark.slow
def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    file = script(tmp_path, "import time; time.sleep(60)")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(file)])
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    deadline = time.monotonic() + 30
    while not (known := children.read_text(encoding="ascii").split()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)  # until it is confined
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while os.path.exists(f"/proc/{known[0]}") and time.monotonic() < deadline:  # noqa: PTH110 - of another process
        time.sleep(0.05)
    assert not Path(f"/proc/{known[0]}").exists()
