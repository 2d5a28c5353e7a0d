"""How long a prediction takes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.errors import DataError
from mxt.stats.quantiles import quantile

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from mxt.stats.intervals import Interval

NANOSECONDS = 1_000_000
"""In a millisecond."""


@dataclass(frozen=True)
class Latency:
    """Quantiles of the time of a call, in milliseconds, each with an interval from order statistics.

    An end is NaN if there are too few calls for it: the upper end of `p99` needs 368 calls, the upper end of
    `p95` needs 72.
    """

    rows: int
    """How many rows a call predicts."""
    calls: int
    """How many calls were timed."""
    p50: Interval
    p95: Interval
    p99: Interval


def measure_latency(
    predict: Callable[[pd.DataFrame], object],
    inputs: pd.DataFrame,
    rows: int = 1,
    calls: int = 200,
    warm_up: int = 20,
) -> Latency:
    """Time calls of `predict`, one after the other.

    Args:
        predict: The function to time; its results are thrown away.
        inputs: Rows to predict: each call takes the next rows, and starts over at the end.
        rows: How many rows a call predicts.
        calls: How many calls are timed.
        warm_up: How many calls are made before, and not timed.

    Raises:
        DataError: There are fewer inputs than a call takes.
    """
    import numpy as np

    if not 0 < rows <= len(inputs):
        msg = f"A call of {rows} rows cannot be timed with {len(inputs)}; ask for fewer rows at once."
        raise DataError(msg)
    batches = len(inputs) // rows
    spent = np.empty(warm_up + calls)
    for call in range(warm_up + calls):
        start = (call % batches) * rows
        batch = inputs.iloc[start : start + rows]
        begun = time.perf_counter_ns()
        predict(batch)
        spent[call] = (time.perf_counter_ns() - begun) / NANOSECONDS
    timed = spent[warm_up:]
    return Latency(rows, calls, *(quantile(timed, share) for share in (0.50, 0.95, 0.99)))
