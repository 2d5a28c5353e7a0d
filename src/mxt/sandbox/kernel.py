"""System calls that Python has no functions for, and what this machine's kernel can do."""

from __future__ import annotations

import ctypes
import os
import platform
import sys

from mxt.sandbox.syscalls import ARCHITECTURES


class Unfit(Exception):  # noqa: N818 - a state of the machine, which the parent process turns into an MxtError
    """This machine cannot confine a process; the message says what it lacks."""

    def __init__(self, what: str, number: int = 0) -> None:
        super().__init__(f"{what} ({os.strerror(number)})" if number else what)


def architecture() -> str:
    """The kind of this machine's processor, by its name in `ARCHITECTURES`.

    Raises:
        Unfit: It is another kind, or the system is not Linux.
    """
    if sys.platform != "linux":
        msg = f"the system is {platform.system()}, not Linux"
        raise Unfit(msg)
    machine = platform.machine()
    if machine not in ARCHITECTURES or ctypes.sizeof(ctypes.c_void_p) != 8:  # noqa: PLR2004 - bytes of 64 bits
        msg = f"the processor is {machine}; known are {' and '.join(ARCHITECTURES)}, with 64 bits"
        raise Unfit(msg)
    return machine


def system_call(numbers: tuple[int, int], *arguments: int) -> int:
    """What a system call returns, or the negative number of its error.

    Args:
        numbers: Of the call, on each kind of processor.
        arguments: Up to six; the others are 0.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    number = numbers[ARCHITECTURES[architecture()][1]]
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    result = int(libc.syscall(ctypes.c_long(number), *map(ctypes.c_ulong, padded)))
    return -ctypes.get_errno() if result < 0 else result
