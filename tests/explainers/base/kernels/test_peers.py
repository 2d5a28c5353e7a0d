"""The engine against shap's C extension and the libraries' own branches, on models that they trained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shap
import xgboost as xgb
from catboost import CatBoostRegressor
from lightgbm import LGBMRegressor
from sklearn.datasets import make_regression
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from clocks import cpu_seconds, takes_at_most
from mxt.explainers.base.kernels.engine import Engine, available
from mxt.predictors.base.library import predictor_of
from mxt.predictors.base.trees import TreeEnsemble

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")

NAMES = [f"x{place}" for place in range(8)]
MODELS: dict[str, Any] = {
    "xgboost": lambda: xgb.XGBRegressor(n_estimators=40, max_depth=6),
    "xgboost, three classes": lambda: xgb.XGBClassifier(n_estimators=10, max_depth=4),
    "forest without a limit": lambda: RandomForestRegressor(10, random_state=0),
    "forest, three classes": lambda: RandomForestClassifier(10, max_depth=7, random_state=0),
    "extra trees": lambda: ExtraTreesRegressor(10, max_depth=8, random_state=0),
    "boosting": lambda: GradientBoostingRegressor(n_estimators=30, random_state=0),
    "histograms": lambda: HistGradientBoostingRegressor(max_iter=30, random_state=0),
    "LightGBM": lambda: LGBMRegressor(n_estimators=30, n_jobs=1, verbose=-1),
    "CatBoost": lambda: CatBoostRegressor(iterations=30, depth=5, verbose=0, allow_writing_files=False),
}


def data(name: str) -> tuple[pd.DataFrame, np.ndarray]:
    inputs, targets = make_regression(600, len(NAMES), noise=5, random_state=0)
    inputs = inputs.astype(np.float32).astype(float)
    if name in {"xgboost", "histograms", "LightGBM"}:
        inputs[np.random.default_rng(0).random(inputs.shape) < 0.1] = np.nan
    found = np.digitize(targets, np.quantile(targets, [0.3, 0.6])) if "classes" in name else targets
    return pd.DataFrame(inputs, columns=NAMES), found


def trained(name: str) -> tuple[Any, TreeEnsemble, pd.DataFrame]:
    inputs, targets = data(name)
    model = MODELS[name]().fit(inputs, targets)
    trees = predictor_of(model, NAMES, []).trees
    assert trees is not None
    return model, trees, inputs


def extension(trees: TreeEnsemble) -> shap.TreeExplainer:
    """Shap's own C code on the same arrays."""
    told = []
    for root, end in zip(trees.roots, [*trees.roots[1:], len(trees.left)], strict=True):
        own = slice(int(root), int(end))
        left, right = (np.where(side[own] < 0, -1, side[own] - root) for side in (trees.left, trees.right))
        told.append(
            {
                "children_left": left,
                "children_right": right,
                "children_default": np.where(trees.missing_left[own], left, right),
                "features": trees.feature[own],
                "thresholds": trees.threshold[own],
                "values": trees.values[own],
                "node_sample_weight": trees.cover[own],
            }
        )
    return shap.TreeExplainer({"trees": told}, feature_perturbation="tree_path_dependent")


@pytest.mark.parametrize("name", [name for name in MODELS if name != "CatBoost"])
def test_values_are_those_of_shaps_extension(name: str) -> None:
    _, trees, inputs = trained(name)
    rows = inputs.to_numpy()[:60]
    own = extension(trees).shap_values(rows, check_additivity=False)
    found, scale = Engine(trees).values(rows), max(1, np.abs(trees.values).max())
    np.testing.assert_allclose(found / scale, own.reshape(found.shape) / scale, rtol=0, atol=1e-10)


@pytest.mark.slow
def test_values_cost_no_more_than_those_of_shaps_extension() -> None:
    """For each row; by how much less is a benchmark."""
    _, trees, inputs = trained("xgboost")
    rows, engine, own = inputs.to_numpy(), Engine(trees), extension(trees)
    few, many = rows[:100], np.tile(rows, (4, 1))
    takes_at_most(
        len(many) / len(few),
        lambda: cpu_seconds(lambda: engine.values(many)),
        lambda: cpu_seconds(lambda: own.shap_values(few, check_additivity=False)),
    )


