"""The page and the chart of an alias's history."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mxt.pages.histories import history_chart, history_page
from mxt.registries.aliases import Move
from mxt.reports.markdown import render


def test_the_figure_steps_to_each_version_when_it_came_and_lasts_until_now() -> None:
    steps = [(datetime(2026, 3, day, tzinfo=UTC), version) for day, version in ((1, 1), (5, 2), (9, None))]
    figure = Figure()
    history_chart("Champion", steps, datetime(2026, 3, 12, tzinfo=UTC)).draw(figure)
    axes = figure.axes[0]
    line, dots = axes.lines
    heights = np.asarray(line.get_ydata(), float)
    assert heights[:2].tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(heights[:3], np.asarray(dots.get_ydata(), float))
    assert np.isnan(heights[2:]).all()
    assert np.datetime_as_string(np.asarray(line.get_xdata())[-1], "D") == "2026-03-12"
    assert list(axes.get_yticks()) == [1.0, 2.0]


def test_a_move_is_one_row() -> None:
    columns = ["at", "from_version", "to_version", "how", "who", "why", "run"]
    row = ["2026-03-01T08:00:00Z", "", "1", "PromotionJob", "Dan", "a | b\n\nc", "r"]
    page = render(history_page(pd.DataFrame([row], columns=columns, index=[1])))
    assert "| 2026-03-01 08:00 UTC | none to 1 | PromotionJob | Dan | a \\| b c |" in page


def test_a_move_that_was_decided_and_not_made_is_listed_with_who_and_why() -> None:
    none = pd.DataFrame([], columns=["at", "from_version", "to_version", "how", "who", "why", "run"])
    move = Move("Champion", 1, 2, datetime(2026, 3, 1, 8, tzinfo=UTC), "Dan", "it is better", run_id="r")
    page = render(history_page(none, [(move, "its job was stopped")]))
    assert "| 2026-03-01 08:00 UTC | 1 to 2 | Dan | it is better | its job was stopped |" in page
    assert "Decided, and not made" not in render(history_page(none))
