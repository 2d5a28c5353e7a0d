"""The drop-in for shap's tree explainer: shap is the oracle for values, shapes, signatures and plots."""

from __future__ import annotations

import inspect
import pickle
import warnings
from typing import TYPE_CHECKING, Any

import catboost
import lightgbm
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import shap
import xgboost
from matplotlib import pyplot as plt
from shap.utils._exceptions import ExplainerError, InvalidFeaturePerturbationError
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

from mxt.errors import DataError
from mxt.explainers import TreeExplainer
from mxt.explainers.base.kernels.engine import available
from mxt.explainers.shap.tree import TreeExplainer as DropIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

needs_kernels = pytest.mark.skipif(not available(), reason="no compiled kernels")

ROWS, COLUMNS = 120, 4


def table() -> pd.DataFrame:
    drawn = np.random.default_rng(3).normal(size=(ROWS, COLUMNS)).astype("float32")
    return pd.DataFrame(drawn, columns=list("abcd"))


X = table()
NUMBER = X["a"] * X["b"] + np.sin(3 * X["c"])
TWO = (NUMBER > 0).astype(int)
THREE = pd.qcut(NUMBER, 3, labels=False)

MODELS: dict[str, tuple[Any, Any]] = {
    "xgboost, numbers": (xgboost.XGBRegressor(n_estimators=8, max_depth=3), NUMBER),
    "xgboost, two classes": (xgboost.XGBClassifier(n_estimators=8, max_depth=3), TWO),
    "xgboost, three classes": (xgboost.XGBClassifier(n_estimators=8, max_depth=3), THREE),
    "lightgbm, two classes": (lightgbm.LGBMClassifier(n_estimators=8, verbose=-1), TWO),
    "lightgbm, three classes": (lightgbm.LGBMClassifier(n_estimators=8, verbose=-1), THREE),
    "catboost, two classes": (
        catboost.CatBoostClassifier(8, depth=3, verbose=0, allow_writing_files=False),
        TWO,
    ),
    "forest, numbers": (RandomForestRegressor(8, random_state=0), NUMBER),
    "forest, two classes": (RandomForestClassifier(8, random_state=0), TWO),
    "forest, three classes": (RandomForestClassifier(8, random_state=0), THREE),
    "extra trees": (ExtraTreesRegressor(8, random_state=0), NUMBER),
    "one tree": (DecisionTreeRegressor(max_depth=4), NUMBER),
    "gradient boosting": (GradientBoostingClassifier(n_estimators=8), TWO),
    "histogram boosting": (HistGradientBoostingRegressor(max_iter=8), NUMBER),
    "isolation forest": (IsolationForest(n_estimators=8, random_state=0), None),
}


@pytest.fixture(autouse=True)
def no_warning_of_shaps() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="LightGBM binary classifier")
        warnings.filterwarnings("ignore", category=PendingDeprecationWarning)
        yield


EACH_MODEL = pytest.mark.parametrize("name", MODELS)


def same(found: Any, wanted: Any) -> None:
    """The same shape, and the same numbers but for the float32 sums of some libraries."""
    assert np.shape(found) == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    "method",
    ["__init__", "__call__", "shap_values", "shap_interaction_values", "supports_model_with_masker"],
)
def test_its_methods_take_what_shaps_take(method: str) -> None:
    ours, theirs = (
        inspect.signature(getattr(kind, method)).parameters for kind in (DropIn, shap.TreeExplainer)
    )
    assert [*ours] == [*theirs]
    defaults = {name: one.default for name, one in theirs.items() if name != "approximate"}
    assert {name: ours[name].default for name in defaults} == defaults


def test_it_is_what_the_package_gives() -> None:
    assert TreeExplainer is DropIn


@needs_kernels
@EACH_MODEL
def test_values_along_paths_are_shaps(name: str, fitted: Callable[[str], Any]) -> None:
    ours, theirs = TreeExplainer(fitted(name)), shap.TreeExplainer(fitted(name))
    same(ours.shap_values(X), theirs.shap_values(X))
    same(ours.expected_value, theirs.expected_value)


@needs_kernels
@EACH_MODEL
def test_values_against_a_background_are_shaps(name: str, fitted: Callable[[str], Any]) -> None:
    ours, theirs = TreeExplainer(fitted(name), X[:50]), shap.TreeExplainer(fitted(name), X[:50])
    same(ours.shap_values(X), theirs.shap_values(X))
    same(ours.expected_value, theirs.expected_value)


