"""The survey of a table: known columns, and what is said of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mxt.datasets.survey import ColumnSurvey, first_rows, named_like_id, signs, survey

ROWS = 40


def of(values: object, name: str = "column") -> ColumnSurvey:
    """The survey of one column."""
    return survey(pd.DataFrame({name: values}))[0]


def test_a_column_is_of_the_kind_that_its_values_are_of() -> None:
    days = pd.date_range("2026-01-01", periods=3)
    frame = pd.DataFrame(
        {
            "n": [1.5, None, 2.0],
            "t": ["a", "b", None],
            "d": days,
            "b": [True, False, True],
            "o": pd.Series([True, None, False], dtype=object),
            "nullable": pd.array([True, None, False], dtype="boolean"),
            "e": [None, None, None],
            "category": pd.Categorical([1, 2, 1]),
        }
    )
    kinds = {each.name: each.kind for each in survey(frame)}
    assert kinds == {
        "n": "numbers",
        "t": "texts",
        "d": "times",
        "b": "booleans",
        "o": "booleans",
        "nullable": "booleans",
        "e": "empty",
        "category": "numbers",
    }
    assert [(each.distinct, each.missing) for each in survey(frame)][:2] == [(2, 1), (2, 1)]


@pytest.mark.parametrize(
    ("values", "likeness"),
    [
        (["Yes", "No"], "boolean"),
        (["ja", "nein"], "boolean"),
        (["Yes", "No", "No phone service"], ""),
        (["1,100", "12", "n/a"], "number"),
        (["1.234,56", "-3,5"], "number"),
        (["12 %", "3 %"], "number"),
        (["007", "012", "100"], ""),
        (["2026-01-31", "2025-12-01 10:00"], "date"),
        (["31.01.2026", "1.2.25"], "date"),
        (["12/31/2025 10:30 PM", "01/02/2026 1:00 AM"], "date"),
        (["12345678901234567890", "12345678901234567891"], ""),
        (["Berlin", "Wien"], ""),
        ([20260131, 20251201], "date"),
        ([20260131, 20251301], ""),
        ([0, 1, 1], "boolean"),
        ([1990, 2020], ""),
    ],
)
def test_values_look_like_what_their_writer_meant(values: list[object], likeness: str) -> None:
    assert of(values).looks_like == likeness


def test_texts_that_stand_for_a_missing_value_are_counted_and_do_not_hide_the_others() -> None:
    column = of(["1,5", " ?", " ?", "", "2,25", "NA", None])
    assert column.absent == ((" ?", 2), ("", 1), ("NA", 1))
    assert (column.looks_like, column.decimal, column.missing) == ("number", ",", 1)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("customerID", [f"{row:04}-XY" for row in range(ROWS)]),
        ("Kunden-Nr", [f"{row:05}" for row in range(ROWS)]),
        ("account", [f"{10**19 + row}" for row in range(ROWS)]),
        ("rownames", range(1, ROWS + 1)),
        ("anything", np.random.default_rng(0).permutation(ROWS)),
        ("PassengerId", range(0, 3 * ROWS, 3)),
    ],
)
def test_a_column_that_numbers_the_rows_looks_like_an_id(name: str, values: object) -> None:
    column = of(values, name)
    assert (column.looks_like, column.differs) == ("id", True)


def test_measurements_and_free_texts_that_differ_in_every_row_look_like_no_id() -> None:
    free = of([f"a remark of {row} words" for row in range(ROWS)])
    measured, counted = of(np.arange(ROWS) + 0.5), of(np.arange(ROWS) ** 2)
    assert [(each.looks_like, each.differs) for each in (free, measured, counted)] == [
        ("", True),
        ("", False),
        ("", True),
    ]


def test_an_id_that_is_missing_or_repeated_does_not_differ_in_every_row() -> None:
    ids: list[str | None] = [f"c{row}" for row in range(ROWS)]
    assert not of([*ids, None], "id").differs
    assert not of([*ids, "c0"], "id").differs
    assert of([*ids, "c0"], "id").looks_like == ""
    assert not of(["a", "b"], "id").differs, "two rows say nothing"


def test_whole_numbers_without_gaps_are_consecutive() -> None:
    assert of([3, 1, 2]).consecutive
    assert not of([1, 2, 4]).consecutive
    assert not of([1, 2, 2]).consecutive
    assert of([1.0, 2.0, None]).whole


def test_leading_zeros_show() -> None:
    assert of(["00012", "123"]).padded
    assert not of(["0", "0.5"]).padded


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.234,56", "12,5"], (",", ".")),
        (["1,234.56", "12.5"], (".", ",")),
        (["1 234,5", "3"], (",", " ")),
        (["1,100", "2,300"], ("", ",")),
        (["1.234.567", "12"], ("", ".")),
        (["0,125", "0,250"], (",", "")),
        (["1234.125"], (".", "")),
        (["1'000.5"], (".", "'")),
        (["17", "4"], ("", "")),
    ],
)
def test_the_signs_within_numbers_are_told_apart(texts: list[str], expected: tuple[str, str]) -> None:
    assert signs(texts) == expected


def test_names_of_ids_are_known() -> None:
    assert all(map(named_like_id, ["id", "customerID", "user_id", "Unnamed: 0", "", "Kundennummer", "row"]))
    assert not any(map(named_like_id, ["paid", "valid", "grid", "age", "Casino", "piano", "brow"]))


def test_a_long_table_is_looked_at_by_its_first_rows() -> None:
    wide = pd.DataFrame(np.zeros((30_000, 50)))
    assert len(first_rows(wide)) == 20_000
    assert len(first_rows(wide.iloc[:, :1])) == 30_000
