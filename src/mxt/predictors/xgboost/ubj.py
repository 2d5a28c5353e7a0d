"""Universal Binary JSON, as xgboost writes it: arrays of one type become numpy arrays without a copy.

Source: the specification's draft 12, https://ubjson.org; xgboost adds no types of its own.
"""

from __future__ import annotations

from functools import cache
from struct import Struct, error
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_TYPES = {"i": "i1", "U": "u1", "I": ">i2", "l": ">i4", "L": ">i8", "d": ">f4", "D": ">f8"}
_NUMBERS = {
    ord(mark): Struct(f">{kind}")
    for mark, kind in zip("iUIlLdD", ("b", "B", "h", "i", "q", "f", "d"), strict=True)
}
_WORDS = {ord("T"): True, ord("F"): False, ord("Z"): None}
_TEXT, _BEGIN, _END, _LIST, _LIST_END, _KIND, _COUNT = b"S{}[]$#"


def read_ubj(raw: bytes) -> Any:
    """The value that `raw` holds: dicts, lists, texts, numbers, and arrays of one number type.

    Raises:
        ValueError: `raw` was cut, is not UBJSON, or gives a name to two members of an object.
    """
    try:
        return _value(raw, 0)[0]
    except (IndexError, KeyError, TypeError, error, OverflowError, RecursionError) as broken:
        msg = "The bytes are not whole UBJSON."
        raise ValueError(msg) from broken


def _value(raw: bytes, at: int) -> tuple[Any, int]:
    """The value that begins at a place, and the place behind it."""
    mark = raw[at]
    number = _NUMBERS.get(mark)
    if number is not None:
        return number.unpack_from(raw, at + 1)[0], at + 1 + number.size
    if mark == _TEXT:
        return _text(raw, at + 1)
    if mark == _BEGIN:
        return _object(raw, at + 1)
    if mark == _LIST:
        return _array(raw, at + 1)
    return _WORDS[mark], at + 1


def _text(raw: bytes, at: int) -> tuple[str, int]:
    begin, end = _span(raw, at, 1)
    return raw[begin:end].decode(), end


def _span(raw: bytes, at: int, size: int) -> tuple[int, int]:
    """Where as many items of a size begin and end as the number at a place says."""
    number = _NUMBERS[raw[at]]
    begin = at + 1 + number.size
    (count,) = number.unpack_from(raw, at + 1)
    if not 0 <= count <= (len(raw) - begin) // size:
        raise IndexError(count)
    return begin, begin + count * size


def _object(raw: bytes, at: int) -> tuple[dict[str, object], int]:
    members: dict[str, object] = {}
    while raw[at] != _END:
        name, at = _text(raw, at)
        if name in members:
            raise KeyError(name)
        members[name], at = _value(raw, at)
    return members, at + 1


def _array(raw: bytes, at: int) -> tuple[Any, int]:
    if raw[at] == _KIND:
        return _numbers(raw, at + 1)
    items: list[object] = []
    if raw[at] == _COUNT:
        count, at = _value(raw, at + 1)
        for _ in range(count):
            item, at = _value(raw, at)
            items.append(item)
        return items, at
    while raw[at] != _LIST_END:
        item, at = _value(raw, at)
        items.append(item)
    return items, at + 1


def _numbers(raw: bytes, at: int) -> tuple[np.ndarray, int]:
    """An array of one type, which shares the memory of `raw`."""
    import numpy as np

    if raw[at + 1] != _COUNT:
        raise IndexError(at)
    kind = _kinds()[raw[at]]
    begin, end = _span(raw, at + 2, kind.itemsize)
    return np.frombuffer(raw, kind, (end - begin) // kind.itemsize, begin), end


@cache
def _kinds() -> dict[int, np.dtype]:
    import numpy as np

    return {ord(mark): np.dtype(kind) for mark, kind in _TYPES.items()}
