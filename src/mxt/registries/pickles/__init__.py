"""The globals that a pickle names: what opening it would import and could call.

Nothing is opened, and nothing is judged: a list without a dangerous name does not make a pickle harmless, for
harmless names can be combined, and code can hide in bytes of any form.
"""

from __future__ import annotations

import binascii
import contextlib
import hashlib
import importlib.util
import io
import re
from typing import TYPE_CHECKING

from mxt.registries.pickles.packing import BROKEN, members, unpacked
from mxt.registries.pickles.program import Program
from mxt.registries.pickles.values import Budget, TooMuch

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 2 << 30
"""Bytes of a file that is read."""
_DEEPEST = 12
"""Files within files, as a pickle in the text of a pickle."""
_MOST_PLACES = 64
"""Places within one file at which pickles are looked for beside its beginning."""
_HEADER = re.compile(rb"\x80[\x01-\x05]")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]{16,}")
_SHORTEST = 4
_ARRAY, _ARRAY_OF_OBJECTS = b"\x93NUMPY", re.compile(rb"\|O|'O\d*'")


def globals_of(content: bytes, budget: Budget | None = None) -> tuple[str, ...]:
    """The globals that a pickle names, with their modules and in order, as ``os.system``.

    Pickles that lie in its texts and bytes count as well, also in compressed ones, and so do the members of a
    zip file, the arrays of joblib and numpy, and what joblib compressed.

    Args:
        content: The file.
        budget: What reading it may cost; that of a review, which may take some seconds, if left out.

    Raises:
        ValueError: The content is no pickle, is broken, or is too large to be read; the message says where,
            and which globals were named until there.
    """
    if len(content) > MOST_BYTES:
        msg = f"it holds {len(content):,} bytes; pickles of up to {MOST_BYTES:,} are read"
        raise ValueError(msg)
    budget = budget or Budget()
    try:
        _read(content, budget, 0)
        budget.bound(budget.names)
    except BROKEN as error:
        named = f"; until there it names {', '.join(sorted(budget.names)[:20])}" if budget.names else ""
        msg = f"{str(error) or type(error).__name__}{named}"
        raise ValueError(msg) from error
    return tuple(sorted(budget.names))


def _read(content: bytes, budget: Budget, depth: int) -> None:
    """Note the globals of a file that must be a pickle, or hold some."""
    budget.search(content)
    if depth > _DEEPEST:
        msg = f"it holds files within files, more than {_DEEPEST} deep"
        raise TooMuch(msg)
    inner = unpacked(content, budget)
    if inner is not None:
        _read(inner, budget, depth + 1)
        return
    if content.startswith(_ARRAY):
        _read_array(content, budget, depth)
        return
    held = [_holds(member, budget, depth) for member in members(content, budget)]
    if content[:2] == b"PK":
        if not any(held):
            msg = "it is a zip file that holds no pickle"
            raise ValueError(msg)
        return
    _read_programs(content, budget, depth)


def _holds(content: bytes, budget: Budget, depth: int) -> bool:
    """Whether a part of a file is a pickle, or holds one; the globals of what is none do not count."""
    part = Budget(budget.steps, budget.unpacked, known=budget.known)
    try:
        _read(content, part, depth + 1)
        held = True
    except TooMuch:
        budget.names |= part.names
        raise
    except BROKEN:
        held = bool(part.names)
    budget.steps, budget.unpacked = part.steps, part.unpacked
    budget.names |= part.names
    budget.take()
    return held


def _read_programs(content: bytes, budget: Budget, depth: int) -> None:
    """Note the globals of a pickle, of those behind it, and of those within it."""
    stream = io.BytesIO(content)
    first = Program(stream, budget)
    error = _tried(content, stream, first, 0, budget)
    if error is not None and depth == 0:
        budget.names |= first.names
        raise error
    programs = [first]
    begin = 0 if error else stream.tell()
    while error is None and begin < len(content):
        programs.append(Program(stream, budget))
        error = _tried(content, stream, programs[-1], begin, budget)
        begin = begin if error else stream.tell()
    for place in _places(content, begin, [place for program in programs for place in program.raw]):
        programs.append(Program(stream, budget))
        _tried(content, stream, programs[-1], place, budget)
    for constant in (constant for program in programs for constant in program.constants):
        for part in _parts(constant):
            _holds(part, budget, depth)
    if not any(program.ended for program in programs):
        raise ValueError(str(error))


def _tried(
    content: bytes, stream: io.BytesIO, program: Program, begin: int, budget: Budget
) -> ValueError | None:
    """Read a program that may begin at a place, and note its globals; the error if it is none, or broken.

    A program that was read before, elsewhere in the file, is not read into again.
    """
    stream.seek(begin)
    names, broken = program.names, None
    try:
        program.load()
    except TooMuch:
        raise
    except ValueError as error:
        broken = error
        if not _HEADER.match(content, begin):
            names = {*filter(_is_importable, names)} if program.called else set()
    finally:
        for kept in (program.stack, program.metastack, program.memo):
            kept.clear()
    budget.names |= names
    digest = hashlib.sha256(memoryview(content)[begin : stream.tell()]).digest()
    if digest in budget.known or (broken and not names):
        program.constants.clear()
    budget.known.add(digest)
    return broken


def _is_importable(name: str) -> bool:
    """Whether a name may be a global, rather than a part of a text that looks like a step of a pickle."""
    if not all(map(str.isidentifier, name.split("."))):
        return False
    return importlib.util.find_spec(name.partition(".")[0]) is not None


def _places(content: bytes, begin: int, raw: list[tuple[int, int]]) -> Iterator[int]:
    """Where else pickles may begin: at the headers behind the last one, and in the arrays between steps."""
    for start, end in [(begin + 1, len(content)), *raw]:
        if start != begin + 1:
            yield start
        for _, match in zip(range(_MOST_PLACES), _HEADER.finditer(content, start, end), strict=False):
            yield match.start()


def _parts(constant: bytes | str) -> Iterator[bytes]:
    """What of a constant may be a pickle: all of it, and what it encodes."""
    if len(constant) < _SHORTEST:
        return
    if isinstance(constant, str):
        if _BASE64.fullmatch(constant):
            with contextlib.suppress(binascii.Error):
                yield binascii.a2b_base64(constant)
        constant = constant.encode("latin-1", "replace")
    yield constant


def _read_array(content: bytes, budget: Budget, depth: int) -> None:
    """Note the globals in a file of numpy, which holds a pickle if its items are Python's objects."""
    wide = content[6:7] != b"\x01"
    begin = (12 if wide else 10) + int.from_bytes(content[8 : 12 if wide else 10], "little")
    if not _ARRAY_OF_OBJECTS.search(content[:begin]):
        msg = "it is an array of numpy, and no pickle"
        raise ValueError(msg)
    _read_programs(content[begin:], budget, depth)
