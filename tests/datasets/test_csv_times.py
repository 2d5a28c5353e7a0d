"""Texts as times, by formats of their own."""

from __future__ import annotations

import itertools
from datetime import datetime

import pyarrow as pa
import pytest

from mxt.datasets.csv_times import is_time, odd_times, time_fields, time_types, times, with_times
from mxt.datasets.time_formats import COMMON
from mxt.errors import DataError

DAY = ("%d.%m.%Y",)
MOMENTS = [datetime(1969, 2, 28, 0, 5, 9), datetime(2024, 2, 29, 12, 0, 59), datetime(2068, 12, 1, 23, 59)]  # noqa: DTZ001 - times of a table have no zone


@pytest.mark.parametrize("form", [*COMMON, "%d %b %Y", "%B %d, %Y %I %p", "%Y%m%d%H%M%S", "%m.%Y"])
def test_cells_are_read_as_the_standard_library_reads_them(form: str) -> None:
    cells = [moment.strftime(form) for moment in MOMENTS]
    expected = [datetime.strptime(cell, form) for cell in cells]  # noqa: DTZ007 - as above
    assert times(pa.array([*cells, None]), [form]).to_pylist() == [*expected, None]


def test_blanks_unpadded_digits_and_iso_8601_are_read_beside_a_format() -> None:
    cells = pa.array([" 1.2.2024", "2024-02-01", "2024-02-01 10:30:00.5", None])
    day = datetime(2024, 2, 1)  # noqa: DTZ001 - as above
    assert times(cells, DAY).to_pylist() == [
        day,
        day,
        day.replace(hour=10, minute=30, microsecond=500_000),
        None,
    ]


@pytest.mark.parametrize("cell", ["31.02.2025", "29.02.2023", "31.12.25", "00.00.0000", "1.2.2024 x", ""])
def test_a_day_that_does_not_exist_is_no_time(cell: str) -> None:
    with pytest.raises(pa.ArrowInvalid):
        times(pa.array(["01.02.2024", cell]), DAY)
    assert odd_times(pa.array(["01.02.2024", None, cell]), DAY) == [cell]


def test_noon_and_midnight_are_told_apart() -> None:
    cells = [f"01/02/2024 {hour}:00 {half}" for half, hour in itertools.product(["am", "PM"], [12, 1, 11])]
    read = times(pa.array(cells), ["%m/%d/%Y %I:%M %p"]).to_pylist()
    assert [moment.hour for moment in read] == [0, 1, 11, 12, 13, 23]


def test_columns_of_which_all_cells_are_times_become_times() -> None:
    batch = pa.record_batch(
        {
            "day": ["01.02.2024", None],
            "text": ["01.02.2024", "x"],
            "none": pa.array([None, None], pa.string()),
        }
    )
    types = time_types(batch, DAY)
    assert types == {"day": pa.timestamp("us")}
    assert is_time(with_times(batch, types, DAY, "here").schema.field("day").type)
    with pytest.raises(DataError, match=r"^here: column 'text' .* 1 cell is no time .*: 'a'-like"):
        with_times(batch, {"text": pa.timestamp("us")}, DAY, "here")


def test_times_with_a_zone_stay_as_they_are() -> None:
    kinds = {"d": pa.date32(), "t": pa.timestamp("s"), "z": pa.timestamp("s", "UTC"), "n": pa.int64()}
    assert time_fields(pa.schema(kinds)) == dict.fromkeys("dt", pa.timestamp("us"))
