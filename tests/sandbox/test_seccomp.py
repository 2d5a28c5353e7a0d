"""The filter of system calls allows what is listed, with the listed arguments, and nothing else."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from mxt.sandbox.seccomp import program
from mxt.sandbox.syscalls import ABSENT, ARCHITECTURES, PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN = 4711
ALLOWED, KILLED, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050026
X86, ARM = "x86_64", "aarch64"


def verdict(machine: str, number: int, arguments: Sequence[int] = (), architecture: int | None = None) -> int:
    """What the kernel would return for a call: an interpreter of the BPF that the filter is written in."""
    name = ARCHITECTURES[machine][0] if architecture is None else architecture
    values = [value % (1 << 64) for value in (*arguments, *[0] * 6)][:6]
    data = struct.pack("<IIQ6Q", number, name, 0, *values)
    steps, place, held = program(machine, OWN), 0, 0
    while True:
        code, if_true, if_false, constant = steps[place]
        place += 1
        if code == 0x06:
            return constant
        if code == 0x20:
            held = struct.unpack_from("<I", data, constant)[0]
        else:
            test = {0x15: held == constant, 0x35: held >= constant, 0x45: bool(held & constant)}[code]
            place += if_true if test else if_false


@pytest.mark.parametrize("machine", [X86, ARM])
def test_a_call_that_is_not_listed_does_not_exist(machine: str) -> None:
    place = ARCHITECTURES[machine][1]
    listed = {numbers[place] for numbers in PLAIN.values()} - {ABSENT}
    found = {number for number in range(600) if verdict(machine, number) == ALLOWED}
    copies_or_reads = {72, 302} if machine == X86 else {25, 261}  # fcntl and prlimit64 without arguments
    assert found - listed == copies_or_reads
    assert listed <= found


@pytest.mark.parametrize(
    ("number", "arguments", "allowed"),
    [
        (56, (0x3D0F00,), True),  # a thread, as glibc makes one
        (56, (17,), False),  # fork
        (56, (0x4111,), False),  # vfork
        (56, (0x10010000 | 0x900,), False),  # a thread in a new namespace of users
        (56, (0x20010000,), False),
        (435, (0, 88), False),
        (72, (3, 4, 0), True),
        (72, (3, 8, OWN), False),  # F_SETOWN
        (72, (3, 10, 9), False),  # F_SETSIG
        (72, (3, 7), False),
        (16, (0, 0x5401), True),
        (16, (0, 0x5412), False),  # TIOCSTI types into a terminal
        (16, (0, 0x1_0000_5412), False),
        (157, (15,), True),
        (157, (1, 0), False),  # the parent's death
        (157, (4, 1), False),
        (234, (OWN, 1, 6), True),
        (234, (OWN + 1, 1, 6), False),
        (302, (0, 7, 0, 1 << 40), True),
        (302, (0, 7, 1 << 40, 0), False),
        (302, (0, 7, 1, 0), False),
        (302, (OWN + 1, 7, 0, 1 << 40), False),
        (62, (OWN, 0), False),
        (59, (), False),
        (41, (1, 1, 0), False),
        (425, (), False),
    ],
)
def test_some_calls_exist_for_some_arguments(
    number: int, arguments: tuple[int, ...], *, allowed: bool
) -> None:
    assert verdict(X86, number, arguments) == (ALLOWED if allowed else ENOSYS)


def test_another_table_of_calls_kills() -> None:
    assert verdict(X86, 0, architecture=0x40000003) == KILLED  # the 32 bits of int 0x80
    assert verdict(X86, 0x40000000) == KILLED
    assert verdict(ARM, 63, architecture=0xC000003E) == KILLED
    assert verdict(ARM, 63) == ALLOWED
