"""Columns of a JSON Lines file whose cells are texts here and numbers there: they are read as texts."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

CHUNK_BYTES = 1 << 20
"""How many bytes of lines are read at once."""


def mixed_columns(lines: bytes) -> frozenset[str]:
    """The columns of which some cells are texts and others are not; none if a line is no object of JSON."""
    kinds: dict[str, set[bool]] = {}
    try:
        for line in lines.splitlines():
            for name, cell in (json.loads(line) if line.strip() else {}).items():
                if cell is not None:
                    kinds.setdefault(name, set()).add(isinstance(cell, str))
    except (ValueError, AttributeError):
        return frozenset()
    return frozenset(name for name, texts in kinds.items() if len(texts) > 1)


def with_texts(lines: bytes, columns: AbstractSet[str]) -> bytes:
    """The lines with each cell of some columns as a text, a number by its digits in the file.

    Raises:
        ValueError: A line is no object of JSON.
    """
    return b"\n".join(_with_texts(line, columns) for line in lines.splitlines() if line.strip()) + b"\n"


def chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """The content of a file in whole lines."""
    left = b""
    while block := stream.read(CHUNK_BYTES):
        lines, end, rest = (left + block).rpartition(b"\n")
        if end:
            yield lines
            left = rest
        else:
            left += block
    if left.strip():
        yield left


def _with_texts(line: bytes, columns: AbstractSet[str]) -> bytes:
    cells, digits = json.loads(line), json.loads(line, parse_float=str, parse_int=str)
    if not isinstance(cells, dict):
        msg = "A line is no object."
        raise ValueError(msg)  # noqa: TRY004 - as json has it
    texts = {name: _text(digits[name]) for name in columns & digits.keys()}
    return json.dumps({**cells, **texts}).encode()


def _text(cell: object) -> str | None:
    return cell if cell is None or isinstance(cell, str) else json.dumps(cell)
