"""Tables of FlatBuffers, the form of CatBoost's binary models, read within their bounds.

Source: the binary format of FlatBuffers (flatbuffers.dev/internals), version 1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Table:
    """A table; its fields go by their number in the schema, and what is absent is empty.

    Each method raises a ValueError or struct.error where the bytes name a place beyond them.
    """

    raw: bytes
    place: int

    @classmethod
    def root(cls, raw: bytes) -> Table:
        """The table that a buffer is of."""
        return cls(raw, _at(raw, "<I", 0))

    def number(self, field: int, form: str, default: Number) -> Number:
        """The number of a field, by its form as `struct` writes it."""
        place = self._place(field)
        return struct.unpack_from(form, self.raw, place)[0] if place else default

    def table(self, field: int) -> Table:
        """The table of a field that has to be there."""
        place = self._place(field)
        if not place:
            msg = f"no field {field}"
            raise ValueError(msg)
        return Table(self.raw, place + _at(self.raw, "<I", place))

    def array(self, field: int, form: str) -> np.ndarray:
        """The numbers or records of a field, by their form as numpy writes it."""
        import numpy as np

        place = self._place(field)
        if not place:
            return np.empty(0, form)
        start = place + _at(self.raw, "<I", place)
        return np.frombuffer(self.raw, form, _at(self.raw, "<I", start), start + 4)

    def tables(self, field: int) -> list[Table]:
        """The tables of a field."""
        offsets = self.array(field, "<u4")
        if not len(offsets):
            return []
        place = self._place(field)
        start = place + _at(self.raw, "<I", place) + 4
        return [Table(self.raw, start + 4 * n + int(offset)) for n, offset in enumerate(offsets)]

    def texts(self, field: int) -> list[str]:
        """The texts of a field."""
        sizes = [(each.place + 4, _at(self.raw, "<I", each.place)) for each in self.tables(field)]
        return [self.raw[start : start + size].decode() for start, size in sizes]

    def _place(self, field: int) -> int:
        """Where a field lies; 0 if it is absent."""
        fields = self.place - _at(self.raw, "<i", self.place)
        if 4 + 2 * field >= _at(self.raw, "<H", fields):
            return 0
        offset = _at(self.raw, "<H", fields + 4 + 2 * field)
        return self.place + offset if offset else 0


def _at(raw: bytes, form: str, place: int) -> int:
    if place < 0:
        msg = "a place before the first byte"
        raise ValueError(msg)
    number: int = struct.unpack_from(form, raw, place)[0]
    return number
