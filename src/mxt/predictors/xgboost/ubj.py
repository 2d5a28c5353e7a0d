"""Universal Binary JSON, as xgboost writes it: arrays of one type become numpy arrays without a copy.

Source: the specification's draft 12, https://ubjson.org; xgboost adds no types of its own.
"""

from __future__ import annotations

from struct import Struct, error
from typing import Any

_TYPES = {"i": "i1", "U": "u1", "I": ">i2", "l": ">i4", "L": ">i8", "d": ">f4", "D": ">f8"}
_NUMBERS = {
    ord(mark): Struct(f">{kind}")
    for mark, kind in zip("iUIlLdD", ("b", "B", "h", "i", "q", "f", "d"), strict=True)
}
_WORDS = {ord("T"): True, ord("F"): False, ord("Z"): None}


def read_ubj(raw: bytes) -> Any:
    """The value that `raw` holds: dicts, lists, texts, numbers, and arrays of one number type.

    Raises:
        ValueError: `raw` was cut or is not UBJSON.
    """
    try:
        return _Reader(raw).value()
    except (IndexError, KeyError, error, OverflowError, RecursionError) as broken:
        msg = "The bytes are not whole UBJSON."
        raise ValueError(msg) from broken


class _Reader:
    """A cursor over the bytes."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def value(self) -> Any:
        return self._of(self._mark())

    def _mark(self) -> int:
        self._at += 1
        return self._raw[self._at - 1]

    def _next_is(self, mark: str) -> bool:
        """Whether `mark` comes next; if so, it is passed over."""
        matches = self._raw[self._at] == ord(mark)
        self._at += matches
        return matches

    def _of(self, mark: int) -> Any:
        number = _NUMBERS.get(mark)
        if number is not None:
            self._at += number.size
            return number.unpack_from(self._raw, self._at - number.size)[0]
        match chr(mark):
            case "S":
                return self._text(self._mark())
            case "{":
                return self._object()
            case "[":
                return self._array()
        return _WORDS[mark]

    def _text(self, mark: int) -> str:
        return self._taken(self._of(mark)).decode()

    def _taken(self, count: int) -> bytes:
        """The next `count` bytes."""
        if not 0 <= count <= len(self._raw) - self._at:
            raise IndexError(count)
        self._at += count
        return self._raw[self._at - count : self._at]

    def _object(self) -> dict[str, object]:
        members = {}
        while not self._next_is("}"):
            name = self._text(self._mark())
            members[name] = self.value()
        return members

    def _array(self) -> Any:
        import numpy as np

        if self._next_is("$"):
            kind = np.dtype(_TYPES[chr(self._mark())])
            if not self._next_is("#"):
                raise IndexError(self._at)
            return np.frombuffer(self._taken(self.value() * kind.itemsize), kind)
        if self._next_is("#"):
            return [self.value() for _ in range(self.value())]
        items = []
        while not self._next_is("]"):
            items.append(self.value())
        return items
