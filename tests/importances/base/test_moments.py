"""Times in curves, rules and directions: as days in their order, and written as times again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mxt.importances.accumulated_effects import AccumulatedEffectsImportance
from mxt.importances.base.levels import levels_of
from mxt.importances.base.moments import ordered, written
from mxt.importances.partial_dependence import PartialDependenceImportance
from mxt.importances.shap import ShapImportance
from mxt.importances.surrogate_tree import SurrogateTreeImportance
from mxt.models.xgboost import XgboostRecipe

ROWS = 200
DAYS = pd.Series(pd.date_range("2025-01-01", periods=ROWS, freq="6h")).sample(frac=1, random_state=0)
TABLE = pd.DataFrame({"since": DAYS.to_numpy(), "x": np.random.default_rng(0).normal(size=ROWS)})
LATE = (TABLE["since"] > "2025-01-26") * 2.0
MODEL = XgboostRecipe(task="regression", dates="parts", trees=20, learning_rate=0.3).fit(
    TABLE, LATE.rename("t")
)


def test_times_have_the_levels_of_numbers_and_the_labels_of_times() -> None:
    levels = levels_of(TABLE["since"], 3, 30)
    assert levels.labels == ["2025-01-01", "2025-01-26", "2025-02-19 18:00:00"]
    assert levels.ordered
    gap = levels_of(TABLE["since"].head(3).mask(np.array([True, False, False])), 9, 30)
    assert gap.labels[-1] is None
    assert len(gap.labels) == 3


def test_a_time_comes_back_from_its_days() -> None:
    cells = pd.Series(pd.to_datetime(["1999-12-31 12:00", "2026-02-03 04:05"], format="mixed"))
    assert [written(days) for days in ordered(cells)] == ["1999-12-31 12:00:00", "2026-02-03 04:05:00"]
    pd.testing.assert_series_equal(ordered(TABLE["x"]), TABLE["x"])


def test_curves_follow_the_time() -> None:
    for importance in (PartialDependenceImportance(points=8), AccumulatedEffectsImportance(points=8)):
        (measured,) = MODEL.measure([importance], TABLE)
        assert measured.effects is not None
        curve = measured.effects[measured.effects["feature"] == "since"]
        assert curve["value"].is_monotonic_increasing
        assert curve["number"].isna().all()
        assert curve["effect"].iloc[-1] - curve["effect"].iloc[0] > 1.5
        assert measured.table is not None
        assert measured.table.set_index("feature").loc["since", "direction"] == "raises"


def test_the_direction_of_contributions_follows_the_time() -> None:
    (measured,) = MODEL.measure([ShapImportance()], TABLE)
    assert measured.table is not None
    assert measured.table.set_index("feature").loc["since", "direction"] == "raises"


def test_a_rule_names_a_time() -> None:
    (measured,) = MODEL.measure([SurrogateTreeImportance(depth=1)], TABLE)
    rules = str(measured.blocks)
    assert "since <= 2025-01-26" in rules
    assert "since > 2025-01-26" in rules
