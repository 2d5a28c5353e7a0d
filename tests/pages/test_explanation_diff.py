"""The page of an explanation diff: one row for each group, whatever the labels say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mxt.findings import Grid
from mxt.pages.explanation_diff import TITLES, diff_answer, diff_page, diff_table
from mxt.stats.intervals import Interval

MEASURED = {name: Interval(np.array(0.2), np.array(0.1), np.array(0.3)) for name in TITLES}


def roles(*columns: str) -> pd.DataFrame:
    """Columns whose roles are as they were."""
    numbers = dict.fromkeys(("share_before", "share_after", "change", "ci_low", "ci_high"), 0.1)
    return pd.DataFrame({"column": columns, **numbers, "both_versions": True, "exchanged_with": ""})


def test_groups_of_one_label_have_a_row_each() -> None:
    found = [
        ("", "all rows", 200, MEASURED),
        ("tenure", "up to 12", 90, MEASURED),
        ("tenure", "up to 12", 9, None),
    ]
    page = diff_page(diff_table(found), roles("tenure"), 3, "log-odds")
    groups = next(block for block in page.blocks if isinstance(block, Grid))
    share = "20.0% (10.0% to 30.0%)"
    assert [row[:2] for row in groups.rows] == [
        ("all rows (200 rows)", share),
        ("tenure: up to 12 (90 rows)", share),
        ("tenure: up to 12 (9 rows)", "insufficient"),
    ]


def test_the_answer_says_how_much_has_changed_or_why_nobody_knows() -> None:
    enough, few = (
        diff_table([("", "all rows", rows, measured)]).set_index("measure")
        for rows, measured in ((200, MEASURED), (9, None))
    )
    changed = "decides 20.0 % of 200 rows otherwise than churn version 1, and 20.0 % for other reasons."
    assert diff_answer(enough, "churn version 2", "churn version 1", "", ["sign_flips (at most 0.1)"]) == [
        f"churn version 2 {changed}",
        "Limits that it misses: sign_flips (at most 0.1).",
    ]
    assert diff_answer(few, "churn version 2", "churn version 1", "too few rows", []) == [
        "churn version 2 cannot be compared with churn version 1: too few rows."
    ]
