"""Texts where times are expected."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa

from mxt.schemas.moments import hint, is_time, times_of


def test_texts_are_times_of_iso_8601_and_nothing_else() -> None:
    good = ["2024-02-29", "2024-02-29 10:30", "2024-02-29T10:30:00.25", "0001-01-01", "9999-12-31"]
    bad = ["2023-02-29", "29.02.2024", "2024", "20240229", "2024-02-29 10:30Z", "x", ""]
    times, others = times_of(pd.Series([*good, None, *bad], name="day"))
    assert others.tolist() == [False] * 6 + [True] * 7
    assert [str(time) for time in times.to_numpy()[:5]] == [str(np.datetime64(text, "us")) for text in good]
    assert times.isna().tolist() == [False] * 5 + [True] * 8


def test_a_hint_counts_texts_that_are_no_times_and_shows_shapes() -> None:
    assert hint(pd.Series(["2024-02-29", None])) == ""
    assert hint(pd.Series(["2024-02-29", None, "29.02.2024"])).startswith(
        "1 of 2 values is no time of ISO 8601: '99.99.9999'-like; a CsvReader"
    )


def test_times_with_a_zone_are_not_read_from_texts() -> None:
    assert is_time(pa.Column("datetime64[us]"))
    assert not is_time(pa.Column("datetime64[us, UTC]"))
    assert not is_time(pa.Column("str"))
    assert not is_time(pa.Column(None))
