"""Mean absolute contributions: a law with a known answer, and an interval that holds it often enough."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mxt.explainers.base import Explanation
from mxt.importances.base import Basis, rows_by_seed
from mxt.importances.base.tally import Tally
from mxt.importances.shap import ShapImportance
from mxt.predictors.function import FunctionPredictor

SLOPES = {"a": 2.0, "b": -1.0, "idle": 0.0}


def found(rows: int, seed: int) -> pd.DataFrame:
    """The importances of a line whose columns are normal; there contributions are slope times value."""
    inputs = pd.DataFrame(np.random.default_rng(seed).normal(size=(rows, 3)), columns=[*SLOPES])
    values = inputs.to_numpy() * [*SLOPES.values()]
    predictor = FunctionPredictor(lambda table: table["a"], [*SLOPES], [])
    explanation = Explanation(
        ids=inputs.index,
        columns=[*SLOPES],
        values=values[:, :, np.newaxis],
        base=np.zeros(1),
        prediction=values.sum(axis=1, keepdims=True),
        unit="target",
        outputs=[""],
        method="by hand",
    )
    table = (
        ShapImportance()
        .measure(Basis(predictor, inputs, Tally.of(explanation, inputs, rows_by_seed([]))))
        .table
    )
    assert table is not None
    return table.set_index("feature")


def test_the_interval_is_students_of_the_sizes() -> None:
    """The inputs of the seed are drawn again here."""
    sizes = np.abs(np.random.default_rng(4).normal(size=(60, 3)) * [*SLOPES.values()])
    table = found(60, 4)
    for place, name in enumerate(("a", "b")):
        low, high = stats.t.interval(0.95, 59, sizes[:, place].mean(), stats.sem(sizes[:, place]))
        row = [table.loc[name, part] for part in ("importance", "ci_low", "ci_high")]
        assert row == pytest.approx([sizes[:, place].mean(), low, high])


@pytest.mark.slow
def test_nineteen_intervals_of_twenty_hold_the_mean_size() -> None:
    """The mean size of a normal number is the root of 2 / pi."""
    tables = [found(80, seed) for seed in range(200)]
    for name in ("a", "b"):
        truth = abs(SLOPES[name]) * np.sqrt(2 / np.pi)
        held = [table.loc[name, "ci_low"] <= truth <= table.loc[name, "ci_high"] for table in tables]
        assert np.mean(held) == pytest.approx(0.95, abs=0.04)
        mean = np.mean([table.loc[name, "importance"] for table in tables])
        assert mean == pytest.approx(truth, rel=0.02)


def test_directions_follow_slopes_and_an_idle_column_has_no_size() -> None:
    table = found(80, 0)
    assert table["direction"].to_dict() == {"a": "raises", "b": "lowers", "idle": "varies"}
    assert table["share"].sum() == pytest.approx(1)
    assert (table.loc[["idle"], ["importance", "ci_low", "ci_high", "share"]] == 0).all(axis=None)


def test_one_row_has_no_interval() -> None:
    assert found(1, 0)[["ci_low", "ci_high"]].isna().all(axis=None)