@needs_kernels
@pytest.mark.parametrize(
    "name", ["xgboost, two classes", "lightgbm, two classes", "gradient boosting", "forest, three classes"]
)
def test_values_in_probability_are_shaps(name: str, fitted: Callable[[str], Any]) -> None:
    asked: dict[str, Any] = {"data": X[:50], "model_output": "probability"}
    ours, theirs = TreeExplainer(fitted(name), **asked), shap.TreeExplainer(fitted(name), **asked)
    same(ours.shap_values(X), theirs.shap_values(X))
    same(ours.expected_value, theirs.expected_value)


@needs_kernels
@pytest.mark.parametrize("name", ["xgboost, three classes", "forest, two classes", "histogram boosting"])
def test_interactions_are_shaps(name: str, fitted: Callable[[str], Any]) -> None:
    ours, theirs = TreeExplainer(fitted(name)), shap.TreeExplainer(fitted(name))
    found = ours.shap_interaction_values(X)
    same(found, theirs.shap_interaction_values(X))
    same(found.sum(axis=2), ours.shap_values(X))


@needs_kernels
@EACH_MODEL
def test_a_call_gives_what_shaps_does(name: str, fitted: Callable[[str], Any]) -> None:
    ours, theirs = TreeExplainer(fitted(name))(X), shap.TreeExplainer(fitted(name))(X)
    assert type(ours) is shap.Explanation
    same(ours.values, theirs.values)
    same(ours.base_values, theirs.base_values)
    same(ours.data, theirs.data)
    assert ours.feature_names == theirs.feature_names
    assert ours.output_dims == theirs.output_dims


@needs_kernels
@pytest.mark.parametrize("name", ["xgboost, two classes", "forest, three classes"])
@pytest.mark.parametrize("shape", ["series", "row", "rows", "list", "wider"])
def test_tables_of_any_sort_get_shaps_shapes(name: str, shape: str, fitted: Callable[[str], Any]) -> None:
    model, rows = fitted(name), X.to_numpy()
    given: dict[str, Any] = {
        "series": X.iloc[0],
        "row": rows[0],
        "rows": rows[:5],
        "list": rows[:5].tolist(),
        "wider": rows[:1],
    }
    with warnings.catch_warnings(action="ignore"):
        found = TreeExplainer(model).shap_values(given[shape])
        single = given[shape] if np.ndim(given[shape]) == 2 else rows[:1]
        wanted = shap.TreeExplainer(model).shap_values(np.asarray(single), check_additivity=False)
    same(found, wanted if np.ndim(given[shape]) == 2 else wanted[0])


@needs_kernels
@pytest.mark.parametrize("interactions", [True, False])
def test_a_call_for_one_row_has_shaps_shapes(*, interactions: bool, fitted: Callable[[str], Any]) -> None:
    model, row = fitted("forest, three classes"), X.to_numpy()[0]
    with warnings.catch_warnings(action="ignore"):
        asked = {"interactions": interactions, "check_additivity": False}
        ours, theirs = TreeExplainer(model)(row, **asked), shap.TreeExplainer(model)(row, **asked)
    assert ours.base_values.shape == theirs.base_values.shape


def test_sums_are_held_to_outputs_as_shap_holds_them(fitted: Callable[[str], Any]) -> None:
    model = fitted("forest, numbers")
    explainer = TreeExplainer(model)
    values = explainer.shap_values(X)
    explainer.assert_additivity(values, model.predict(X))
    with pytest.raises(ExplainerError):
        explainer.assert_additivity(values + 1, model.predict(X))


@needs_kernels
def test_a_sparse_matrix_leaves_out_what_xgboost_takes_for_missing(fitted: Callable[[str], Any]) -> None:
    model, rows = fitted("xgboost, numbers"), X.where(X > 0, 0).to_numpy()
    sparse = scipy.sparse.csr_matrix(rows)
    missing = np.where(rows == 0, np.nan, rows)
    same(TreeExplainer(model).shap_values(sparse), TreeExplainer(model).shap_values(missing))
    same(TreeExplainer(model).shap_values(xgboost.DMatrix(X)), TreeExplainer(model).shap_values(X))


@needs_kernels
def test_the_first_trees_alone_are_explained_on_request(fitted: Callable[[str], Any]) -> None:
    model = fitted("xgboost, numbers")
    ours, theirs = TreeExplainer(model), shap.TreeExplainer(model)
    part = ours.shap_values(X, tree_limit=3)
    same(part, theirs.shap_values(X, tree_limit=3))
    assert np.abs(part - ours.shap_values(X)).max() > 1e-3


