"""What a confined process may use, and the rights that it gives up."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
from pathlib import Path

from mxt.sandbox import syscalls
from mxt.sandbox.kernel import Unfit, system_call

FILES = 256
"""Files that a confined process has open at once."""
THREADS = 64
"""Threads that it starts."""
_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38
_CAPABILITIES = 0x20080522
"""Third version of capset(2)."""
_READ_ANY = 1 << 2
"""CAP_DAC_READ_SEARCH: root reads libraries that belong to another user; Landlock names which."""


def limit(seconds: float, memory: int) -> None:
    """Bound time of the processor, memory, threads and files; no file is written, no core is dumped."""
    bounds = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: int(seconds) + 1,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: FILES,
        resource.RLIMIT_NPROC: _tasks(os.getuid()) + THREADS,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for name, bound in bounds.items():
        known = resource.getrlimit(name)[1]
        value = bound if known == resource.RLIM_INFINITY else min(bound, known)
        resource.setrlimit(name, (value, value))


def give_up_rights() -> None:
    """Give up root's capabilities, and the way to get any by running a program.

    Raises:
        Unfit: The kernel refuses.
    """
    if system_call(syscalls.PRCTL, _NO_NEW_PRIVILEGES, 1) < 0:
        msg = "the kernel refuses to give up privileges"
        raise Unfit(msg)
    head = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES, 0))
    sets = ctypes.create_string_buffer(24)
    system_call(syscalls.CAPGET, ctypes.addressof(head), ctypes.addressof(sets))
    kept = struct.unpack("=6I", sets.raw)[1] & _READ_ANY
    sets.raw = struct.pack("=6I", kept, kept, 0, 0, 0, 0)
    error = system_call(syscalls.CAPSET, ctypes.addressof(head), ctypes.addressof(sets))
    if error < 0:
        msg = "the kernel refuses to give up capabilities"
        raise Unfit(msg, -error)


def end_with(parent: int) -> None:
    """Let the kernel kill this process as soon as its parent ends, however that ends.

    Raises:
        Unfit: The parent has ended.
    """
    system_call(syscalls.PRCTL, _DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        msg = "the process that wanted the answer has ended"
        raise Unfit(msg)


def _tasks(user: int) -> int:
    """The number of threads of all processes of a user, which is what RLIMIT_NPROC counts."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == user:
                count += sum(1 for _ in (process / "task").iterdir())
    return count
