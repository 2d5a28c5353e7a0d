"""The findings of a search: ranks, the sentence about the best trial, and the page."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from mxt.metrics.sklearn import SklearnMetric
from mxt.pages.trials import draw_trials, searched, shown, trials_page, trials_table
from mxt.reports.markdown import render
from mxt.searches.base.trials import Round, Trial

FEW, ALL = Round(50, (0.9, 0.7), 1.0), Round(100, (0.8, 0.6), 1.0)
TRIALS = [
    Trial(1, {"depth": 2}, (FEW,)),
    Trial(2, {"depth": 4}, (FEW, ALL)),
    Trial(3, {"depth": 8}, (FEW, Round(100, (0.85, 0.65), 1.0))),
    Trial(4, {"depth": None}, (Round(50, (math.nan, 0.5), 1.0),), failure="no memory"),
]
TABLE = trials_table(TRIALS, TRIALS[2], SklearnMetric(name="f1"), "late")


def test_trials_of_more_rounds_rank_first_then_better_scores_and_failed_trials_have_no_rank() -> None:
    assert TABLE["rank"].tolist()[:3] == [3, 2, 1]
    assert TABLE["rank"].isna().tolist() == [False, False, False, True]
    assert TABLE["best"].tolist() == [False, False, True, False]
    assert [TABLE["fold_1"][2], TABLE["fold_2"][2]] == [0.8, 0.6]


def test_the_sentence_names_the_best_trial_its_values_and_its_class() -> None:
    assert searched(TABLE, "RandomSearch", 2) == (
        "The best of 4 trials of RandomSearch is trial 3 (depth 8): f1 of the class late 0.75, with a "
        "standard deviation of 0.1 between 2 folds of the training rows."
    )


def test_the_page_counts_rivals_of_as_many_rounds_and_gives_the_reasons_of_failures() -> None:
    page = render(trials_page(TABLE))
    assert "within one standard deviation of the best: 1." in page, "trial 1 has fewer rounds"
    assert "| 1 | 3 | depth 8 | 0.7500 ± 0.1000 | 100 |" in page
    assert "- **trial 4**: no memory" in page


def test_the_chart_shows_scored_trials_the_best_as_a_star() -> None:
    figure = Figure()
    draw_trials(figure, TABLE)
    drawn = {
        line.get_marker(): np.size(line.get_xdata())
        for line in figure.axes[0].lines
        if line.get_marker() != "_"
    }
    assert drawn["*"] == 1
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["2", "4", "8"]


def test_a_field_left_out_is_null_as_in_a_config() -> None:
    assert [shown(cell) for cell in (None, math.nan, 0.00012345, "gini", 3)] == [
        "null",
        "null",
        "0.0001234",
        "gini",
        "3",
    ]
