"""What was read of a table: one line for any number of columns, and a section of the columns that matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mxt.datasets.survey import survey
from mxt.pages.surveys import MOST_ROWS, described, differing, section, summary
from mxt.reports.markdown import render

ROWS = 200
LONG = 300
"""Characters that the line may have, however many columns there are."""


def table(**columns: Any) -> pd.DataFrame:
    """A table of every kind of column."""
    several = {
        "age": [None, *range(1, ROWS)],
        "income": np.arange(ROWS) / 7,
        "contract": ["month", "year"] * (ROWS // 2),
        "town": [f"town {row % 120}" for row in range(ROWS)],
        "since": pd.date_range("2026-01-01", periods=ROWS),
        "active": [True, False] * (ROWS // 2),
        "nothing": [None] * ROWS,
    }
    return pd.DataFrame({**several, **columns})


def test_one_line_describes_the_columns() -> None:
    assert described(table(), ROWS) == (
        "2 numbers, 1 text of 2 values, 1 text of 120 values (town), 1 time, 1 boolean, "
        "1 without a value (nothing); 1 cell missing in age"
    )


def test_the_line_of_a_wide_table_stays_short() -> None:
    wide = pd.DataFrame({f"column {n}": [None, "a", f"{n}", *map(str, range(120))] for n in range(300)})
    line = described(wide, len(wide))
    assert line == (
        "300 texts of 121 to 122 values (column 0, column 1, column 2 and 297 more); "
        "300 cells missing in column 0, column 1, column 2 and 297 more"
    )
    assert len(line) < LONG


def test_rows_that_were_not_looked_at_are_no_secret() -> None:
    assert described(table().head(100), ROWS).endswith("; 1 cell missing in age (by the first 100 rows)")
    assert described(table(), None).endswith(" (by the first 200 rows)")


def test_no_cell_of_the_table_stands_in_the_line_or_on_the_page() -> None:
    cells = table(secret=[f"S-{row:05}" for row in range(ROWS)])
    columns = survey(cells)
    assert "S-00" not in summary(columns)
    assert "S-00" not in render(section(columns, ROWS).page)


def test_columns_that_number_the_rows_are_named() -> None:
    columns = survey(table(rownames=range(1, ROWS + 1), code=[f"c{row}" for row in range(ROWS)]))
    assert differing(columns) == ["rownames", "code"]


def test_a_page_lists_the_columns_and_a_file_has_all_of_them() -> None:
    findings = section(survey(table(rownames=range(ROWS), amount=["1,5", "?"] * (ROWS // 2))), ROWS)
    lines = [line for line in render(findings.page).splitlines() if line.startswith("| ")][2:]
    assert lines[0] == "| age | numbers | 199 | 1 |  |"
    assert lines[-2:] == [
        "| rownames | numbers | 200, another in each row |  | id |",
        "| amount | texts | 2 |  | number, 100 cells as if missing |",
    ]
    assert findings.tables["columns"].loc[["age"]].to_numpy().tolist() == [["numbers", 199, 1, ""]]


def test_the_page_of_a_wide_table_lists_the_columns_that_a_reader_should_look_at() -> None:
    wide = pd.DataFrame(np.full((3, 300), 7.5), columns=[f"n{n}" for n in range(300)])
    wide["n299"] = [1.0, None, 2.0]
    page = render(section(survey(wide), 6).page)
    rows = [line for line in page.splitlines() if line.startswith("| n")]
    assert len(rows) == MOST_ROWS
    assert "| n299 | numbers | 2 | 1 |  |" in rows
    assert "And 260 more columns: 260 numbers." in page
    assert "By 3 of 6 rows." in page
