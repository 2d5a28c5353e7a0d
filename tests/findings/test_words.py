"""Values as people write them."""

from __future__ import annotations

import pytest
import yaml

from mxt.findings.words import count, in_yaml, interval, listed, number, p_value, share, shortened, stated


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "yes"),
        (False, "no"),
        (7043, "7,043"),
        (0.84961234, "0.8496"),
        (3.5e-06, "3.5e-06"),
        (95_000_000.0, "95,000,000"),
        ("", ""),
        ("churn", "churn"),
        ("two\nlines", "two lines"),
        ("2026-11-30T10:11:02Z", "2026-11-30 10:11 UTC"),
        ("2026-11-30T23:11:02+02:00", "2026-11-30 21:11 UTC"),
        ("2026-11-30", "2026-11-30"),
        ("0123456789abcdef" * 4, "0123456789ab…"),
    ],
)
def test_a_fact_is_stated_as_a_person_would(value: object, text: str) -> None:
    assert stated(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), ""),
        (0.0, "0"),
        (12345.6, "12,346"),
        (-98765.0, "-98,765"),
        (9999.0, "9999"),
        (1e20, "1e+20"),
    ],
)
def test_large_numbers_are_whole_and_those_beyond_have_an_exponent(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0, "< 0.001"), (0.00099, "< 0.001"), (0.001, "0.001"), (0.04567, "0.046"), (1.0, "1.000")],
)
def test_p_values_have_three_decimals_and_none_is_zero(p: float, text: str) -> None:
    assert p_value(p) == text


def test_an_interval_is_left_out_where_nobody_knows_it() -> None:
    nan = float("nan")
    assert interval(0.5, 0.25, 0.75) == "0.5 (0.25 to 0.75)"
    assert interval(0.5, nan, nan) == "0.5"
    assert interval(0.5, 0.25, nan) == "0.5 (0.25 to ?)"


def test_long_names_keep_their_ends_and_their_length() -> None:
    names = [f"{'column' * 50}{end}" for end in "ab"]
    short = [shortened(name) for name in names]
    assert {len(name) for name in short} == {60}
    assert short[0] != short[1], "names often differ at their ends"
    assert shortened("two\nlines") == "two lines"
    assert [len(shortened("x" * 300, most)) for most in (30, 31)] == [30, 31]


def test_counts_and_lists_read_as_sentences_do() -> None:
    assert (count(1, "row"), count(1409, "row"), count(0, "row")) == ("1 row", "1,409 rows", "0 rows")
    assert listed(["a", "b"]) == "a, b"
    assert listed([*"abcdefg"]) == "a, b, c, d, e and 2 more"
    assert (share(0.0123), share(float("nan"))) == ("1.2 %", "unknown")


@pytest.mark.parametrize(
    "names", [["tenure", "Größe", "a-b"], ["a [kg]", "x: y", "No", "12", "", 'q"uote', "null"]]
)
def test_names_are_written_so_that_yaml_reads_them_back(names: list[str]) -> None:
    assert yaml.safe_load(f"[{in_yaml(names)}]") == names
    assert in_yaml(["tenure", "Größe"]) == "tenure, Größe"


def test_a_name_with_blanks_at_an_end_is_shown_in_quotes() -> None:
    assert [shortened(text) for text in (" >50K", "Two  year", "line\n", "", "\u00a0x")] == [
        "' >50K'",
        "Two year",
        "line",
        "",
        "'\\xa0x'",
    ]
    assert listed([" age", "sex"]) == "' age', sex"
    assert stated(" >50K") == "' >50K'"
