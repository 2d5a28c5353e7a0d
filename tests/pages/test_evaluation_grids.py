"""The tables of an evaluation's page: what misses its limits comes first, in words."""

from __future__ import annotations

import pandas as pd

from mxt.findings import Grid, Paragraph
from mxt.metrics.base import NO_LIMIT
from mxt.pages import evaluation_grids as grids


def test_scores_that_miss_their_limits_come_first_and_scores_without_limits_have_no_outcome() -> None:
    table = pd.DataFrame(
        {
            "score": [0.9, 0.8, 0.7],
            "low": [0.85, 0.75, 0.65],
            "high": [0.95, 0.85, 0.75],
            "limits": ["at least 0.5", NO_LIMIT, "at least 0.8"],
            "passed": [True, True, False],
            "rows": [1000, 1000, 1000],
        },
        index=["accuracy", "f1", "recall"],
    )
    assert grids.scores(table, {"recall": "late"}).rows == [
        ("recall of class late", "0.7 (0.65 to 0.75)", "at least 0.8", "missed", "1,000"),
        ("accuracy", "0.9 (0.85 to 0.95)", "at least 0.5", "kept", "1,000"),
        ("f1", "0.8 (0.75 to 0.85)", "no limit", "", "1,000"),
    ]


def test_a_demand_that_is_not_met_comes_first() -> None:
    table = pd.DataFrame(
        {
            "score": [0.9, 0.8],
            "baseline": [0.8, 0.9],
            "better_by": [0.1, -0.1],
            "better_by_low": [0.05, -0.15],
            "better_by_high": [0.15, -0.05],
            "demand": "not_surely_worse",
            "met": [True, False],
        },
        index=["accuracy", "f1"],
    )
    assert grids.comparison(table, {}).rows == [
        ("f1", "0.8", "0.9", "-0.1 (-0.15 to -0.05)", "not surely worse: not met"),
        ("accuracy", "0.9", "0.8", "0.1 (0.05 to 0.15)", "not surely worse: met"),
    ]


def test_of_many_cells_some_are_shown_broken_ones_first() -> None:
    cells = pd.MultiIndex.from_product([["plan"], [f"cell {place}" for place in range(50)]])
    table = pd.DataFrame(
        {
            "metric": "accuracy",
            "score": 0.5,
            "low": 0.4,
            "high": 0.6,
            "limits": "at least 0.45",
            "outcome": ["kept"] * 49 + ["broken"],
            "rows": 100,
        },
        index=cells,
    )
    paragraph, grid = grids.segments(table)
    assert isinstance(paragraph, Paragraph)
    assert paragraph.text.endswith("40 of 50 lines are shown; segments.csv holds all.")
    assert isinstance(grid, Grid)
    first = ("plan: cell 49", "accuracy", "0.5 (0.4 to 0.6)", "broken (at least 0.45)", "100")
    assert (grid.rows[0], len(grid.rows)) == (first, 40)


def test_slow_calls_come_first() -> None:
    table = pd.DataFrame(
        {
            "quantile": "p95",
            "milliseconds": [1.0, 9.0],
            "low": [0.9, 8.0],
            "high": [1.1, 10.0],
            "passed": [True, False],
        },
        index=[1, 1000],
    )
    assert grids.latency(table).rows == [
        ("1,000", "p95", "9 (8 to 10)", "missed"),
        ("1", "p95", "1 (0.9 to 1.1)", "kept"),
    ]
