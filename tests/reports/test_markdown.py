"""Cells of tables: whatever a text holds, it ends no cell and begins no row."""

from __future__ import annotations

import re

import pytest

from mxt.criteria.base import Assessment
from mxt.reports.certification import summary
from mxt.reports.markdown import cell


def bars(line: str) -> int:
    """How many bars of a line end a cell: those that no backslash escapes, read from the left."""
    return re.sub(r"\\.", "", line).count("|")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("plain", "plain"),
        ("a|b", r"a\|b"),
        (r"a\|b", r"a\\\|b"),
        (r"C:\data", r"C:\data"),
        ("two\nlines  here", "two lines here"),
        (3, "3"),
    ],
)
def test_a_cell_ends_where_the_table_says(text: object, told: str) -> None:
    assert cell(text) == told
    assert bars(f"| {told} |") == 2


def test_no_text_of_an_assessment_breaks_its_row() -> None:
    odd = Assessment.unknown("accuracy|a", "at least 1 | 2", 3, "class 'a|b' has\n2 rows | and no more")
    page = summary("churn version 1", "INSUFFICIENT", [odd], "tomorrow")
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert len(table) == 3
    assert {bars(line) for line in table} == {8}
