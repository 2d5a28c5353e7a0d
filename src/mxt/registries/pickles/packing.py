"""What a file holds that is compressed, or a zip file, unpacked within bounds."""

from __future__ import annotations

import bz2
import io
import lzma
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Protocol, cast

from mxt.registries.pickles.values import Budget, TooMuch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BROKEN = (ValueError, OSError, EOFError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
"""What is raised for a file that is not what its first bytes say, also by lz4, or that needs a password."""
_MOST_MEMBERS = 10_000
_ZFILE = re.compile(rb"\AZF0x[0-9a-f]{1,16}L?\s*")
"""What joblib wrote before the content that it compressed by zlib, until 0.9."""


class _Unpacker(Protocol):
    """What unpacks compressed content."""

    @property
    def eof(self) -> bool:
        """Whether the content has come to its end."""

    @property
    def unused_data(self) -> bytes:
        """What follows the end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """As much of the content as is wanted."""


def unpacked(content: bytes, budget: Budget) -> bytes | None:
    """What compressed content holds, of one part or several that follow each other; None if it is none.

    Raises:
        ValueError: It is broken, or holds more than the budget has left.
    """
    content = _ZFILE.sub(b"", content, count=1)
    unpacker = _packing(content)
    return None if unpacker is None else _unpacked(content, unpacker, budget)


def members(content: bytes, budget: Budget) -> Iterator[bytes]:
    """The files in a zip file; none if the content does not end as one."""
    stream = io.BytesIO(content)
    if not zipfile.is_zipfile(stream):
        return
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        if len(entries) > _MOST_MEMBERS:
            msg = f"it is a zip file of more than {_MOST_MEMBERS:,} files"
            raise TooMuch(msg)
        for entry in entries:
            with archive.open(entry) as member:
                yield _bounded(member.read(budget.unpacked + 1), budget)


def _packing(content: bytes) -> Callable[[], _Unpacker] | None:
    """What unpacks content, by its first bytes; None if it is not compressed."""
    if re.match(rb"\x78[\x01\x5e\x9c\xda]", content):
        return zlib.decompressobj
    if content.startswith(b"\x1f\x8b"):
        return lambda: zlib.decompressobj(31)
    if content.startswith(b"BZh"):
        return bz2.BZ2Decompressor
    if content.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        return lzma.LZMADecompressor
    return _lz4 if content.startswith(b"\x04\x22\x4d\x18") else None


def _lz4() -> _Unpacker:
    try:
        from lz4.frame import LZ4FrameDecompressor
    except ImportError as error:
        msg = "it is compressed by lz4, which is not installed; run: pip install lz4"
        raise ValueError(msg) from error
    return cast("_Unpacker", LZ4FrameDecompressor())


def _unpacked(content: bytes, unpacker: Callable[[], _Unpacker], budget: Budget) -> bytes:
    """What compressed content holds, of one part or several that follow each other."""
    parts: list[bytes] = []
    while content:
        budget.search(content)
        unpack = unpacker()
        try:
            parts.append(_bounded(unpack.decompress(content, budget.unpacked + 1), budget))
        except BROKEN:
            if not parts or budget.unpacked < 0:
                raise
            break  # what follows is not compressed
        if not unpack.eof:
            msg = "its compressed content does not end"
            raise ValueError(msg)
        content = unpack.unused_data
    return b"".join(parts)


def _bounded(content: bytes, budget: Budget) -> bytes:
    """What was unpacked, which counts against the budget.

    Raises:
        TooMuch: It is more than is left.
    """
    budget.unpacked -= len(content)
    if budget.unpacked < 0:
        msg = "its compressed parts unpack to more than a gigabyte"
        raise TooMuch(msg)
    return content
