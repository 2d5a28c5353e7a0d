"""Stopping and killing a job at a place in its work, however fast the machine is."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import signal
    import subprocess

HALTS = Path(__file__).with_name("halts")


def at_parts(folder: Path, parts: int, number: signal.Signals) -> dict[str, str]:
    """The environment of a job that is signalled when so many parts are finished, before the next is.

    Args:
        folder: Where its parts are kept.
        parts: How many there are then.
        number: The signal: SIGSTOP lets the test do something meanwhile, and SIGCONT lets the job go on.
    """
    return _environment({"path": str(folder), "parts": parts}, number)


def at_replacement(path: Path, number: signal.Signals) -> dict[str, str]:
    """The environment of a job that is signalled when it has put another file in the place of `path`."""
    return _environment({"path": str(path), "inode": path.stat().st_ino}, number)


def wait_until_halted(process: subprocess.Popen[str]) -> None:
    """Wait until a job has been stopped by SIGSTOP; fail if it ended instead."""
    state = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert state is not None
    assert state.si_code == os.CLD_STOPPED, process.communicate()


def _environment(order: dict[str, Any], number: signal.Signals) -> dict[str, str]:
    once = f"{tempfile.mkdtemp()}/halted"
    path = os.pathsep.join([str(HALTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"HALT": json.dumps({**order, "signal": int(number), "once": once}), "PYTHONPATH": path}
