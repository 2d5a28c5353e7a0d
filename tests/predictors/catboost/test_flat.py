"""Tables of FlatBuffers: fields that are there, that are absent, and that lead beyond the bytes."""

from __future__ import annotations

import struct

import pytest

from mxt.predictors.catboost.flat import Table

FIELDS = struct.pack("<HHHHHH", 12, 12, 4, 8, 0, 0)
BUFFER = struct.pack("<I", 16) + FIELDS + struct.pack("<iiI", 12, -7, 4) + struct.pack("<Iii", 2, 5, 6)


def test_fields_are_read_by_their_numbers_and_absent_ones_are_empty() -> None:
    table = Table.root(BUFFER)
    assert table.number(0, "<i", 1) == -7
    assert table.array(1, "<i4").tolist() == [5, 6]
    assert table.number(2, "<i", 9) == 9
    assert table.array(3, "<i4").tolist() == []
    assert table.tables(40) == []


@pytest.mark.parametrize("size", [0, 3, 20, 27, 35])
def test_a_place_beyond_the_bytes_is_refused(size: int) -> None:
    with pytest.raises((ValueError, struct.error)):
        Table.root(BUFFER[:size]).array(1, "<i4")


def test_a_table_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no field 2"):
        Table.root(BUFFER).table(2)
