"""Makes attacks from a process of this user, in the sandbox or without it, and prints what came of each.

It needs no package beside MXT's own sandbox, so that any Python of the machine can run it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.attacks import ATTACKS, DEEP, EXHAUSTING, OUT, source

BODIES = {**ATTACKS, **DEEP, **EXHAUSTING}


def outcome(name: str, bounds: dict[str, float] | None) -> str:
    """How an attack ended: `out`, or the reason why not."""
    folder = Path(tempfile.mkdtemp(prefix="mxt-attack-"))
    outside = folder / "outside"
    outside.mkdir()
    for file in ("file", "secret"):
        (outside / file).write_text("a secret", encoding="utf-8")
    tcp, udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    unix = socket.socket(socket.AF_UNIX)
    with tcp, udp, unix:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(tcp.getsockname())
        unix.bind(str(outside / "socket"))
        unix.listen()
        before = state(outside)
        script = folder / "attack.py"
        values = {"PORT": tcp.getsockname()[1], "OUTSIDE": str(outside), "PARENT": os.getpid()}
        script.write_text(source(BODIES[name], **values), encoding="utf-8")
        text = script.read_text(encoding="utf-8")
        ended = without_sandbox(script) if bounds is None else in_sandbox(script, bounds)
        harm = [what for what, is_so in harms(tcp, udp, before, outside, script, text).items() if is_so]
    shutil.rmtree(folder)
    return f"out: {', '.join(harm)}" if harm else ended


def harms(
    tcp: socket.socket,
    udp: socket.socket,
    before: dict[str, object],
    outside: Path,
    script: Path,
    text: str,
) -> dict[str, bool]:
    """What can be seen from outside, whatever the attack says of itself."""
    return {
        "a connection came": arrived(tcp),
        "a packet came": arrived(udp),
        "files changed": state(outside) != before,
        "its file changed": script.read_text(encoding="utf-8") != text,
    }


def arrived(heard: socket.socket) -> bool:
    heard.settimeout(0)
    try:
        heard.accept() if heard.type == socket.SOCK_STREAM else heard.recv(1)
    except BlockingIOError:
        return False
    return True


def state(outside: Path) -> dict[str, object]:
    """Names, rights, owners, times and sizes of files."""
    facts: dict[str, object] = {}
    for path in (outside, *sorted(outside.iterdir())):
        known = path.lstat()
        facts[path.name] = (known.st_mode, known.st_uid, known.st_mtime_ns, known.st_size, known.st_nlink)
    return facts


def in_sandbox(script: Path, bounds: dict[str, float]) -> str:
    from mxt.errors import ModelError
    from mxt.sandbox import confined

    seconds, memory = bounds["seconds"], int(bounds["memory"])
    try:
        confined("runpy:run_path", [str(script)], seconds=seconds, memory=memory, reads=[script])
    except ModelError as error:
        ended = str(error)
        return "out" if OUT in ended or "exit code 0" in ended else ended
    return "out"


def without_sandbox(script: Path) -> str:
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    said = ended.stderr.strip().rpartition("\n")[2]
    return "out" if OUT in said or ended.returncode == 0 else said


if __name__ == "__main__":
    order = json.loads(sys.argv[1])
    print(json.dumps({name: outcome(name, order["bounds"]) for name in order["names"]}))  # noqa: T201 - its answer
