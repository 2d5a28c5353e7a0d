"""The fingerprint against its definition, written anew with nothing but Python's hashlib."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxt.datasets.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EPOCH = datetime.fromisoformat("1970-01-01")

Cell = bool | int | float | str | bytes | datetime | Decimal | None


def cell_bytes(cell: Cell) -> bytes:
    """The canonical bytes of a cell."""
    match cell:
        case None:
            return b"n"
        case bool():
            tag, content = b"b", b"true" if cell else b"false"
        case int():
            tag, content = b"i", str(cell).encode()
        case float():
            nan = bytes.fromhex("000000000000f87f")
            tag, content = b"f", nan if math.isnan(cell) else struct.pack("<d", cell)
        case str():
            tag, content = b"s", cell.encode()
        case Decimal() if Decimal(repr(float(cell))) == cell:
            tag, content = b"f", struct.pack("<d", float(cell))
        case Decimal():
            text = f"{cell:f}"
            tag, content = b"d", (text.rstrip("0").rstrip(".") if "." in text else text).encode()
        case bytes():
            tag, content = b"x", cell
        case datetime():
            tag, content = b"t", str((cell - EPOCH) // timedelta(microseconds=1)).encode()
    return tag + struct.pack("<I", len(content)) + content


def by_hand(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """The fingerprint as the module's docstring defines it."""
    order = sorted(range(len(names)), key=lambda place: names[place])
    digests = [hashlib.sha256(b"".join(cell_bytes(row[place]) for place in order)).digest() for row in rows]
    header = json.dumps(sorted(names), separators=(",", ":")).encode() + b"\0"
    return hashlib.sha256(header + b"".join(sorted(digests))).hexdigest()


NAMES = ("id", "amount", "ünï", "flag", "when", "raw")
TYPES = (pa.int64(), pa.float64(), pa.string(), pa.bool_(), pa.timestamp("us"), pa.binary())
ROWS: list[tuple[Cell, ...]] = [
    (1, 0.1, "a", True, datetime.fromisoformat("2024-02-29T23:59:59.000001"), b"\0"),
    (-2, math.nan, "", False, datetime.fromisoformat("1969-12-31"), b""),
    (2**63 - 1, -0.0, None, None, None, None),
    (1, 0.1, "a", True, datetime.fromisoformat("2024-02-29T23:59:59.000001"), b"\0"),
    (None, math.inf, "日本\n", True, datetime.fromisoformat("9999-12-31"), b"n"),
]

strategies: tuple[st.SearchStrategy[Any], ...] = (
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.booleans(),
    st.datetimes(),
    st.binary(max_size=6),
)


def batch(rows: Sequence[Sequence[Cell]]) -> pa.RecordBatch:
    """Rows as an Arrow batch of the columns NAMES."""
    columns = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(TYPES)]
    return pa.record_batch(columns, names=list(NAMES))


def test_the_fingerprint_of_a_known_table_never_changes() -> None:
    known = "68c4e32a7093ca38231639a090835a7fc7a3f747f9682562b84b1454facb99f9"
    found = fingerprint([batch(ROWS)])
    assert (found.digest, found.rows, found.columns) == (known, 5, tuple(sorted(NAMES)))
    assert by_hand(NAMES, ROWS) == known


@settings(deadline=None, max_examples=150)
@given(rows=st.lists(st.tuples(*(st.none() | cells for cells in strategies)), min_size=1, max_size=8))
def test_the_fingerprint_is_what_its_definition_says(rows: list[tuple[Cell, ...]]) -> None:
    assert fingerprint([batch(rows)]).digest == by_hand(NAMES, rows)


DECIMALS = [
    "0.1",
    "-0.30",
    "1200",
    "0",
    "12345678901234567.89",
    "12345678901234567.80",
    "1e-20",
    "-99999999999999999",
]


@pytest.mark.parametrize("kind", [pa.decimal128(38, 20), pa.decimal256(60, 20), pa.decimal256(76, 30)])
def test_decimals_are_what_the_definition_says(kind: pa.DataType) -> None:
    cells: list[Decimal | None] = [*filter(None, map(held(kind), DECIMALS)), None]
    rows = [(cell, place) for place, cell in enumerate(cells)]
    table = pa.record_batch({"x": pa.array(cells, kind), "row": range(len(cells))})
    assert fingerprint([table]).digest == by_hand(("x", "row"), rows)


def held(kind: pa.DataType) -> Callable[[str], Decimal | None]:
    """Gives the decimal of a text, or none where a type does not hold it."""

    def cell(text: str) -> Decimal | None:
        return Decimal(text) if Decimal(text).adjusted() < kind.precision - kind.scale else None

    return cell


@settings(deadline=None, max_examples=100)
@given(cells=st.lists(st.none() | st.decimals(-(10**17), 10**17, places=4), min_size=1, max_size=6))
def test_any_decimals_are_what_the_definition_says(cells: list[Decimal | None]) -> None:
    table = pa.record_batch({"x": pa.array(cells, pa.decimal128(22, 4))})
    assert fingerprint([table]).digest == by_hand(("x",), [(cell,) for cell in cells])
