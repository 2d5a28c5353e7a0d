"""Groups of rows: values, bins, spans of time, missing values, and columns that cannot be cut."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from mxt.datasets.groups import Grouping, crossed
from mxt.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.datasets.groups import Groups

Cells: TypeAlias = "Sequence[Any] | np.ndarray | pd.Series[Any]"


def cut(values: Cells, **fields: Any) -> Groups:
    return Grouping(column="part", **fields).groups(pd.DataFrame({"part": values}))


def groups(values: Cells, **fields: Any) -> list[str]:
    """The group of each row."""
    found = cut(values, **fields)
    return [found.labels[place] for place in found.of_rows]


def labels(values: Cells, **fields: Any) -> list[str]:
    """The groups in their order."""
    return cut(values, **fields).labels


def test_each_value_is_a_group_and_missing_is_the_last() -> None:
    assert groups(["b", None, "a", "b"]) == ["b", "missing", "a", "b"]
    assert labels(["b", None, "a", "b"]) == ["a", "b", "missing"]
    assert labels([10, 9, 10]) == ["9", "10"]
    assert labels([True, False]) == ["False", "True"]
    assert labels([None, None]) == ["missing"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([12.0, np.nan, 9.5], ["9.5", "12", "missing"]),
        (pd.Series([12, 9, None], dtype="Int64"), ["9", "12", "missing"]),
        (pd.Series([0.1, 12], dtype="float32"), ["0.1", "12"]),
        ([1_234_567.0, 1_234_568.0], ["1234567", "1234568"]),
        ([np.inf, 1.0, -np.inf], ["-inf", "1", "inf"]),
        ([2**60, 2**60 + 1], ["1152921504606846976", "1152921504606846977"]),
        ([Decimal("10.00"), Decimal("9.5")], ["9.5", "10"]),
        (pd.Series(["b", "a"], dtype="category"), ["a", "b"]),
        (["a", 10.0, 9], ["9", "10", "a"]),
    ],
)
def test_numbers_go_by_size_and_whole_ones_have_no_decimals(values: Any, expected: list[str]) -> None:
    assert labels(values) == expected


def test_values_that_are_written_alike_are_one_group() -> None:
    assert groups(["missing", None, "a"]) == ["missing", "missing", "a"]
    assert groups([1, "1", 1.0]) == ["1", "1", "1"]


def test_a_number_on_an_edge_belongs_to_the_group_above_it() -> None:
    assert groups([30.0, 29.9, np.nan, 61, 60], edges=(30.0, 60.0)) == [
        "30 to below 60",
        "below 30",
        "missing",
        "60 and above",
        "60 and above",
    ]
    assert groups([1, 2, 3], edges=(2.5,)) == ["below 2.5", "below 2.5", "2.5 and above"]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "Float32"])
def test_a_number_on_an_edge_belongs_to_the_group_above_it_whatever_its_precision(kind: str) -> None:
    cells = pd.Series([0.1, 0.3, 0.7], dtype=kind)
    assert groups(cells, edges=(0.1, 0.3, 0.7)) == ["0.1 to below 0.3", "0.3 to below 0.7", "0.7 and above"]


def test_a_group_between_edges_that_nobody_is_of_keeps_its_name() -> None:
    assert labels([30, None], edges=(10.0, 90.0)) == ["below 10", "10 to below 90", "90 and above", "missing"]


def test_edges_that_are_near_each_other_are_told_apart() -> None:
    assert len(set(labels([1.0, 2.0], edges=(1.00000001, 1.00000002)))) == 3


@pytest.mark.parametrize(("rows", "bins"), [(100, 4), (10, 3), (7, 7), (1000, 50)])
def test_bins_hold_as_many_rows_each(rows: int, bins: int) -> None:
    counts = Counter(groups(list(range(rows)), bins=bins)).values()
    assert len(counts) == bins
    assert max(counts) - min(counts) <= 1


def test_bins_are_named_like_edges() -> None:
    assert labels(list(range(100)), bins=4) == [
        "below 25",
        "25 to below 50",
        "50 to below 75",
        "75 and above",
    ]
    assert labels(pd.Series([0.1, 0.2], dtype="float32"), bins=2) == ["below 0.2", "0.2 and above"]


def test_ties_stay_in_one_bin_and_no_bin_is_empty() -> None:
    assert Counter(groups([0] * 60 + list(range(1, 41)), bins=4)) == {"below 16": 75, "16 and above": 25}
    assert groups([5, None, 5], bins=3) == ["any number", "missing", "any number"]
    assert groups([None, None], bins=3) == ["missing", "missing"]


@pytest.mark.parametrize("fields", [{}, {"bins": 7}, {"edges": (10.0, 20.5)}])
def test_the_order_of_rows_does_not_matter(fields: dict[str, Any]) -> None:
    values = np.random.default_rng(0).integers(0, 40, 500).astype(float)
    values[:20] = np.nan
    turned = np.random.default_rng(1).permutation(500)
    found, again = cut(values, **fields), cut(values[turned], **fields)
    assert found.labels == again.labels
    assert (found.of_rows[turned] == again.of_rows).all()


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("day", ["2025-01-31", "2025-02-01", "missing"]),
        ("week", ["2025-01-27/2025-02-02", "missing"]),
        ("month", ["2025-01", "2025-02", "missing"]),
        ("quarter", ["2025Q1", "missing"]),
        ("year", ["2025", "missing"]),
    ],
)
def test_times_fall_into_periods(period: str, expected: list[str]) -> None:
    texts = ["2025-02-01T10:00:00", "2025-01-31", None]
    assert labels(texts, period=period) == expected
    assert labels(pd.to_datetime(pd.Series(texts), format="ISO8601"), period=period) == expected
    assert groups([None, np.nan], period=period) == ["missing", "missing"]


def test_the_parts_are_the_rows_of_each_group() -> None:
    parts = {label: rows.tolist() for label, rows in cut(["b", "a", "b"]).parts()}
    assert parts == {"a": [False, True, False], "b": [True, False, True]}


def test_columns_cross_in_groups_that_occur() -> None:
    table = pd.DataFrame({"sex": ["f", "m", None, "f"], "senior": [0, 1, 1, 0]})
    found = crossed([Grouping(column=column).groups(table) for column in ("sex", "senior")])
    assert [found.labels[place] for place in found.of_rows] == [
        "f and 0",
        "m and 1",
        "missing and 1",
        "f and 0",
    ]
    assert found.name == "sex and senior"
    assert len(found.labels) == 3


@pytest.mark.parametrize(
    ("values", "fields", "words"),
    [
        (["a", "b"], {"bins": 2}, "'part' holds no numbers; leave out its `bins`"),
        ([True, False], {"edges": (1.0,)}, "'part' holds no numbers; leave out its `edges`"),
        (["soon", "2025-01-01"], {"period": "month"}, "1 values .* are no times in the form of ISO 8601"),
        ([1, 2], {"period": "month"}, "2 values .* are no times"),
    ],
)
def test_what_makes_no_groups_is_refused(values: Any, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        cut(values, **fields)
    assert "soon" not in str(caught.value)


@pytest.mark.parametrize("fields", [{"bins": 2}, {"edges": (1.0,)}])
@pytest.mark.parametrize("values", [["1", "2", "secret"], [1, 2.5, "secret"]])
def test_a_text_among_numbers_is_a_fault_of_the_table(values: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(
        DataError, match=r"^1 values of the column 'part' are no numbers, which its `"
    ) as caught:
        cut(values, **fields)
    assert "secret" not in str(caught.value)


MANY = [*("c" * 3), *("b" * 3), *"aa", *(f"t{number:02}" for number in range(48))]


def test_of_many_values_the_largest_twenty_are_groups_and_the_others_are_one() -> None:
    found = cut(MANY)
    assert found.labels == ["a", "b", "c", *(f"t{number:02}" for number in range(17)), "other (31 values)"]
    assert Counter(found.of_rows.tolist()) == {0: 2, 1: 3, 2: 3, **dict.fromkeys(range(3, 20), 1), 20: 31}
    assert found.note.startswith("The column 'part' has 51 values, more than 50: the 20 with most rows have")
    assert cut(MANY[:-1]).note == ""
    assert len(cut(MANY[:-1]).labels) == 50


def test_the_groups_of_many_values_do_not_depend_on_the_order_of_the_rows() -> None:
    backwards = cut(MANY[::-1])
    assert backwards.labels == cut(MANY).labels
    assert backwards.of_rows.tolist() == cut(MANY).of_rows.tolist()[::-1]


def test_the_group_of_the_others_bears_no_name_of_a_value_and_missing_is_the_last() -> None:
    found = cut([*MANY, "other (32 values)", "other (32 values)", "other (32 values)", None])
    assert found.labels[-3:] == ["t15", "all other (32 values)", "missing"]
    assert "other (32 values)" in found.labels


@pytest.mark.parametrize(
    ("values", "fields", "first"),
    [
        ([*range(60), 59], {}, "0"),
        (pd.date_range("2025-01-01", periods=60).astype(str), {"period": "day"}, "2025-01-01"),
    ],
)
def test_numbers_and_times_of_many_values_keep_their_order(
    values: Any, fields: dict[str, Any], first: str
) -> None:
    found = cut(values, **fields)
    assert (found.labels[0], found.labels[-1]) == (first, "other (40 values)")
    with pytest.raises(ConfigError, match=r"'part' makes 60 groups, more than 50; .*`bins`.*`period`"):
        found.refuse_many()


def test_an_absent_column_is_named_beside_those_that_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"No column 'part' to group rows by; the table has \['age', 'sex'\]"
    ):
        Grouping(column="part").groups(pd.DataFrame({"age": [1], "sex": ["f"]}))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"bins": 3, "period": "day"}, "one of bins, edges and period"),
        ({"edges": (60.0, 30.0)}, "edges must increase"),
        ({"edges": (30.0, 30.0)}, "edges must increase"),
        ({"edges": (30.0, np.nan)}, "finite number"),
        ({"edges": ()}, "at least 1 item"),
        ({"bins": 51}, "less than or equal to 50"),
    ],
)
def test_a_column_is_cut_one_way_that_makes_sense(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Grouping(column="part", **fields)