@pytest.mark.parametrize(
    "name", ["xgboost", "forest without a limit", "extra trees", "histograms", "LightGBM"]
)
def test_values_against_a_background_are_those_of_shaps_extension(name: str) -> None:
    """Its weights are single floats."""
    model, trees, inputs = trained(name)
    rows, known = inputs.to_numpy()[:100], inputs.to_numpy()[100:150]
    own, found = (
        against(model, known).shap_values(rows, check_additivity=False),
        Engine(trees, background=known),
    )
    scale = np.abs(trees.values).max() * len(trees.roots)
    np.testing.assert_allclose(found.values(rows)[:, :, 0] / scale, own / scale, rtol=0, atol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize(("ours", "theirs"), [(600, 20), (5, 5)])
def test_a_deep_forest_against_a_background_costs_less_than_in_shaps_extension(
    ours: int, theirs: int
) -> None:
    """For as many rows, and for many at a tenth of the price; by how much less still is a benchmark."""
    model, trees, inputs = trained("forest without a limit")
    rows, known = inputs.to_numpy(), inputs.to_numpy()[:100]
    engine, own = Engine(trees, background=known), against(model, known)
    takes_at_most(
        ours / theirs / (10 if ours > theirs else 1),
        lambda: cpu_seconds(lambda: engine.values(rows[:ours])),
        lambda: cpu_seconds(lambda: own.shap_values(rows[:theirs], check_additivity=False)),
    )


def against(model: Any, known: np.ndarray) -> shap.TreeExplainer:
    """Shap's C extension with all rows of a background."""
    masker = shap.maskers.Independent(known, max_samples=len(known))
    explainer = shap.TreeExplainer(model, masker, feature_perturbation="interventional")
    explainer.model.model_type = "internal"
    return explainer


@pytest.mark.parametrize("name", ["xgboost", "boosting", "histograms"])
def test_interactions_are_those_of_shaps_extension(name: str) -> None:
    _, trees, inputs = trained(name)
    rows = inputs.to_numpy()[:10]
    own = extension(trees).shap_interaction_values(rows)
    found, scale = Engine(trees).interactions(rows), max(1, np.abs(trees.values).max())
    np.testing.assert_allclose(found / scale, own.reshape(found.shape) / scale, rtol=0, atol=1e-10)


def beside_splits(trees: TreeEnsemble, rows: int = 10_000) -> np.ndarray:
    """Doubles on split values, one step beside them, and between them and the next float32."""
    rng = np.random.default_rng(0)
    columns = []
    for place in range(trees.columns):
        splits = np.append(trees.threshold[trees.feature == place], 0.0)
        singles = splits.astype(np.float32)
        around = [np.nextafter(singles, np.float32(end)).astype(float) for end in (-np.inf, np.inf)]
        edges = np.concatenate([splits, singles, *around, *((splits + one) / 2 for one in around)])
        edges = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)])
        columns.append(rng.choice(edges, rows))
    return np.column_stack(columns)


def own_leaves(model: Any, rows: pd.DataFrame) -> np.ndarray:
    """The leaf of each row in each tree, as the library numbers them, shape (rows, trees)."""
    if isinstance(model, LGBMRegressor):
        return np.asarray(model.predict(rows, pred_leaf=True))
    return np.asarray(model.apply(rows)).reshape(len(rows), -1)


@pytest.mark.parametrize("name", ["xgboost", "forest without a limit", "extra trees", "boosting", "LightGBM"])
def test_ten_thousand_rows_beside_splits_end_at_the_librarys_own_leaves(name: str) -> None:
    """Leaves of random values, no two alike, tell which was reached: one for each of the library's."""
    model, trees, _ = trained(name)
    rows = pd.DataFrame(beside_splits(trees), columns=NAMES)
    own = own_leaves(model, rows)
    numbers = np.where(trees.left < 0, np.random.default_rng(0).normal(size=len(trees.left)), 0.0)
    for place, root in enumerate(trees.roots):
        tree = replace(trees, roots=np.array([root]), values=numbers[:, None], base=np.zeros(1))
        found = Engine(tree, background=rows[:1]).predict(rows)[:, 0]
        reached = pd.DataFrame({"own": own[:, place], "found": found}).drop_duplicates()
        assert reached["own"].is_unique
        assert reached["found"].is_unique


@pytest.mark.parametrize("name", ["histograms", "CatBoost"])
def test_ten_thousand_rows_beside_splits_are_predicted_as_the_library_does(name: str) -> None:
    model, trees, _ = trained(name)
    rows = pd.DataFrame(beside_splits(trees), columns=NAMES)
    found = Engine(trees, background=rows[:1]).predict(rows)[:, 0]
    np.testing.assert_allclose(found, model.predict(rows), rtol=0, atol=1e-10)
