"""The fingerprint: the same for the same content however it is stored, another for any other content."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts.stores import every_type, store, stores
from mxt.datasets.fingerprint import fingerprint, fingerprint_of, repeated, row_digests
from mxt.datasets.kernels import rows as kernels
from mxt.datasets.readers.parquet import ParquetReader
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def digest(*batches: pa.RecordBatch) -> str:
    """The digest of a table in batches."""
    return fingerprint(batches).digest


def column(cells: list[Any], kind: pa.DataType | None = None, name: str = "x") -> pa.RecordBatch:
    """A table of one column."""
    return pa.record_batch([pa.array(cells, kind)], names=[name])


def table(rows: int = 30) -> pa.RecordBatch:
    """A table of every type."""
    return pa.RecordBatch.from_pandas(every_type(rows), preserve_index=False)


def test_rows_and_columns_may_come_in_any_order() -> None:
    order = np.random.default_rng(0).permutation(30)
    assert digest(table().take(pa.array(order)).select(sorted(table().schema.names)[::-1])) == digest(table())


@pytest.mark.parametrize("size", [1, 7, 29])
def test_a_table_may_come_in_batches_of_any_size(size: int) -> None:
    assert digest(*(table().slice(start, size) for start in range(0, 30, size))) == digest(table())


@given(start=st.integers(0, 29), rows=st.integers(1, 30))
@settings(deadline=None, max_examples=40)
def test_a_slice_is_its_copy(start: int, rows: int) -> None:
    part = table().slice(start, rows)
    copy = pa.RecordBatch.from_pylist(part.to_pylist(), schema=part.schema)
    assert part.num_rows == 1 or any(array.offset for array in part.columns) == bool(start)
    assert digest(part) == digest(copy)


@pytest.mark.parametrize("size", [1, 7, 29])
def test_parts_may_be_digested_elsewhere(size: int) -> None:
    parts = [row_digests(table().slice(start, size)) for start in range(0, 30, size)]
    found = fingerprint_of(table().schema.names[::-1], parts[::-1])
    assert found == fingerprint([table()])


def test_nothing_compiled_changes_no_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = row_digests(table())
    monkeypatch.setattr(kernels, "available", lambda: False)
    np.testing.assert_array_equal(row_digests(table()), compiled)


def test_rows_like_one_before_are_counted() -> None:
    ids = row_digests(column([1, 2, 1, None, 1, None, 3]))
    assert repeated(lambda: [ids]) == repeated(lambda: [ids[4:], ids[:4]]) == 3
    assert repeated(lambda: [row_digests(table())]) == repeated(list) == 0


def test_digests_that_start_alike_are_told_apart() -> None:
    alike = np.repeat(row_digests(column([1])), 5, axis=0)
    alike[:4, 8] = range(100, 104)
    assert repeated(lambda: [alike[:3], alike[3:]]) == 0
    assert repeated(lambda: [alike, alike[:2]]) == 2


WHOLE = [1, None, -3, 100, 0]
TEXTS = ["a", None, "", "ü", "a"]


@pytest.mark.parametrize(
    ("cells", "one", "other"),
    [
        (WHOLE, pa.int64(), pa.int8()),
        (WHOLE, pa.int64(), pa.int32()),
        ([1, None, 100], pa.int64(), pa.uint64()),
        ([0.5, None, -2.0], pa.float64(), pa.float32()),
        ([0.5, None, -2.0], pa.float64(), pa.float16()),
        ([0.5, None, -2.0], pa.float64(), pa.decimal128(5, 2)),
        (TEXTS, pa.string(), pa.large_string()),
        (TEXTS, pa.string(), pa.string_view()),
        (TEXTS, pa.string(), pa.dictionary(pa.int8(), pa.string())),
        (TEXTS, pa.string(), pa.dictionary(pa.int64(), pa.large_string())),
        ([b"a", None, b""], pa.binary(), pa.large_binary()),
        ([86400, None, -86400], pa.timestamp("s"), pa.timestamp("ns")),
        ([86400, None, -86400], pa.timestamp("ms", "UTC"), pa.timestamp("us", "Europe/Paris")),
        ([None, None], pa.int64(), pa.null()),
        ([None, None], pa.string(), pa.bool_()),
    ],
)
def test_widths_and_encodings_do_not_matter(cells: list[Any], one: pa.DataType, other: pa.DataType) -> None:
    first = column(cells, one)
    cast = pa.nulls(len(cells)) if pa.types.is_null(other) else first.column(0).cast(other)
    assert digest(pa.record_batch([cast], names=["x"])) == digest(first)


def test_a_date_is_its_midnight() -> None:
    days = column([0, 19_000], pa.int32()).column(0).cast(pa.date32())
    midnights = column([0, 19_000 * 86_400], pa.timestamp("s"))
    assert digest(pa.record_batch([days], names=["x"])) == digest(midnights)


@pytest.mark.parametrize("name", stores())
def test_every_format_has_the_same_fingerprint(name: str, tmp_path: Path) -> None:
    place, frame = store(name, tmp_path), every_type(40)
    place.writer.write(frame)
    whole = pa.RecordBatch.from_pandas(frame.reset_index(), preserve_index=False)
    assert digest(*place.reader().arrow()) == digest(whole)


@pytest.mark.parametrize("by", [["part"], ["flag"], ["part", "flag"]])
def test_partitions_do_not_matter(by: list[str], tmp_path: Path) -> None:
    whole = pa.Table.from_pandas(every_type(40).assign(flag=[1, 0] * 20), preserve_index=False)
    ds.write_dataset(whole, tmp_path / "data", format="parquet", partitioning=by, partitioning_flavor="hive")
    assert digest(*ParquetReader(path=str(tmp_path / "data")).arrow()) == digest(*whole.to_batches())


ONES = [column([1]), column([1.0]), column(["1"]), column([True]), column([b"1"])]
ONES += [column([1], pa.timestamp("us")), column([None]), column([1], name="y"), column([1, 1]), column([""])]


def test_one_is_another_thing_in_each_type() -> None:
    assert len({digest(one) for one in ONES}) == len(ONES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": ["a"], "b": ["bc"]}, {"a": ["ab"], "b": ["c"]}),
        ({"a": ["a"], "b": [""]}, {"a": [""], "b": ["a"]}),
        ({"a": [None], "b": ["n"]}, {"a": ["n"], "b": [None]}),
        ({"a": ["n"], "b": ["n"]}, {"a": [None], "b": [None]}),
        ({"a": [""]}, {"a": [None]}),
        ({"a": [float("nan")]}, {"a": [None]}),
        ({"a": [0.0]}, {"a": [-0.0]}),
        ({"a": [1], "bc": [2]}, {"ab": [1], "c": [2]}),
        ({"a": [1], "b": [2]}, {"a": [2], "b": [1]}),
        ({"a": [1, 2], "b": [3, 4]}, {"a": [1, 2], "b": [4, 3]}),
        ({"a": ["x", "x", "y"]}, {"a": ["x", "y", "y"]}),
        ({"a": ["x", "y"]}, {"a": ["x", "y", "y"]}),
        ({"a": [1], "b": [None]}, {"a": [1]}),
        ({'a","b': [1]}, {"a": [1], "b": [1]}),
    ],
)
def test_tables_that_look_alike_are_told_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest(pa.RecordBatch.from_pydict(one)) != digest(pa.RecordBatch.from_pydict(other))


GREAT = ["12345678901234567.1", "12345678901234567.2", "12345678901234567", "12345678901234567000"]


def test_decimals_beyond_doubles_are_told_apart() -> None:
    kind = pa.decimal128(22, 2)
    tables = [pa.record_batch({"x": pa.array([cell, "1"]).cast(kind)}) for cell in GREAT]
    assert len({float(cell) for cell in GREAT[:3]}) == 1
    assert len({digest(each) for each in tables}) == len(GREAT)


@pytest.mark.parametrize(
    "kind", [pa.decimal32(7, 2), pa.decimal64(18, 2), pa.decimal128(38, 2), pa.decimal256(60, 2)]
)
def test_prices_are_the_same_as_decimals_and_as_doubles(kind: pa.DataType) -> None:
    cells = [place / 100 for place in range(-500, 5000)]
    prices = pa.array([f"{cell:.2f}" for cell in cells]).cast(pa.decimal128(38, 2)).cast(kind)
    assert digest(pa.record_batch([prices], names=["x"])) == digest(column(cells))


def test_decimals_in_batches_of_any_size() -> None:
    cells = pa.array([*GREAT, "0.30", None]).cast(pa.decimal128(22, 2))
    whole = pa.record_batch({"x": cells, "row": range(len(cells))})
    assert digest(*(whole.slice(row, 1) for row in range(len(cells)))) == digest(whole)
    compiled = row_digests(whole)
    np.testing.assert_array_equal(row_digests(whole.slice(2, 3)), compiled[2:5])


def test_every_nan_is_the_same() -> None:
    quiet, loud = (
        np.array([bits], dtype="u8").view("f8") for bits in (0x7FF8000000000000, 0xFFF0DEADBEEF0001)
    )
    assert np.isnan(loud).all()
    assert digest(column(list(quiet))) == digest(pa.record_batch([pa.array(loud)], names=["x"]))


CELLS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(allow_nan=False),
    pa.string(): st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    pa.bool_(): st.booleans(),
}


@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_any_changed_cell_changes_the_fingerprint(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=3))
    rows = data.draw(st.integers(1, 4))
    columns = [data.draw(st.lists(st.none() | CELLS[kind], min_size=rows, max_size=rows)) for kind in kinds]
    names = [f"c{place}" for place in range(len(kinds))]
    before = pa.record_batch(
        [pa.array(cells, kind) for cells, kind in zip(columns, kinds, strict=True)], names
    )
    place, row = data.draw(st.integers(0, len(kinds) - 1)), data.draw(st.integers(0, rows - 1))
    cell = data.draw(st.none() | CELLS[kinds[place]])
    assume(cell != columns[place][row])
    columns[place][row] = cell
    after = pa.record_batch(
        [pa.array(cells, kind) for cells, kind in zip(columns, kinds, strict=True)], names
    )
    assume(sorted(map(str, before.to_pylist())) != sorted(map(str, after.to_pylist())))
    assert digest(before) != digest(after)


def test_rows_are_counted_and_columns_named() -> None:
    found = fingerprint([table(30), table(12)])
    assert (found.rows, found.columns) == (42, tuple(sorted(table().schema.names)))
    assert len(found.digest) == 64


def test_parts_of_different_columns_are_refused() -> None:
    with pytest.raises(DataError, match="differ in their columns"):
        digest(column([1]), column([1], name="y"))


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([[1, 2]]),
        pa.array([{"canary": 1}]),
        pa.array([1], pa.time64("us")),
        pa.array([1], pa.duration("s")),
        pa.array([1_234_567_891], pa.timestamp("ns")),
    ],
)
def test_a_column_without_canonical_form_is_named(cells: pa.Array) -> None:
    with pytest.raises(DataError, match="'x'") as caught:
        digest(pa.record_batch([cells], names=["x"]))
    assert "1234567891" not in str(caught.value)


MEMORY = """
import resource, sys
import numpy as np, pyarrow as pa
from mxt.datasets.fingerprint import fingerprint, fingerprint_of, repeated, row_digests
from mxt.datasets.kernels import rows as kernels

def batches(rows):
    for start in range(0, rows, 10_000):
        text = [f"{number:0300}" for number in range(start, start + 10_000)]
        yield pa.record_batch({"number": np.arange(start, start + 10_000), "text": text})

fingerprint(batches(20_000))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = fingerprint(batches(300_000))
print(found.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_rows() -> None:
    ended = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    rows, grown = map(int, ended.stdout.split())
    # The texts alone are 90 MB; the row digests, which lie in a file, are 12 MB.
    assert rows == 300_000
    assert grown < 40_000 * (1024 if sys.platform == "darwin" else 1)


def test_pandas_and_arrow_agree_on_what_is_missing() -> None:
    frame = pd.DataFrame({"x": [1.0, None], "y": ["a", None]})
    batch = pa.RecordBatch.from_pydict({"x": [1.0, None], "y": ["a", None]})
    assert digest(pa.RecordBatch.from_pandas(frame, preserve_index=False)) == digest(batch)
