"""Explanations against references that share no code with what computes them."""

from __future__ import annotations

import json
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shap
import xgboost as xgb
from sklearn.datasets import load_breast_cancer, load_diabetes

from churn import churn
from mxt.explainers.base.kernels.engine import available
from mxt.explainers.linear import LinearExplainer
from mxt.explainers.permutation import PermutationExplainer
from mxt.explainers.tree import TreeExplainer
from mxt.models.base import Recipe
from mxt.models.hist_gradient_boosting import HistGradientBoostingRecipe
from mxt.models.logistic_regression import LogisticRegressionRecipe
from mxt.models.random_forest import RandomForestRecipe
from mxt.models.xgboost import XgboostRecipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.models import Model


def shapley(value: Callable[[frozenset[int]], float], players: int) -> np.ndarray:
    """Shapley values by enumeration of all coalitions (Shapley 1953)."""
    found = np.zeros(players)
    for player in range(players):
        others = [other for other in range(players) if other != player]
        for size in range(players):
            weight = factorial(size) * factorial(players - size - 1) / factorial(players)
            for chosen in combinations(others, size):
                coalition = frozenset(chosen)
                found[player] += weight * (value(coalition | {player}) - value(coalition))
    return found


def path_dependent_value(model: Model, row: pd.Series[Any]) -> Callable[[frozenset[int]], float]:
    """The sum over trees of the leaf values expected when just some columns are known.

    Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, algorithm 1 (EXPVALUE).
    """
    trees = json.loads(model.predictor.core.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]

    def expected(tree: dict[str, Any], node: int, known: frozenset[int]) -> float:
        left, right = tree["left_children"][node], tree["right_children"][node]
        if left == -1:
            return float(tree["split_conditions"][node])
        column, cover = tree["split_indices"][node], tree["sum_hessian"]
        if column in known:
            went_left = np.float32(row.iloc[column]) < np.float32(tree["split_conditions"][node])
            return expected(tree, left if went_left else right, known)
        share = cover[left] / cover[node]
        return share * expected(tree, left, known) + (1 - share) * expected(tree, right, known)

    return lambda known: sum(expected(tree, 0, known) for tree in trees)


@pytest.mark.parametrize("calibration", [None, "sigmoid"])
def test_xgboost_contributions_are_the_shapley_values_of_its_trees(calibration: Any) -> None:
    table = load_breast_cancer(as_frame=True)
    inputs, targets = table.data.iloc[:, :6], pd.Series(table.target.map({0: "bad", 1: "good"}))
    model = XgboostRecipe(trees=5, depth=3, learning_rate=0.5, calibration=calibration).fit(inputs, targets)
    explanation = model.explain(inputs.head(3))
    for place in range(3):
        by_hand = shapley(path_dependent_value(model, inputs.iloc[place]), 6)
        np.testing.assert_allclose(explanation.values[place, :, 0], by_hand, atol=1e-5)


def test_linear_contributions_are_the_shapley_values_against_the_background() -> None:
    table = load_breast_cancer(as_frame=True)
    inputs, targets = table.data.iloc[:, :5], pd.Series(table.target.map({0: "bad", 1: "good"}))
    model = LogisticRegressionRecipe().fit(inputs, targets).with_background(inputs.head(50))
    explanation = model.explain(inputs.tail(2), LinearExplainer())

    def value(row: pd.Series[Any], known: frozenset[int]) -> float:
        mixed = inputs.head(50).copy()
        for column in known:
            mixed.isetitem(column, row.iloc[column])
        return float(model.predictor.scores(mixed).values.mean())

    for place, (_, row) in enumerate(inputs.tail(2).iterrows()):
        by_hand = shapley(lambda known, row=row: value(row, known), 5)  # type: ignore[misc] # the row is bound
        np.testing.assert_allclose(explanation.values[place, :, 0], by_hand, atol=1e-9)


def test_permutation_contributions_come_near_the_shapley_values_against_the_background() -> None:
    table = load_diabetes(as_frame=True)
    inputs = table.data.iloc[:, :4]
    model = RandomForestRecipe(task="regression", trees=20, depth=3).fit(inputs, table.target)
    model = model.with_background(inputs.head(30))
    explanation = model.explain(inputs.tail(1), PermutationExplainer(orders=200, background_rows=30))

    def value(known: frozenset[int]) -> float:
        mixed = inputs.head(30).copy()
        for column in known:
            mixed.isetitem(column, inputs.iloc[-1, column])
        return float(model.predict(mixed)["prediction"].mean())

    np.testing.assert_allclose(explanation.values[0, :, 0], shapley(value, 4), atol=1.0)


def test_xgboost_contributions_equal_its_own_in_source_columns_with_native_categories() -> None:
    inputs, targets = churn()
    model = XgboostRecipe(trees=50, calibration="sigmoid").fit(inputs, targets)
    explanation = model.explain(inputs)
    frame = inputs.astype({name: "category" for name in inputs if inputs[name].dtype.kind not in "ifb"})
    matrix = xgb.DMatrix(frame, enable_categorical=True)
    own = model.predictor.core.predict(matrix, pred_contribs=True)
    np.testing.assert_allclose(explanation.values[:, :, 0], own[:, :-1], atol=1e-5)
    assert explanation.columns == list(inputs.columns)
    assert explanation.ids.equals(inputs.index)


@pytest.mark.parametrize("recipe", [RandomForestRecipe(trees=20), HistGradientBoostingRecipe(trees=20)])
def test_folded_contributions_are_sums_of_shaps_over_encoded_columns(recipe: Recipe) -> None:
    inputs, targets = churn()
    model = recipe.fit(inputs, targets)
    pipeline = model.predictor.native
    encoding, core = pipeline[:-1], pipeline[-1]
    shown = inputs.head(50)
    values = np.asarray(shap.TreeExplainer(core).shap_values(encoding.transform(shown)))
    values = values[..., 1] if values.ndim == 3 else values
    # Encoded names end in the source column's name, or in that name, "_" and a category.
    names = [name.partition("__")[2] for name in encoding.get_feature_names_out()]
    explanation = model.explain(shown)
    for place, column in enumerate(explanation.columns):
        own = [at for at, name in enumerate(names) if name == column or name.startswith(f"{column}_")]
        np.testing.assert_allclose(explanation.values[:, place, 0], values[:, own].sum(axis=1), atol=1e-9)


@pytest.mark.skipif(not available(), reason="no compiled kernels")
def test_arrow_columns_share_the_memory_of_what_the_kernels_wrote() -> None:
    inputs, targets = churn(200)
    explanation = XgboostRecipe(trees=5).fit(inputs, targets).explain(inputs.head(9))
    for place, column in enumerate(explanation.to_arrow().columns[1:]):
        memory = column.chunk(0).buffers()[1]
        assert memory is not None
        assert memory.address == explanation.values[:, place, 0].ctypes.data


def test_explanations_do_not_depend_on_the_order_or_company_of_rows() -> None:
    inputs, targets = churn()
    for model in (
        XgboostRecipe(trees=30).fit(inputs, targets),
        HistGradientBoostingRecipe().fit(inputs, targets),
    ):
        together = model.explain(inputs)
        alone = model.explain(inputs.iloc[[17]], TreeExplainer())
        backwards = model.explain(inputs.iloc[::-1])
        assert together.residual[17].tobytes() == alone.residual[0].tobytes()
        np.testing.assert_array_equal(together.values[17], alone.values[0])
        np.testing.assert_array_equal(together.values, backwards.values[::-1])
