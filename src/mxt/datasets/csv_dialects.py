"""CSV files that show another encoding, or another delimiter, than their reader is configured for."""

from __future__ import annotations

import codecs
import csv
import io
from contextlib import suppress
from itertools import islice
from typing import IO

FIRST_BYTES = 1 << 16
"""How much of a file is looked at."""

DELIMITERS = (";", "\t", "|", ",")
"""Characters that files have between their cells."""

ANOTHER = "set `encoding: latin-1`, or the encoding of the program that wrote it, such as cp1252 on Windows"
"""The next step where texts are not UTF-8."""

ODD_SIGNS = frozenset((*DELIMITERS, "\0", "="))
"""Characters in a column's name that may show another delimiter or encoding, or a line before the header."""

_FEW = 0.1
_MANY = 0.25


def is_utf8(encoding: str) -> bool:
    """Whether an encoding is UTF-8, however it is spelt."""
    return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}


def known_encoding(encoding: str) -> str:
    """The name of an encoding, if Python knows it.

    Raises:
        ValueError: It does not, or it is no encoding of texts.
    """
    try:
        "a".encode(encoding)
    except (LookupError, UnicodeError) as error:
        msg = f"{encoding!r} is no encoding that Python knows, such as utf-8, utf-16, latin-1 or cp1252"
        raise ValueError(msg) from error
    return encoding


def utf8_head(stream: IO[bytes], encoding: str, size: int) -> bytes:
    """What a stream starts with, in UTF-8: at most `size` bytes, or characters of another encoding."""
    if is_utf8(encoding):
        return stream.read(size)
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="").read(size)
    return text.removeprefix("\ufeff").encode()


def encoding_fault(content: bytes, encoding: str) -> str:
    """What shows that a file has another encoding, and the line to write; empty if nothing does.

    Args:
        content: What the file starts with.
        encoding: The encoding that its reader is configured for.
    """
    name = codecs.lookup(encoding).name
    wide = content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE))
    marked = wide or content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    order = _byte_order(content)
    if not name.startswith(("utf-16", "utf-32")):
        if marked or order:
            shows = "starts with a byte order mark" if marked else "has a NUL beside each character"
            other = ("utf-32" if wide else "utf-16") if marked else f"utf-16-{order}"
            return f"the file {shows}; set `encoding: {other}`."
        header = content.partition(b"\n")[0]
        return "" if not is_utf8(encoding) or _decodes(header) else f"the header is not UTF-8; {ANOTHER}."
    if name == "utf-16" and not marked and order:
        return f"the file has no byte order mark; set `encoding: utf-16-{order}`."
    if name.startswith("utf-16") and content and not marked and b"\0" not in content:
        return f"the file is no {encoding}; leave out `encoding` if it is UTF-8."
    return ""


def one_column_fault(head: bytes, delimiter: str) -> str:
    """A sentence if the header seems to have several columns but is read as one, with the line to write.

    Args:
        head: What the file starts with, in UTF-8.
        delimiter: The delimiter that its reader is configured for.
    """
    if len(_lines(head, delimiter)[0]) != 1:
        return ""
    for other in DELIMITERS:
        header, *rows = map(len, _lines(head, other))
        if other != delimiter and header > 1 and all(cells == header for cells in rows):
            named = '"\\t"' if other == "\t" else f"'{other}'"
            parts = f"It parts the header into {header}. If it is one column, name it in `columns`."
            return f"one column; set `delimiter: {named}`? {parts}"
    return ""


def _lines(head: bytes, delimiter: str) -> list[list[str]]:
    """The header, and the first row if there is one and it is whole."""
    text = io.StringIO(head.decode("utf-8-sig", errors="replace"), newline="")
    lines: list[list[str]] = []
    with suppress(csv.Error):
        lines.extend(islice(filter(None, csv.reader(text, delimiter=delimiter)), 2))
    return lines or [[]]


def _byte_order(content: bytes) -> str:
    """``le`` or ``be`` if bytes look like UTF-16 of Western texts, of which every second byte is NUL."""
    first, second = ((half.count(0) / max(1, len(half))) for half in (content[::2], content[1::2]))
    if second > _MANY and first < _FEW:
        return "le"
    return "be" if first > _MANY and second < _FEW else ""


def _decodes(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
