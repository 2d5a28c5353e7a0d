"""Accumulated local effects: laws with known answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from importances.curves import TRUTH, additive, curve, effects, subject
from mxt.importances.accumulated_effects import AccumulatedEffectsImportance
from mxt.importances.base import Basis
from mxt.importances.partial_dependence import PartialDependenceImportance


@pytest.mark.parametrize("column", ["count", "flag", "kind", "size"])
def test_an_accumulated_effect_is_centred_on_the_rows(column: str, mixed: pd.DataFrame) -> None:
    found = curve(AccumulatedEffectsImportance(), subject(additive, mixed), column)
    assert (found["effect"] * found["n"]).sum() == pytest.approx(0, abs=1e-9)
    sizes = AccumulatedEffectsImportance().measure(subject(additive, mixed)).table
    assert sizes is not None
    told = sizes.set_index("feature").loc[column, "importance"]
    assert told == pytest.approx(np.std(TRUTH[column](mixed[column])))


def test_an_accumulated_effect_of_a_product_sums_the_mean_slopes_of_each_step() -> None:
    """For x * z, a row between two values of x adds its z times their gap (Apley and Zhu 2020, eq. 16)."""
    chance = np.random.default_rng(5)
    inputs = pd.DataFrame({"x": chance.normal(size=400), "whole": chance.integers(0, 3, 400)})
    inputs["z"] = inputs["x"] + chance.normal(size=400)
    of = subject(lambda table: (table["x"] + table["whole"]) * table["z"], inputs)
    found = effects(AccumulatedEffectsImportance(points=6), of)
    between = found[found["feature"] == "x"]
    steps = pd.cut(inputs["x"], between["number"], include_lowest=True)
    slopes = inputs["z"].groupby(steps, observed=False).mean().to_numpy()
    np.testing.assert_allclose(np.diff(between["effect"]), slopes * np.diff(between["number"]))
    levels = found[found["feature"] == "whole"]
    near = [inputs.loc[inputs["whole"].isin([step, step + 1]), "z"].mean() for step in (0, 1)]
    np.testing.assert_allclose(np.diff(levels["effect"]), near)


def test_rows_moved_to_the_extremes_of_a_number_decide_no_other_effect() -> None:
    """A model that is wild at the least and the greatest value, but for the two rows that have them."""
    inputs = pd.DataFrame(np.random.default_rng(6).normal(size=(200, 2)), columns=["x", "z"])
    ends = inputs.loc[[inputs["x"].idxmin(), inputs["x"].idxmax()]]

    def tame(table: pd.DataFrame) -> pd.Series[float]:
        return table["x"] * table["z"]

    def wild(table: pd.DataFrame) -> pd.Series[float]:
        return tame(table) + 1e6 * (table["x"].isin(ends["x"]) & ~table["z"].isin(ends["z"]))

    found, wanted = (curve(AccumulatedEffectsImportance(), subject(of, inputs), "x") for of in (wild, tame))
    assert np.abs(found["effect"] - wanted["effect"])[[0, 19]].min() > 1e5
    parts = ["effect", "ci_low", "ci_high"]
    np.testing.assert_allclose(found.loc[1:18, parts], wanted.loc[1:18, parts], atol=1e-6)


def test_only_accumulated_effects_hold_where_columns_depend_on_each_other() -> None:
    """The example of Apley and Zhu 2020, section 3: a model that is wild only where no row is."""
    x = np.random.default_rng(1).uniform(size=2000)
    inputs = pd.DataFrame({"a": x, "b": x + np.random.default_rng(2).normal(0, 0.02, 2000)})

    def model(table: pd.DataFrame) -> pd.Series[float]:
        far = (table["a"] - table["b"]).abs() > 0.3
        return table["a"] + table["b"] ** 2 + 10 * far

    near = curve(AccumulatedEffectsImportance(), subject(model, inputs), "a")
    wide = curve(PartialDependenceImportance(), subject(model, inputs), "a")
    of_line = [
        found["effect"] - found["effect"].mean() - found["number"] + found["number"].mean()
        for found in (near, wide)
    ]
    assert np.abs(of_line[0]).max() < 1e-9
    assert np.abs(of_line[1]).max() > 1


def test_probabilities_of_all_classes_have_effects_that_cancel(forest: Any) -> None:
    predictor, inputs = forest
    found = effects(AccumulatedEffectsImportance(), Basis(predictor, inputs))
    assert [*found["class"].unique()] == ["low", "mid", "top"]
    summed = found.groupby(["feature", "place"])["effect"].sum()
    np.testing.assert_allclose(summed, 0, atol=1e-9)
