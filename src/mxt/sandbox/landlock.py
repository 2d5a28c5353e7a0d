"""The rules for files: confined code reads what a rule names, and writes and runs nothing (landlock(7))."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.sandbox.kernel import Unfit, system_call
from mxt.sandbox.syscalls import LANDLOCK_ADD, LANDLOCK_CREATE, LANDLOCK_RESTRICT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
_RIGHTS = (13, 14, 15, 15, 16)
"""How many rights to files each version of Landlock knows; later ones know as many as the last here."""
_NET_VERSION, _NET_RIGHTS = 4, 0b11
_SCOPE_VERSION, _SCOPES = 6, 0b11
"""TCP, then abstract sockets and signals, where the kernel can forbid them; seccomp forbids them too."""
_ASK_VERSION = 1
_PATH_BENEATH = 1

SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/usr/share/zoneinfo", "/etc/localtime", "/etc/ssl/openssl.cnf"),
    *("/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"),
)
"""What Python and the libraries of numbers read of the system; nothing that differs by user."""
_NOWHERE = "/dev/null"


def restrict(reads: Iterable[str]) -> None:
    """Let this thread, and threads that it starts, read what Python and its libraries need and `reads` only.

    Raises:
        Unfit: The kernel has no Landlock.
    """
    version = system_call(LANDLOCK_CREATE, 0, 0, _ASK_VERSION)
    if version < 1:
        msg = "the kernel has no Landlock (Linux 5.13 or later, with landlock among its security modules)"
        raise Unfit(msg, -version)
    every = (1 << _RIGHTS[min(version, len(_RIGHTS)) - 1]) - 1
    net = _NET_RIGHTS if version >= _NET_VERSION else 0
    scopes = _SCOPES if version >= _SCOPE_VERSION else 0
    known = struct.pack("=QQQ", every, net, scopes)[: 24 if scopes else 16 if net else 8]
    buffer = ctypes.create_string_buffer(known, len(known))
    rules = _checked(system_call(LANDLOCK_CREATE, ctypes.addressof(buffer), len(known), 0))
    read = _READ_FILE | _READ_FOLDER
    for path in (*SYSTEM, *reads):
        _allow(rules, path, read)
    for path, rights in libraries():
        _allow(rules, path, rights)
    _allow(rules, _NOWHERE, _READ_FILE | _WRITE_FILE)
    _checked(system_call(LANDLOCK_RESTRICT, rules, 0))
    os.close(rules)


def libraries() -> Iterator[tuple[str, int]]:
    """Where Python finds its modules, and the rights to each place.

    Python's own folders are read whole. Of a folder elsewhere, which may be a project with data in it, only
    the modules and packages are read.

    Raises:
        Unfit: Python is installed in the root folder, of which nothing could be kept apart.
    """
    whole = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    if "/" in whole:
        msg = "Python is installed in the root folder"
        raise Unfit(msg)
    for folder in whole:
        yield folder, _READ_FILE | _READ_FOLDER
    for entry in filter(os.path.isdir, sys.path):
        if "site-packages" in Path(entry).parts or any(
            Path(entry).is_relative_to(folder) for folder in whole
        ):
            yield entry, _READ_FILE | _READ_FOLDER
            continue
        yield entry, _READ_FOLDER
        for path in Path(entry).iterdir():
            if path.suffix in {".py", ".so"} or (path / "__init__.py").is_file():
                yield str(path), _READ_FILE | _READ_FOLDER


def _allow(rules: int, path: str, rights: int) -> None:
    """Add a rule for a file, or for a folder and all that is below it; what does not exist needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(f"/proc/self/fd/{place}"):  # noqa: PTH112 - the very file that was opened
            rights &= ~_READ_FOLDER
        content = struct.pack("=Qi", rights, place)
        buffer = ctypes.create_string_buffer(content, len(content))
        _checked(system_call(LANDLOCK_ADD, rules, _PATH_BENEATH, ctypes.addressof(buffer), 0))
    finally:
        os.close(place)


def _checked(result: int) -> int:
    if result < 0:
        msg = "the kernel refuses rules of Landlock"
        raise Unfit(msg, -result)
    return result
