"""A predictor of prepared columns: contributions of all that is made of a column are summed over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from contracts.test_recipes import EACH, recipe
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.explainers.tree import TreeExplainer
from mxt.models.base.model import Model
from mxt.models.xgboost import XgboostRecipe
from mxt.predictors.base.preparation import TIME_PARTS
from mxt.predictors.base.prepared import PreparedPredictor

CHANCE = np.random.default_rng(0)
ROWS = 120
MOMENTS = pd.Timestamp("2023-03-01") + pd.to_timedelta(CHANCE.integers(0, 500 * 24, ROWS), unit="h")
TABLE = pd.DataFrame(
    {
        "x": CHANCE.normal(size=ROWS),
        "when <utc>": pd.Series(MOMENTS).mask(CHANCE.random(ROWS) < 0.05),
        "empty": pd.Series([None] * ROWS, dtype="str"),
        "kind [kg]": CHANCE.choice(["u", "v"], ROWS),
    }
)
EVENING = TABLE["when <utc>"].dt.hour.fillna(0) > 12
TARGETS = pd.Series(np.where(TABLE["x"] + 2 * EVENING > 1, "Yes", "No"), name="t")


def fitted(name: str, **fields: Any) -> Model:
    return recipe(name, dates="parts", **fields).fit(TABLE, TARGETS).with_background(TABLE.head(40))


@pytest.mark.parametrize("calibration", [None, "sigmoid"])
@EACH
def test_contributions_of_source_columns_are_the_sums_of_those_of_the_parts(
    name: str, calibration: str | None
) -> None:
    model = fitted(name, calibration=calibration)
    predictor = model.predictor
    assert isinstance(predictor, PreparedPredictor)
    known = predictor.preparation.apply(TABLE)
    inner = Model(predictor.inner, known.head(40)).explain(known)
    outer = model.explain(TABLE)
    parts = inner.values[:, [column.startswith("when ") for column in inner.columns]].sum(axis=1)
    np.testing.assert_allclose(outer.values[:, outer.columns.index("when <utc>")], parts, atol=1e-9)
    np.testing.assert_array_equal(outer.values[:, outer.columns.index("empty")], 0)
    assert outer.columns == [*TABLE.columns]
    assert np.abs(outer.residual).max() < 1e-5
    assert np.abs(parts).mean() > 0.01


def test_tree_shap_of_xgboost_itself_gives_the_same_sums() -> None:
    model = fitted("XgboostRecipe")
    assert isinstance(model.predictor, PreparedPredictor)
    known = model.predictor.preparation.apply(TABLE)
    assert [*known.columns] == [
        "x",
        *(f"when _utc> {part}" for part in TIME_PARTS),
        "kind _kg_",
    ]
    own = model.predictor.inner.contributions(known)
    assert own is not None
    explanation = model.explain(TABLE)
    np.testing.assert_allclose(explanation.values[:, 1, 0], own.values[:, 1:6, 0].sum(axis=1), atol=1e-5)
    np.testing.assert_allclose(explanation.values[:, 3, 0], own.values[:, 6, 0], atol=1e-5)


def test_the_model_as_a_whole_is_described_in_source_columns() -> None:
    table = fitted("XgboostRecipe").explain_model(TABLE)
    gains = table[table["method"] == "gain"].set_index("feature")["importance"]
    assert {*gains.index} == {*TABLE.columns}
    assert gains["when <utc>"] > 0
    assert gains["empty"] == 0


def test_odd_names_change_no_number() -> None:
    signs = ['a "b"', "{c}", "d,e", "f<g", "[h]", "[h[", "i: ü", "tab\there", "K", "k"]
    plain = pd.DataFrame(CHANCE.normal(size=(60, len(signs))), columns=[f"x{n}" for n in range(len(signs))])
    targets = (plain["x3"] + plain["x5"] > 0).astype(int).rename("t")
    odd = plain.set_axis(signs, axis=1)
    one, other = (XgboostRecipe(trees=8).fit(table, targets) for table in (plain, odd))
    pd.testing.assert_frame_equal(one.predict(plain), other.predict(odd))
    np.testing.assert_array_equal(one.explain(plain).values, other.explain(odd).values)
    assert other.explain(odd).columns == signs
    for method, importances in one.predictor.importances.items():
        np.testing.assert_array_equal(importances, other.predictor.importances[method])


def test_parts_of_a_time_are_one_player_if_they_are_joint() -> None:
    """The reference queries the model for every set of source columns."""
    model = fitted("RandomForestRecipe").with_background(TABLE.head(12))
    joint = TreeExplainer(feature_perturbation="interventional", encoded="joint")
    known = model.explain(TABLE.head(5), EnumerationExplainer()).values
    np.testing.assert_allclose(model.explain(TABLE.head(5), joint).values, known, atol=1e-12)
