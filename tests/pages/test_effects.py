"""Figures of curves: a chart a column, the missing value beside the numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mxt.importances.accumulated_effects import AccumulatedEffectsImportance
from mxt.importances.base import Basis
from mxt.importances.partial_dependence import PartialDependenceImportance
from mxt.pages.effects import effects_charts
from mxt.predictors.function import FunctionPredictor

CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame(
    {
        "gaps": pd.Series(CHANCE.normal(size=80)).mask(CHANCE.random(80) < 0.2),
        "text": CHANCE.choice(["short", "a very long category", "c"], 80),
        "empty": [np.nan] * 80,
        **{f"n{place}": CHANCE.normal(size=80) / (place + 1) for place in range(9)},
    }
)


@pytest.mark.parametrize("importance", [PartialDependenceImportance(), AccumulatedEffectsImportance()])
def test_the_leading_columns_are_drawn_with_their_intervals(
    importance: PartialDependenceImportance | AccumulatedEffectsImportance,
) -> None:
    def function(table: pd.DataFrame) -> pd.Series[float]:
        numbers = table.filter(like="n").sum(axis=1)
        return numbers + 3 * (table["text"] == "c") + 4 * table["gaps"].fillna(5)

    effects = importance.measure(Basis(FunctionPredictor(function, [*INPUTS], []), INPUTS)).effects
    assert effects is not None
    figure, (chart,) = Figure(), effects_charts(effects).values()
    chart.draw(figure)
    shown = {axes.get_title(): axes for axes in figure.axes if axes.get_visible()}
    assert len(shown) == 9
    assert "empty" not in shown
    ticks = [tick.get_text() for tick in shown["text"].get_xticklabels()]
    assert sorted(ticks) == ["a very l…ategory", "c", "short"]
    line = shown["gaps"].get_lines()[0]
    known = effects[(effects["feature"] == "gaps") & effects["number"].notna()]
    np.testing.assert_allclose(np.asarray(line.get_ydata()), known["effect"])
    missing = "missing" in [tick.get_text() for tick in shown["gaps"].get_xticklabels()]
    assert missing == isinstance(importance, PartialDependenceImportance)
