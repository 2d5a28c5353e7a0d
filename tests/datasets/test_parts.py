"""Cutting a table into parts."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mxt.datasets.parts import cut, pieces


@given(sizes=st.lists(st.integers(0, 9), max_size=9), rows=st.integers(1, 12))
def test_cuts_depend_on_the_rows_only(sizes: list[int], rows: int) -> None:
    numbers = list(range(sum(sizes)))
    batches, start = [], 0
    for size in sizes:
        batches.append(pa.record_batch({"x": pa.array(numbers[start : start + size], pa.int64())}))
        start += size
    found = list(cut(iter(batches), rows))
    assert [batch["x"].to_pylist() for batch in found] == [
        numbers[start : start + rows] for start in range(0, len(numbers), rows)
    ]


@given(sizes=st.lists(st.integers(1, 9), max_size=5), rows=st.integers(0, 30))
def test_pieces_have_the_sizes_given_until_the_rows_end(sizes: list[int], rows: int) -> None:
    batches = (pa.record_batch({"x": [row]}) for row in range(rows))
    cut_rows = [batch["x"].to_pylist() for batch in pieces(batches, sizes)]
    expected, first = [], 0
    for size in sizes:
        expected.append([*range(first, min(first + size, rows))])
        first += size
    assert cut_rows == [piece for piece in expected if piece]
    assert list(batches) == [] or sum(map(len, cut_rows)) == sum(sizes)
