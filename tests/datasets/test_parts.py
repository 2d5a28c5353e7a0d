"""Cutting a table into parts."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mxt.datasets.parts import cut


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
