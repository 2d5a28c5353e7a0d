"""Formats of times: which are taken, which contradict each other, and which one texts are written in."""

from __future__ import annotations

import re

import pytest

from mxt.datasets.time_formats import COMMON, advice, contradiction, formats_of, known_format, pattern


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("day", "has no directive, such as %d"),
        ("%d.%m", "needs one year"),
        ("%Y", "needs one month"),
        ("%d.%m.%Y %Q", "has '%Q', and may have %d, %m"),
        ("%d.%m.%Y%", "has '%', and may have"),
        ("%d.%m.%Y %z", "times with a zone are read if they are written as ISO 8601"),
        ("%d.%d.%m.%Y", "has '%d' twice"),
        ("%d.%m.%Y %I:%M", "needs %p beside %I"),
        ("%d.%m.%Y %H:%S", "a part of an hour without the larger ones"),
    ],
)
def test_a_format_that_no_cell_can_be_read_by_is_refused(form: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        known_format(form)


def test_common_formats_are_known_and_none_of_them_is_another_with_a_blank() -> None:
    assert [known_format(form) for form in COMMON] == [*COMMON]
    assert len({*COMMON}) == len(COMMON)


def test_formats_that_read_one_cell_as_two_days_contradict_each_other() -> None:
    assert "a cell may fit both '%d/%m/%Y' and '%m/%d/%Y'" in contradiction(["%d/%m/%Y", "%m/%d/%Y"])
    assert "contradicts ISO 8601" in contradiction(["%Y-%d-%m %H:%M"])
    assert contradiction(["%d.%m.%Y", "%m/%d/%Y", "%d.%m.%y", "%d.%m.%Y %H:%M", "%Y-%m-%d"]) == ""


def test_digits_are_padded_where_no_sign_parts_them() -> None:
    assert re.match(pattern("%Y%m%d"), "20251231")
    assert not re.match(pattern("%Y%m%d"), "2025111")
    assert re.match(pattern("%d.%m.%Y"), "1.1.2025")
    assert not re.match(pattern("%d.%m.%Y"), "1x1x2025")


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["05.06.2024"], ("%d.%m.%Y",)),
        (["05.06.2024", "12.31.2024"], ("%m.%d.%Y",)),
        (["5/6/2024", "13/6/2024"], ("%d/%m/%Y",)),
        (["5/6/2024", "6/13/2024"], ("%m/%d/%Y",)),
        (["5/6/24"], ("%d/%m/%y", "%m/%d/%y")),
        (["2025/12/31"], ("%Y/%m/%d",)),
        (["31.12.2025 10:00"], ("%d.%m.%Y %H:%M",)),
        (["12/31/2025 10:00 PM"], ("%m/%d/%Y %I:%M %p",)),
        (["31.02.2025"], ()),
        (["x", "31.12.2025"], ()),
        ([], ()),
    ],
)
def test_days_and_months_are_told_apart_by_a_number_above_12(
    texts: list[str], formats: tuple[str, ...]
) -> None:
    assert formats_of(texts) == formats


def test_a_few_texts_may_be_no_days() -> None:
    texts = [f"{day:02}.12.2025" for day in range(1, 28)]
    assert formats_of([*texts, "31.02.2025"], enough=0.9) == ("%d.%m.%Y",)
    assert formats_of([*texts, "31.02.2025"]) == ()


def test_the_line_to_write_leaves_the_choice_that_no_cell_decides() -> None:
    assert advice(["%d.%m.%Y"]) == 'set `time_formats: ["%d.%m.%Y"]` in `inputs`'
    first, second = '`time_formats: ["%d/%m/%y"]`', '`time_formats: ["%m/%d/%y"]`'
    assert advice(formats_of(["5/6/24"])) == (
        f"set {first} if the day comes first, {second} if the month does in `inputs`"
    )
    assert advice(["%m/%d/%Y"], known=["%d.%m.%Y"]) == 'add to `time_formats` "%m/%d/%Y"'
