"""The answer and the page of a drift job."""

from __future__ import annotations

import math

import pandas as pd

from mxt.pages.drift import SHOWN, drift_answer, drift_page
from mxt.registries.versions import Pinned
from mxt.reports.markdown import render

VERSION = Pinned("churn", 3, "", "", {})


def comparisons(*rows: tuple[str, float, float, bool]) -> pd.DataFrame:
    """A table of comparisons: column, statistic, threshold, and whether the column has drifted."""
    table = pd.DataFrame(rows, columns=["column", "statistic", "threshold", "drifted"]).set_index("column")
    return table.assign(method="PsiDrift", p_value=math.nan)


def test_the_answer_counts_each_drifted_column_once() -> None:
    table = comparisons(("a", 1, 0.5, True), ("a", 2, 0.5, True), ("b", 0.1, 0.5, False))
    assert drift_answer(table, VERSION, 20, 1) == [
        "1 of 2 columns drifted; 1 column may: a; 20 rows beside the training of churn version 3."
    ]
    assert drift_answer(table.loc[["b"]], VERSION, 1, 0) == [
        "None of 1 column has drifted: 1 row beside the training of churn version 3."
    ]


def test_drifted_columns_come_first_each_group_by_its_distance_in_terms_of_the_threshold() -> None:
    table = comparisons(
        ("a", 0.3, 0.4, False), ("b", 0.5, 0.4, True), ("c", 0.8, 0.4, True), ("d", 0.2, 0.2, False)
    )
    rows = [line.split(" | ") for line in render(drift_page(table)).splitlines() if "PsiDrift" in line]
    assert [row[0] for row in rows] == ["| c", "| b", "| d", "| a"]
    assert rows[0][2:] == ["0.8", "0.4", "drifted |"]


def test_a_long_table_is_cut_and_the_page_says_so() -> None:
    table = comparisons(*((f"column {place}", 0.1, 0.2, False) for place in range(SHOWN + 2)))
    page = render(drift_page(table))
    assert f"{SHOWN} of {SHOWN + 2} comparisons are shown; drift.csv holds all." in page
    assert page.count("PsiDrift") == SHOWN