@needs_kernels
def test_every_row_of_a_background_counts() -> None:
    chance = np.random.default_rng(0)
    many = chance.normal(size=(500, 3))
    model = RandomForestRegressor(10, random_state=0).fit(many, many[:, 0] ** 2)
    ours = TreeExplainer(model, many)
    assert ours.expected_value == pytest.approx(model.predict(many).mean(), abs=1e-12)
    masker = shap.maskers.Independent(many, max_samples=200)
    assert TreeExplainer(model, masker).expected_value == pytest.approx(
        model.predict(masker.data).mean(), abs=1e-12
    )


@needs_kernels
def test_a_model_fitted_anew_behind_its_back_does_not_add_up() -> None:
    model = RandomForestRegressor(5, random_state=0).fit(X, NUMBER)
    explainer = TreeExplainer(model)
    explainer.shap_values(X)
    model.fit(X, NUMBER + 1)
    with pytest.raises(ExplainerError, match="120 of 120 rows do not add up"):
        explainer.shap_values(X)
    assert explainer.shap_values(X, check_additivity=False).shape == X.shape


@needs_kernels
def test_a_table_of_other_columns_is_refused(fitted: Callable[[str], Any]) -> None:
    explainer = TreeExplainer(fitted("forest, numbers"))
    with pytest.raises(DataError, match="another order"):
        explainer.shap_values(X[["b", "a", "c", "d"]])
    with pytest.raises(DataError, match="takes 4 columns; the table has 3"):
        explainer.shap_values(X[["a", "b", "c"]])


@pytest.mark.parametrize("name", ["xgboost, two classes", "forest, three classes"])
def test_what_the_engine_does_not_serve_shap_does_and_says_so(
    name: str, fitted: Callable[[str], Any]
) -> None:
    with pytest.warns(UserWarning, match="shap itself does"):
        found = TreeExplainer(fitted(name)).shap_values(X, approximate=True)
    same(found, shap.TreeExplainer(fitted(name)).shap_values(X, approximate=True))


def test_a_models_loss_is_explained_by_shap(fitted: Callable[[str], Any]) -> None:
    model = fitted("xgboost, two classes")
    asked: dict[str, Any] = {"data": X[:50], "model_output": "log_loss"}
    with pytest.warns(UserWarning, match="shap itself does"):
        ours = TreeExplainer(model, **asked)
    same(ours.shap_values(X, TWO), shap.TreeExplainer(model, **asked).shap_values(X, TWO))


def test_arguments_that_shap_refuses_are_refused(fitted: Callable[[str], Any]) -> None:
    model = fitted("forest, numbers")
    with pytest.raises(InvalidFeaturePerturbationError):
        TreeExplainer(model, X, feature_perturbation="sideways")
    with pytest.warns(FutureWarning, match="without data to compare with"):
        TreeExplainer(model, feature_perturbation="interventional")
    with pytest.raises(Exception, match="not yet supported") as refused:
        TreeExplainer(SVC().fit(X, TWO))
    with pytest.raises(refused.type, match="not yet supported"):
        shap.TreeExplainer(SVC().fit(X, TWO))


@needs_kernels
def test_a_pickled_explainer_explains_alike(fitted: Callable[[str], Any]) -> None:
    explainer = TreeExplainer(fitted("lightgbm, three classes"), X[:20])
    again = pickle.loads(pickle.dumps(explainer))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again.shap_values(X), explainer.shap_values(X))


def draw(plot: str, found: Any) -> None:
    """One of shap's plots, of one output."""
    drawing: dict[str, Callable[[], Any]] = {
        "beeswarm": lambda: shap.plots.beeswarm(found, show=False),
        "waterfall": lambda: shap.plots.waterfall(found[0], show=False),
        "force": lambda: shap.plots.force(found[0], matplotlib=True, show=False),
        "bar": lambda: shap.plots.bar(found, show=False),
        "scatter": lambda: shap.plots.scatter(found[:, "a"], color=found, show=False),
        "heatmap": lambda: shap.plots.heatmap(found, show=False),
    }
    drawing[plot]()


@pytest.fixture
def pyplot() -> Iterator[Any]:
    mpl.use("Agg")
    yield plt
    plt.close("all")


@pytest.mark.parametrize("plot", ["beeswarm", "waterfall", "force", "bar", "scatter", "heatmap"])
@pytest.mark.parametrize("name", ["xgboost, numbers", "forest, three classes"])
def test_shaps_plots_draw_the_answer(plot: str, name: str, fitted: Callable[[str], Any], pyplot: Any) -> None:
    found = TreeExplainer(fitted(name))(X)
    draw(plot, found if found.values.ndim == 2 else found[:, :, 1])
    assert pyplot.gcf().axes[0].has_data()
