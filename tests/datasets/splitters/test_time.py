"""The latest rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from contracts.test_splitters import TARGET, splitter, table
from mxt.errors import DataError


def test_the_latest_rows_are_held_out() -> None:
    parts = splitter("TimeSplitter").split(table(), TARGET)
    assert parts.train["tenure"].max() <= parts.test["tenure"].min()


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ([1.0, None, None, 4.0], "misses 2 of 4 times"),
        (["02/01/2024", "01/02/2024", "03/01/2024", "04/01/2024"], "neither times nor numbers"),
    ],
)
def test_times_that_cannot_be_put_in_order_are_refused(times: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        splitter("TimeSplitter").split(table(4).assign(tenure=times), TARGET)


def test_times_may_be_timestamps() -> None:
    rows = table().assign(
        tenure=lambda rows: pd.Timestamp("2024-01-01") + pd.to_timedelta(rows["tenure"], "D")
    )
    whole, dated = (splitter("TimeSplitter").split(part, TARGET).test for part in (table(), rows))
    assert list(whole.index) == list(dated.index)
