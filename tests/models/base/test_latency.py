"""How long predictions take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.models.base.latency import measure_latency

if TYPE_CHECKING:
    from clocks import Clock

INPUTS = pd.DataFrame({"number": np.arange(10.0)})


def test_calls_take_the_next_rows_and_begin_again_at_the_end() -> None:
    asked: list[list[float]] = []
    found = measure_latency(
        lambda rows: asked.append(rows["number"].tolist()), INPUTS, rows=4, calls=3, warm_up=1
    )
    assert asked == [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 2, 3], [4, 5, 6, 7]]
    assert (found.rows, found.calls) == (4, 3)


def test_milliseconds_are_told_without_those_of_the_warm_up(clock: Clock) -> None:
    pauses = iter([200.0] * 2 + [0.001 * call for call in range(1, 101)])
    found = measure_latency(lambda _: clock.sleep(next(pauses)), INPUTS, calls=100, warm_up=2)
    assert (found.p50.estimate, found.p50.low, found.p50.high) == pytest.approx((50.5, 40, 61))
    assert (found.p95.estimate, found.p99.estimate) == pytest.approx((95.05, 99.01))
    assert np.isnan(found.p99.high)


@pytest.mark.parametrize("rows", [0, 11])
def test_a_batch_larger_than_the_table_is_refused(rows: int) -> None:
    with pytest.raises(DataError, match=f"A call of {rows} rows cannot be timed with 10"):
        measure_latency(lambda _: None, INPUTS, rows=rows)
