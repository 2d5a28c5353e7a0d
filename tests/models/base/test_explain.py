"""`mxt.explain`: any model, any table, laws with known answers, and shap's plots of the answer."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shap
import xgboost
from matplotlib import pyplot as plt
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

import mxt
from mxt.errors import DataError, ModelError
from mxt.explainers.auto import AutoExplainer
from mxt.explainers.permutation import PermutationExplainer
from mxt.models import Model
from mxt.predictors.base.library import predictor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = 80


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    chance = np.random.default_rng(0)
    table = {"a": chance.normal(size=ROWS), "kind": chance.choice(["x", "y", "z"], ROWS)}
    table["b"] = chance.integers(0, 5, ROWS).astype(float)
    return pd.DataFrame(table, index=pd.Index([f"row {place}" for place in range(ROWS)]))


@pytest.fixture(scope="module")
def score(rows: pd.DataFrame) -> pd.Series[float]:
    return rows["a"] + rows["b"] + 2 * (rows["kind"] == "x")


def pipeline(model: Any) -> Pipeline:
    return make_pipeline(make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough"), model)


@pytest.fixture(scope="module")
def two(rows: pd.DataFrame, score: pd.Series[float]) -> Pipeline:
    return pipeline(xgboost.XGBClassifier(n_estimators=10, max_depth=3)).fit(rows, score > 3)


@pytest.fixture(scope="module")
def three(rows: pd.DataFrame, score: pd.Series[float]) -> Pipeline:
    labels = pd.qcut(score, 3, labels=["low", "mid", "high"]).astype(str)
    return pipeline(RandomForestClassifier(10, random_state=0)).fit(rows, labels)


@pytest.fixture
def pyplot() -> Iterator[Any]:
    mpl.use("Agg")
    yield plt
    plt.close("all")


PLOTS: dict[str, Callable[[Any], Any]] = {
    "beeswarm": lambda found: shap.plots.beeswarm(found, show=False),
    "waterfall": lambda found: shap.plots.waterfall(found[0], show=False),
    "force": lambda found: shap.plots.force(found[0], matplotlib=True, show=False),
    "bar": lambda found: shap.plots.bar(found, show=False),
    "scatter": lambda found: shap.plots.scatter(found[:, "a"], color=found, show=False),
    "scatter of texts": lambda found: shap.plots.scatter(found[:, "kind"], show=False),
    "heatmap": lambda found: shap.plots.heatmap(found, show=False),
}


@pytest.mark.parametrize("plot", PLOTS)
def test_shaps_plots_draw_an_explanation_of_two_classes(
    plot: str, two: Pipeline, rows: pd.DataFrame, pyplot: Any
) -> None:
    PLOTS[plot](mxt.explain(two, rows))
    assert pyplot.gcf().axes[0].has_data()


@pytest.mark.parametrize("plot", PLOTS)
def test_shaps_plots_draw_each_class_of_several(
    plot: str, three: Pipeline, rows: pd.DataFrame, pyplot: Any
) -> None:
    PLOTS[plot](mxt.explain(three, rows)[:, :, "mid"])
    assert pyplot.gcf().axes[0].has_data()


def test_what_is_drawn_is_what_was_explained(two: Pipeline, rows: pd.DataFrame) -> None:
    found = mxt.explain(two, rows)
    assert isinstance(found, shap.Explanation)
    assert found.feature_names == ["a", "kind", "b"]
    assert found.data[:, 1].tolist() == rows["kind"].tolist()
    np.testing.assert_array_equal(found.values, found.explanation.values[:, :, 0])
    np.testing.assert_allclose(
        found.base_values + found.values.sum(axis=1),
        two[-1].predict(two[:-1].transform(rows), output_margin=True),
        atol=1e-5,
    )


def test_it_keeps_ids_unit_and_method(two: Pipeline, rows: pd.DataFrame) -> None:
    explanation = mxt.explain(two, rows).explanation
    assert explanation.ids.equals(rows.index)
    assert explanation.unit == "log-odds"
    assert np.abs(explanation.residual).max() < 1e-5


def test_a_class_cut_out_of_several_is_that_class_and_no_longer_tells_of_all(
    three: Pipeline, rows: pd.DataFrame
) -> None:
    found = mxt.explain(three, rows)
    one = found[:, :, "mid"]
    assert found.output_names == ["high", "low", "mid"]
    np.testing.assert_allclose(
        one.base_values + one.values.sum(axis=1), three.predict_proba(rows)[:, 2], atol=1e-9
    )
    assert not hasattr(one, "explanation")
    assert copy.deepcopy(found).explanation.outputs == found.output_names


def test_a_pipeline_is_explained_in_the_values_of_its_model(
    rows: pd.DataFrame, score: pd.Series[float]
) -> None:
    model = pipeline(LinearRegression()).fit(rows, score)
    found = mxt.explain(model, rows, background=rows)
    for place, part in enumerate([rows["a"], 2.0 * (rows["kind"] == "x"), rows["b"]]):
        np.testing.assert_allclose(found.values[:, place], part - part.mean(), atol=1e-9)


def test_models_tables_and_functions_of_all_sorts_give_the_same(
    rows: pd.DataFrame, score: pd.Series[float]
) -> None:
    numbers = rows[["a", "b"]]
    model = xgboost.XGBRegressor(n_estimators=10, max_depth=2).fit(numbers, score)
    wanted = mxt.explain(model, numbers)
    served = predictor_of(model, [], [])
    for given in (model.get_booster(), served, Model(served)):
        np.testing.assert_array_equal(mxt.explain(given, numbers).values, wanted.values)
    for table in (numbers.to_numpy(), pa.Table.from_pandas(numbers), rows):
        np.testing.assert_array_equal(mxt.explain(model, table).values, wanted.values)
    assert mxt.explain(model, numbers.to_numpy()).feature_names == ["a", "b"]
    np.testing.assert_array_equal(mxt.explain(model, numbers.iloc[0]).values, wanted.values[:1])


@pytest.mark.parametrize("as_array", [True, False])
def test_a_function_gets_a_table_of_the_sort_that_is_given(*, as_array: bool, rows: pd.DataFrame) -> None:
    numbers = rows[["a", "b"]]
    given = numbers.to_numpy() if as_array else numbers
    first = (lambda table: 2 * table[:, 0]) if as_array else (lambda table: 2 * table["a"])
    found = mxt.explain(first, given, background=given[:50])
    centred = 2 * (numbers["a"] - numbers["a"][:50].mean())
    np.testing.assert_allclose(found.values, np.column_stack([centred, np.zeros(ROWS)]), atol=1e-12)


def test_a_table_without_rows_has_an_explanation_without_rows(two: Pipeline, rows: pd.DataFrame) -> None:
    whole, none = mxt.explain(two, rows), mxt.explain(two, rows[:0])
    assert none.shape == (0, 3)
    assert none.feature_names == whole.feature_names
    assert none.explanation.base == whole.explanation.base


def test_names_that_are_numbers_are_told_as_texts() -> None:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(30, 2)))
    found = mxt.explain(RandomForestClassifier(5).fit(frame.to_numpy(), frame[0] > 0), frame)
    assert found.feature_names == ["0", "1"]


def test_a_function_of_probabilities_names_its_classes(rows: pd.DataFrame, score: pd.Series[float]) -> None:
    numbers = rows[["a", "b"]].to_numpy()
    model = KNeighborsClassifier().fit(numbers, (score > 3).astype(int) + (score > 5))
    asked: dict[str, Any] = {"background": numbers, "classes": [0, 1, 2]}
    exact = mxt.explain(model.predict_proba, numbers[:10], **asked)
    drawn = mxt.explain(model.predict_proba, numbers[:10], explainer=PermutationExplainer(), **asked)
    assert exact.output_names == ["0", "1", "2"]
    assert exact.error_std is None
    assert drawn.error_std.shape == (10, 2, 3)
    for found in (exact, drawn):
        sums = found.base_values + found.values.sum(axis=1)
        np.testing.assert_allclose(sums, model.predict_proba(numbers[:10]), atol=1e-9)


def test_nothing_is_estimated_unless_asked_for(rows: pd.DataFrame, score: pd.Series[float]) -> None:
    numbers = rows[["a", "b"]].to_numpy()
    model = KNeighborsClassifier().fit(numbers, score > 3)
    first = r"exact; write: mxt\.explain\(model, X, background=X_train\)\. To estimate"
    then = r"write: mxt\.explain\(model, X, background=X_train, explainer=AutoExplainer\(sampling=True\)\)"
    with pytest.raises(
        ModelError, match=f"No exact explainer serves a KNeighborsClassifier .*{first}.*{then}"
    ):
        mxt.explain(model, numbers)
    for explainer in (None, AutoExplainer(sampling=True)):
        assert mxt.explain(model, numbers[:2], background=numbers[:9], explainer=explainer).shape == (2, 2)


def test_tables_that_do_not_fit_are_refused(two: Pipeline, rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"needs the columns \['b'\]"):
        mxt.explain(two, rows[["a", "kind"]])
    with pytest.raises(DataError, match="takes 3 columns; the table has 2"):
        mxt.explain(two, rows[["a", "kind"]].to_numpy())
    with pytest.raises(ModelError, match="of no library that MXT knows"):
        mxt.explain(object(), rows)
    with pytest.raises(DataError, match="The table to explain has no columns"):
        mxt.explain(len, rows[[]])
