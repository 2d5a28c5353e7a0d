"""The filter of system calls: what is not on the list does not exist (seccomp(2), SECCOMP_MODE_FILTER).

The filter is a program of classic BPF over `struct seccomp_data`, as linux/filter.h and linux/seccomp.h
define them. There is no call in it by which a process could start another one, talk to one, open a socket, or
change a file, its name or its rights.
"""

from __future__ import annotations

import ctypes
import struct
from typing import TYPE_CHECKING

from mxt.sandbox import syscalls
from mxt.sandbox.kernel import Unfit, architecture, system_call

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Places in `struct seccomp_data`."""
_ALLOW, _KILL, _ABSENT = 0x7FFF0000, 0x80000000, 0x00050000 | 38
"""Results of a filter; the last is the error ENOSYS, for which libraries have other ways."""
_X32 = 0x40000000
"""First number of the calls of x32, a second table of calls of x86-64."""
_FILTER_MODE, _ALL_THREADS = 1, 1

_THREAD, _NAMESPACES = 0x00010000, 0x7E020000
"""Flags of clone(2): a thread of this process; a namespace of any kind."""
_DESCRIPTORS = (0, 1, 2, 3, 4, 1030)
"""Commands of fcntl(2): copy a descriptor, and read or set its flags; no locks, no owners for signals."""
_TERMINALS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Requests of ioctl(2): is it a terminal, its size, bytes to read, blocking, close-on-exec."""
_SET_NAME = 15
"""Option of prctl(2): the name of a thread."""

Instruction = tuple[int, int, int, int]
"""Code, steps to skip if true, steps to skip if false, constant."""


def restrict(own: int) -> None:
    """Let this process, with all of its threads, make the listed calls only, for ever.

    Args:
        own: The number of this process.

    Raises:
        Unfit: The kernel has no seccomp, or the processor is of another kind.
    """
    code = b"".join(struct.pack("=HBBI", *step) for step in program(architecture(), own))
    buffer = ctypes.create_string_buffer(code, len(code))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer)))
    error = system_call(syscalls.SECCOMP, _FILTER_MODE, _ALL_THREADS, ctypes.addressof(head))
    if error < 0:
        msg = "the kernel refuses seccomp filters"
        raise Unfit(msg, -error)


def program(machine: str, own: int) -> list[Instruction]:
    """The filter for one kind of processor."""
    name, place = syscalls.ARCHITECTURES[machine]
    steps: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, name),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    for numbers in syscalls.PLAIN.values():
        steps += _call(numbers[place], [])
    steps += _call(syscalls.CLONE[place], [*_has(0, _THREAD), *_has_none(0, _NAMESPACES)])
    steps += _call(syscalls.FCNTL[place], _one_of(1, _DESCRIPTORS))
    steps += _call(syscalls.IOCTL[place], _one_of(1, _TERMINALS))
    steps += _call(syscalls.PRCTL[place], _one_of(0, (_SET_NAME,)))
    steps += _call(syscalls.TGKILL[place], _one_of(0, (own,)))
    steps += _call(syscalls.PRLIMIT[place], [*_one_of(0, (0, own)), *_null(2)])
    return [*steps, (_RETURN, 0, 0, _ABSENT)]


def _call(number: int, conditions: Sequence[Instruction]) -> list[Instruction]:
    """Allow a call if all of its conditions hold; each condition returns `_ABSENT` if it does not."""
    if number == syscalls.ABSENT:
        return []
    body = [*conditions, (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(body), number), *body]


def _one_of(argument: int, values: Iterable[int]) -> list[Instruction]:
    """The lower half of an argument is one of some values; the kernel looks at this half only."""
    known = [*values]
    tests = [(_EQUAL, len(known) - place, 0, value) for place, value in enumerate(known)]
    return [_lower(argument), *tests, (_RETURN, 0, 0, _ABSENT)]


def _has(argument: int, flag: int) -> list[Instruction]:
    return [_lower(argument), (_ANY_BIT, 1, 0, flag), (_RETURN, 0, 0, _ABSENT)]


def _has_none(argument: int, flags: int) -> list[Instruction]:
    return [_lower(argument), (_ANY_BIT, 0, 1, flags), (_RETURN, 0, 0, _ABSENT)]


def _null(argument: int) -> list[Instruction]:
    """Both halves of an argument, which is a pointer, are zero."""
    upper = (_LOAD, 0, 0, _ARGUMENTS + 8 * argument + 4)
    refuse = (_RETURN, 0, 0, _ABSENT)
    return [_lower(argument), (_EQUAL, 1, 0, 0), refuse, upper, (_EQUAL, 1, 0, 0), refuse]


def _lower(argument: int) -> Instruction:
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)
