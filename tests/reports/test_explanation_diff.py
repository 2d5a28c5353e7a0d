"""The page of an explanation diff: one row for each group, whatever the labels say."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from mxt.reports.explanation_diff import TITLES, diff_summary, diff_table
from mxt.stats.intervals import Interval

TOLD = {name: Interval(np.array(0.2), np.array(0.1), np.array(0.3)) for name in TITLES}
FACTS = {"model_uri": "models:/churn/2", "baseline_uri": "models:/churn/1", "unit": "log-odds"}


def rows_of(page: str, head: str) -> list[str]:
    """The lines of the table under a head."""
    lines = page.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {head} |"))
    return lines[start : next(place for place in range(start, len(lines)) if not lines[place].strip())]


def roles(*columns: str) -> pd.DataFrame:
    """Columns whose roles are as they were."""
    numbers = dict.fromkeys(("share_before", "share_after", "change", "ci_low", "ci_high"), 0.1)
    return pd.DataFrame({"column": columns, **numbers, "both_versions": True, "exchanged_with": ""})


def test_groups_of_one_label_have_a_row_each() -> None:
    found = [("", "all rows", 200, TOLD), ("tenure", "up to 12", 90, TOLD), ("tenure", "up to 12", 9, None)]
    table = rows_of(diff_summary(diff_table(found), roles("tenure"), FACTS, 3), "segment")[2:]
    counts = [[text.strip() for text in line.strip("|").split("|")][:4] for line in table]
    told = "20.0%<br>10.0% to 30.0%"
    assert counts == [
        ["-", "all rows", "200", told],
        ["tenure", "up to 12", "90", told],
        ["tenure", "up to 12", "9", "insufficient"],
    ]


def test_no_label_breaks_its_row() -> None:
    found = [("", "all rows", 200, TOLD), ("plan|tariff", "a|b", 90, TOLD)]
    page = diff_summary(diff_table(found), roles("plan|tariff"), {**FACTS, "inputs": "data/a|b.csv"}, 3)
    for head, cells in (("segment", 3 + len(TITLES)), ("column", 5), ("what", 2)):
        bars = {re.sub(r"\\.", "", line).count("|") for line in rows_of(page + "\n", head)}
        assert bars == {cells + 1}
