"""Digests of rows by the compiled code: those of the definition in Python, and the standard's own."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxt.datasets.fingerprint import _hashed, _tag, row_digests
from mxt.datasets.kernels.rows import available, digests

if not available():
    pytest.skip("no compiled kernels", allow_module_level=True)

from mxt.datasets.kernels import _rows

UNITS = _rows.units()

# FIPS 180-2 appendix B and the examples of NIST's Cryptographic Standards and Guidelines, SHA-256.
VECTORS = {
    b"": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": (
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
    b"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu": (
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
    b"a" * 1_000_000: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
}

CELLS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.null(): st.none(),
    pa.bool_(): st.booleans(),
    **{
        kind: st.integers(0, 2**bits - 1) | st.sampled_from([0, 2**bits - 1])
        for bits, kind in {8: pa.uint8(), 16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}.items()
    },
    **{
        kind: st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) | st.sampled_from([-(2 ** (bits - 1)), -1])
        for bits, kind in {8: pa.int8(), 16: pa.int16(), 32: pa.int32(), 64: pa.int64()}.items()
    },
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats() | st.sampled_from([-0.0, 5e-324, float("-inf"), float("nan")]),
    pa.timestamp("us"): st.integers(-(2**63) + 1, 2**63 - 1),
    pa.timestamp("us", "Europe/Paris"): st.integers(-(2**40), 2**40),
    pa.string(): st.text(st.characters(exclude_categories=["Cs"]), max_size=70),
    pa.binary(): st.binary(max_size=70),
    pa.large_binary(): st.binary(max_size=70),
}


def in_python(batch: pa.RecordBatch) -> np.ndarray:
    return _hashed(batch, [_tag(field) for field in batch.schema])


def same(batch: pa.RecordBatch) -> None:
    """Raise if any unit differs from Python."""
    for unit in UNITS:
        np.testing.assert_array_equal(digests(batch, unit), in_python(batch))


def one(cells: pa.Array) -> pa.RecordBatch:
    return pa.record_batch([cells], names=["x"])


@pytest.mark.parametrize("unit", UNITS)
def test_the_standards_examples_have_their_digests(unit: str) -> None:
    assert {message: _rows.sha256(message, unit).hex() for message in VECTORS} == VECTORS


@pytest.mark.parametrize("unit", UNITS)
def test_messages_of_any_length_are_digested_as_hashlib_does(unit: str) -> None:
    drawn = np.random.default_rng(0).integers(0, 256, 300, dtype=np.uint8).tobytes()
    for length in range(300):
        assert _rows.sha256(drawn[:length], unit) == hashlib.sha256(drawn[:length]).digest()


def test_every_machine_has_the_portable_unit_and_no_other_is_made_up() -> None:
    assert UNITS[-1] == "portable"
    with pytest.raises(ValueError, match="no unit abacus"):
        _rows.sha256(b"", "abacus")


@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_tables_of_any_types_have_the_digests_of_the_definition(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=4))
    rows = data.draw(st.integers(0, 9))
    cells = [data.draw(st.lists(st.none() | CELLS[kind], min_size=rows, max_size=rows)) for kind in kinds]
    arrays = [pa.array(column, kind) for column, kind in zip(cells, kinds, strict=True)]
    batch = pa.record_batch(arrays, names=[f"c{place}" for place in range(len(kinds))])
    same(batch)
    start = data.draw(st.integers(0, rows))
    same(batch.slice(start))
    same(batch.slice(0, start))


def test_a_row_alone_is_what_hashlib_says() -> None:
    batch = pa.record_batch({"a": pa.array([-5], pa.int8()), "b": [0.5], "c": ["ü"], "d": pa.nulls(1)})
    cells = b"i" + struct.pack("<I", 2) + b"-5" + b"f" + struct.pack("<Id", 8, 0.5)
    cells += b"s" + struct.pack("<I", 2) + "ü".encode() + b"n"
    assert digests(batch).tobytes() == hashlib.sha256(cells).digest()


@pytest.mark.parametrize("rows", [1, 2, 63, 64, 65, 127, 129, 1000])
@pytest.mark.parametrize("unit", UNITS)
def test_rows_do_not_depend_on_those_beside_them(rows: int, unit: str) -> None:
    rng = np.random.default_rng(rows)
    texts = ["x" * length for length in rng.integers(0, 300, rows).tolist()]
    batch = pa.record_batch({"number": rng.normal(size=rows), "text": texts})
    alone = np.concatenate([digests(batch.slice(row, 1), unit) for row in range(rows)])
    np.testing.assert_array_equal(digests(batch, unit), alone)
    np.testing.assert_array_equal(alone, in_python(batch))


def test_every_nan_is_the_one() -> None:
    bits = np.array([0x7FF8000000000000, 0xFFF0DEADBEEF0001, 0x7FF0000000000001], dtype="u8")
    same(one(pa.array(bits.view("f8"))))
    same(one(pa.array(np.array([0x7FC00000, 0xFF800001], dtype="u4").view("f4"))))
    assert len({row.tobytes() for row in digests(one(pa.array(bits.view("f8"))))}) == 1


def test_zeros_of_both_signs_differ() -> None:
    first, second = digests(one(pa.array([0.0, -0.0])))
    assert first.tobytes() != second.tobytes()


@pytest.mark.parametrize("kind", [pa.large_string(), pa.large_binary()])
def test_offsets_of_eight_bytes_are_read(kind: pa.DataType) -> None:
    short = pa.string() if kind == pa.large_string() else pa.binary()
    cells = ["a", None, "", "bcd"] * 20
    long = one(pa.array(cells, short).cast(kind).slice(3, 60))
    np.testing.assert_array_equal(digests(long), in_python(one(long.column(0).cast(short))))


@pytest.mark.parametrize("start", range(18))
def test_bits_of_a_slice_are_read_from_its_own_start(start: int) -> None:
    cells = [True, None, False, False, None, True, True] * 5
    same(one(pa.array(cells).slice(start)))
    same(one(pa.array(cells, pa.bool_())).slice(start))


def test_columns_that_share_a_buffer_and_start_elsewhere_are_told_apart() -> None:
    whole = pa.array([1, None, 3, 4, None, 6])
    same(pa.record_batch([whole.slice(0, 4), whole.slice(1, 4), whole.slice(2, 4)], names=["a", "b", "c"]))


def test_a_batch_of_no_rows_has_no_digests() -> None:
    assert digests(one(pa.array([], pa.string()))).shape == (0, 32)
    assert row_digests(pa.record_batch([], names=[])).shape == (0, 32)


def test_wide_tables_and_long_texts_are_read() -> None:
    rng = np.random.default_rng(0)
    same(pa.record_batch({f"c{place:03}": rng.normal(size=70) for place in range(300)}))
    same(one(pa.array(["é" * 100_000, None, "a"])))


def test_a_type_without_canonical_bytes_is_refused_by_its_format() -> None:
    with pytest.raises(ValueError, match="tdD"):
        digests(one(pa.array([1], pa.int32()).cast(pa.date32())))
    with pytest.raises(ValueError, match="decoded"):
        digests(one(pa.array([1, 2]).dictionary_encode()))


def test_room_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="room"):
        _rows.digests(*one(pa.array([1])).__arrow_c_array__(), np.empty((2, 32), np.uint8))
