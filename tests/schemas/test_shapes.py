"""Hints on numbers that came as texts: the separators they need, in words that show no cell."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from mxt.schemas.shapes import number_pattern, number_shape, shape


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,100", "9,999"),
        ("-1.234,5 €", "-9.999,9 €"),
        ("n/a", "a/a"),
        ("Äb٣", "aa9"),
        ("1\u202f100", "9\u202f999"),
        ("a\x00☃", "a~~"),
        ("7" * 30, "9" * 24 + "..."),
    ],
)
def test_a_shape_has_a_sign_for_each_digit_and_letter(text: str, expected: str) -> None:
    assert shape(text) == expected


WORD = "one text without digits"
ADD = "if it means missing, add its spelling to `missing`"


@pytest.mark.parametrize(
    ("values", "others", "advice"),
    [
        (
            ["1,100", "5", "20,300"],
            2,
            ["'9,999', '99,999'-like; set `thousands: ','` (or `decimal: ','`, if it starts a fraction)"],
        ),
        (["1,100", "12,5"], 2, ["'9,999', '99,9'-like; set `decimal: ','`"]),
        (["0,123", "5"], 1, ["'9,999'-like; set `decimal: ','`"]),
        (["1.234,5", "5", None], 1, ["'9.999,9'-like; set `decimal: ','` and `thousands: '.'`"]),
        (["1 100", 5], 1, ["'9 999'-like; set `thousands: ' '`"]),
        (["1\u202f100", 5], 1, ["'9\\u202f999'-like; set `thousands: ' '`"]),
        (["1\u2019100", 5], 1, ["'9\u2019999'-like; set `thousands: \"'\"`"]),
        (["1", "5%", "6"], 1, ["'9%'-like, which no separators explain; mend them in the source"]),
        (["secret"] * 2 + [1.0, 2.0], 2, [f"{WORD}; {ADD}"]),
        ([" ?", 1.0, 2.0], 1, [f"{WORD}, which begins or ends with a blank; {ADD}"]),
        ([" ", "  ", "1", "2"], 2, ['blanks; if they mean missing, set `missing: ["", " "]`']),
        (
            ["NA", "-", "1 100", "2"],
            3,
            [
                "'9 999'-like; set `thousands: ' '`",
                "2 of them 2 texts without digits; add the spellings that mean missing to `missing`",
            ],
        ),
    ],
)
def test_a_hint_counts_the_values_and_names_the_line_to_write(
    values: list[object], others: int, advice: list[str]
) -> None:
    hint = number_shape(values)
    assert hint is not None
    known = sum(value is not None for value in values)
    assert (hint.values, hint.others, [*hint.advice]) == (known, others, advice)


def test_the_sentence_names_the_column() -> None:
    hint = number_shape(["5%"] * 1 + ["7"] * 5959)
    assert hint is not None
    assert hint.sentence("LOAN").startswith("1 of 5,960 values of LOAN is no number: '9%'-like")


@pytest.mark.parametrize(
    "values",
    [
        ["12", "1e3", "-.5"],
        ["a", "b", "1"],
        [1, 2.5, np.nan],
        [None, pd.NA],
        [],
        ["2024-01-01", "2024-01-02"],
    ],
    ids=["numbers", "texts", "no texts", "missing", "nothing", "days"],
)
def test_numbers_and_texts_need_no_hint(values: list[object]) -> None:
    assert number_shape(values) is None


@pytest.mark.parametrize(
    "text", ["1,100", "1,234,567.5", "+1,100", "-1,100", "5", "1100", " 7 ", ".5", "2e3"]
)
def test_numbers_are_grouped_by_three_or_not_at_all(text: str) -> None:
    assert re.search(number_pattern(".", ","), text)


@pytest.mark.parametrize(
    "text", ["1,10", "1,1000", ",100", "01,100", "(1,100)", "$1,100", "1,100,", "1.5,000", ""]
)
def test_other_texts_are_no_numbers(text: str) -> None:
    assert not re.search(number_pattern(".", ","), text)
