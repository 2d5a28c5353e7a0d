"""Traffic: whether this process receives or sends, by what Linux counts of each TCP connection."""

from __future__ import annotations

import ctypes
import os
import socket
import stat
import struct
import sys
from contextlib import suppress

_FIRST = 120
"""Where the counts lie in `struct tcp_info` of linux/tcp.h: tcpi_bytes_acked, tcpi_bytes_received."""
_REQUEST_BYTES = 16_384
"""What is sent counts from here on: less may be a request that is sent again and again."""


class Traffic:
    """The bytes of all connections since the last look."""

    def __init__(self) -> None:
        self._seen = _counts()

    @staticmethod
    def known() -> bool:
        """Whether the system counts them."""
        return sys.platform == "linux"

    def moved(self) -> bool:
        """Whether a byte came since the last time it did, or enough went."""
        now = _counts()
        for connection, (sent, received) in now.items():
            before = self._seen.get(connection, (0, 0))
            if received > before[1] or sent - before[0] >= _REQUEST_BYTES:
                self._seen = now
                return True
        return False


def _counts() -> dict[int, tuple[int, int]]:
    """Bytes that the other side has acknowledged, and bytes received, by the inode of the connection."""
    counts: dict[int, tuple[int, int]] = {}
    if not Traffic.known():
        return counts
    facts, size = ctypes.create_string_buffer(_FIRST + 16), ctypes.c_uint()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names alone
        with suppress(OSError):
            status = os.fstat(int(name))
            size.value = len(facts)
            if stat.S_ISSOCK(status.st_mode) and not ctypes.CDLL(None).getsockopt(
                int(name), socket.IPPROTO_TCP, socket.TCP_INFO, facts, ctypes.byref(size)
            ):
                counts[status.st_ino] = struct.unpack_from("QQ", facts, _FIRST)
    return counts
