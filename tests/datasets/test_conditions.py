"""Conditions on rows, as one expression of Arrow."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from mxt.datasets.conditions import Condition, Sample, expression
from mxt.datasets.marks import Mark
from mxt.errors import DataError

TABLE = pa.table({"x": [1, 2, 3, None], "code": ["1", "02", None, "10"]})


def places(filters: list[Condition], **more: Any) -> list[int]:
    """The places of the rows that meet conditions."""
    rows = TABLE.append_column("place", pa.array(range(4)))
    return rows.filter(expression(filters, **more))["place"].to_pylist()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("x", "==", 2), [1]),
        (("x", "!=", 2), [0, 2]),
        (("x", "<=", 2), [0, 1]),
        (("x", "in", (1, 3)), [0, 2]),
        (("x", "in", 3), [2]),
        (("x", "not in", (1, 3)), [1]),
        (("code", "not in", "1"), [1, 3]),
    ],
)
def test_a_missing_cell_meets_no_condition(condition: Condition, expected: list[int]) -> None:
    assert places([condition]) == expected


def test_all_conditions_must_hold() -> None:
    assert places([("x", ">", 1), ("code", "!=", "10")]) == [1]
    assert expression([]) is None


def test_a_mark_keeps_the_rows_beyond_it_and_the_rows_without_a_cell() -> None:
    assert places([], mark=Mark("x", "number", 2)) == [2, 3]
    assert places([("code", "==", "10")], mark=Mark("x", "number", 2)) == [3]


def test_texts_are_compared_with_numbers_as_numbers() -> None:
    casts = {"code": pa.int64()}
    assert places([("code", "<", 9)], casts=casts) == [0, 1]
    assert places([("code", "in", (2, 10))], casts=casts) == [1, 3]
    assert places([("code", "<", "1")], casts=casts) == [1]


@pytest.mark.parametrize("content", [{"rows": 0}, {"rows": 1, "seed": -1}, {"rows": 1.5}, {}])
def test_a_sample_has_rows_and_a_seed(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Sample(**content)


def test_times_are_compared_with_texts_as_times() -> None:
    days = pa.table({"day": pa.array([0, 1, None], pa.date32())})

    def met(*condition: Any) -> list[Any]:
        return days.filter(expression([condition], times=["day"]))["day"].cast(pa.int32()).to_pylist()

    assert met("day", ">=", "1970-01-02") == [1]
    assert met("day", "<", "1970-01-01 00:00:01") == [0]
    assert met("day", "not in", ("1970-01-01", "1971-01-01")) == [1]
    for value in (5, "31.12.2025"):
        with pytest.raises(DataError, match="The filter on 'day' compares times with what is no time"):
            met("day", ">", value)
