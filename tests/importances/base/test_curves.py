"""Partial dependence and accumulated local effects: laws with known answers, and scikit-learn as oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import partial_dependence
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mxt.importances.accumulated_effects import AccumulatedEffectsImportance
from mxt.importances.base import Basis
from mxt.importances.base.levels import levels_of
from mxt.importances.partial_dependence import PartialDependenceImportance
from mxt.predictors.function import FunctionPredictor
from mxt.predictors.sklearn import SklearnPredictor

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.importances.base import Importance

CHANCE = np.random.default_rng(0)
CURVES: list[Importance] = [PartialDependenceImportance(), AccumulatedEffectsImportance()]
EACH = pytest.mark.parametrize("importance", CURVES, ids=lambda importance: importance.KIND)


def subject(function: Callable[[pd.DataFrame], Any], inputs: pd.DataFrame) -> Basis:
    return Basis(FunctionPredictor(function, [*inputs.columns], []), inputs)


def effects(importance: Importance, of: Basis) -> pd.DataFrame:
    found = importance.measure(of).effects
    assert found is not None
    return found


def curve(importance: Importance, of: Basis, column: str) -> pd.DataFrame:
    table = effects(importance, of)
    return table[table["feature"] == column].reset_index(drop=True)


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    rows = 300
    return pd.DataFrame(
        {
            "x": CHANCE.normal(size=rows),
            "count": CHANCE.integers(0, 4, rows),
            "flag": CHANCE.random(rows) < 0.3,
            "kind": CHANCE.choice(["a", "b", "c"], rows),
            "size": pd.Categorical(CHANCE.choice(["S", "M", "L"], rows), ["S", "M", "L"], ordered=True),
            "maybe": pd.Series(CHANCE.integers(0, 9, rows), dtype="Int64").mask(CHANCE.random(rows) < 0.2),
            "text": pd.Series(CHANCE.choice(["u", "v"], rows), dtype="string").mask(
                CHANCE.random(rows) < 0.1
            ),
        },
    ).set_index(pd.Index([f"id-{row}" for row in range(rows)]))


TRUTH: dict[str, Callable[[pd.Series[Any]], Any]] = {
    "x": np.sin,
    "count": np.square,
    "flag": lambda cells: 2.0 * cells,
    "kind": lambda cells: cells.map({"a": 0.0, "b": 5.0, "c": 1.0}).astype(float),
    "size": lambda cells: cells.astype(str).map({"S": 0.0, "M": 1.0, "L": 4.0}).astype(float),
    "maybe": lambda cells: cells.astype(float).fillna(20.0),
    "text": lambda cells: cells.astype(object).map({"u": 0.0, "v": -2.0}).astype(float).fillna(7.0),
}


def additive(table: pd.DataFrame) -> np.ndarray:
    return np.sum([np.asarray(part(table[name]), dtype=float) for name, part in TRUTH.items()], axis=0)


@pytest.mark.parametrize("column", TRUTH)
@EACH
def test_the_curve_of_an_additive_function_is_its_part(
    importance: Importance, column: str, mixed: pd.DataFrame
) -> None:
    found = curve(importance, subject(additive, mixed), column)
    levels = levels_of(mixed[column], 20, 30)
    cells = mixed[column].iloc[levels.donors]
    truth = pd.Series(np.asarray(TRUTH[column](cells), dtype=float), pd.Index(levels.labels, dtype=object))
    wanted = [
        truth[text] if isinstance(text, str) else truth[truth.index.isna()].item() for text in found["value"]
    ]
    shift = found["effect"] - wanted
    np.testing.assert_allclose(shift, shift[0], atol=1e-9)
    if importance.KIND == "AccumulatedEffectsImportance":  # type: ignore[attr-defined] # every kind has one
        ends = [0, len(found) - 1] if column == "x" else []
        assert np.flatnonzero(found["ci_low"].isna()).tolist() == ends
        known = found.drop(index=ends)
        own = TRUTH[column](mixed[column])[mixed[column].notna() | (column == "text")]
        reach = stats.t.ppf(0.975, len(own) - 1) * np.std(own, ddof=1) / np.sqrt(len(own))
        np.testing.assert_allclose(known["ci_high"] - known["effect"], reach)
        np.testing.assert_allclose(known["effect"] - np.array(wanted)[known.index], -np.mean(own), atol=1e-9)


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


@pytest.fixture(scope="module")
def forest(mixed: pd.DataFrame) -> tuple[SklearnPredictor, pd.DataFrame]:
    inputs = mixed[["x", "count", "flag", "kind"]]
    target = pd.qcut(additive(mixed), 3, labels=["low", "mid", "top"]).astype(str)
    encoding = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    native = make_pipeline(encoding, RandomForestClassifier(20, max_depth=5, random_state=0))
    return SklearnPredictor(native.fit(inputs, target), []), inputs


def test_partial_dependence_is_that_of_scikit_learn(forest: Any) -> None:
    predictor, inputs = forest
    table = effects(PartialDependenceImportance(points=9), Basis(predictor, inputs))
    for column in ("x", "count", "kind"):
        found = table[table["feature"] == column]
        first = found[found["class"] == "low"]
        grid = (
            first["value"].to_numpy(object) if column == "kind" else levels_of(inputs[column], 9, 9).numbers
        )
        floats = inputs.astype({"count": float})
        oracle = partial_dependence(
            predictor.native, floats, [column], custom_values={column: grid}, kind="average"
        )
        own = found.pivot_table(index="class", columns="place", values="effect")
        np.testing.assert_allclose(own.to_numpy(), oracle["average"], atol=1e-9)


def test_the_interval_of_partial_dependence_is_that_of_a_mean(forest: Any) -> None:
    predictor, inputs = forest
    found = effects(PartialDependenceImportance(), Basis(predictor, inputs))
    row = found[(found["feature"] == "kind") & (found["class"] == "mid") & (found["value"] == "b")].iloc[0]
    answers = predictor.native.predict_proba(inputs.assign(kind="b"))[:, 1]
    reach = stats.t.ppf(0.975, 299) * answers.std(ddof=1) / np.sqrt(300)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([answers.mean() - reach, answers.mean() + reach])


def test_probabilities_of_all_classes_have_effects_that_cancel(forest: Any) -> None:
    predictor, inputs = forest
    found = effects(AccumulatedEffectsImportance(), Basis(predictor, inputs))
    assert [*found["class"].unique()] == ["low", "mid", "top"]
    summed = found.groupby(["feature", "place"])["effect"].sum()
    np.testing.assert_allclose(summed, 0, atol=1e-9)


@EACH
def test_curves_do_not_depend_on_the_order_of_rows(importance: Importance, forest: Any) -> None:
    predictor, inputs = forest
    few = importance.model_copy(update={"rows": 100})
    one, other = (effects(few, Basis(predictor, table)) for table in (inputs, inputs.iloc[::-1]))
    pd.testing.assert_frame_equal(one, other)
    seeded = few.model_copy(update={"seed": 1})
    assert not one["effect"].equals(effects(seeded, Basis(predictor, inputs))["effect"])


@EACH
def test_margins_may_be_asked_for(importance: Importance, mixed: pd.DataFrame) -> None:
    from sklearn.linear_model import LogisticRegression

    inputs = mixed[["x", "count"]]
    native = LogisticRegression().fit(inputs, additive(mixed) > np.median(additive(mixed)))
    of = Basis(SklearnPredictor(native, []), inputs)
    found = curve(importance.model_copy(update={"unit": "margin"}), of, "x")
    slopes = np.diff(found["effect"]) / np.diff(found["number"])
    np.testing.assert_allclose(slopes, native.coef_[0, 0], rtol=1e-9)
    assert set(found["unit"]) == {"margin"}


def test_a_number_has_quantiles_that_it_has_taken() -> None:
    column = pd.Series(np.random.default_rng(3).exponential(size=500))
    levels = levels_of(column, 5, 5)
    np.testing.assert_allclose(levels.numbers, np.quantile(column, np.linspace(0, 1, 5), method="nearest"))
    assert set(levels.numbers) <= {*column}
    assert levels.counts.sum() == 500


def test_only_the_most_frequent_categories_are_told() -> None:
    column = pd.Series(["a"] * 3 + ["b"] * 5 + ["c"] + ["d"] * 4)
    levels = levels_of(column, 5, 2)
    assert levels.labels == ["b", "d"]
    assert levels.of_rows.tolist() == [-1] * 3 + [0] * 5 + [-1] + [1] * 4


@EACH
@pytest.mark.parametrize("cells", [[None] * 30, [1.5] * 30, ["a"] * 30, [True] * 30])
def test_a_column_of_one_value_has_no_importance(importance: Importance, cells: list[Any]) -> None:
    inputs = pd.DataFrame({"same": cells, "x": np.arange(30.0)})
    found = importance.measure(subject(lambda table: table["x"], inputs))
    assert found.table is not None
    assert found.table.set_index("feature")["importance"].to_dict() == pytest.approx(
        {"x": found.table["importance"].max(), "same": 0}
    )
    assert found.effects is not None
    assert (found.effects["feature"] == "same").sum() == 1
