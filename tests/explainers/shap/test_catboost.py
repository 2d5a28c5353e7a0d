"""The drop-in for models whose trees only CatBoost reads: right, or refused where `mxt.explain` refuses."""

from __future__ import annotations

import pickle
from typing import Any

import catboost
import numpy as np
import pandas as pd
import pytest
from shap.utils._exceptions import ExplainerError

import mxt
from mxt.errors import ModelError
from mxt.explainers import TreeExplainer

pytestmark = pytest.mark.filterwarnings("ignore:MXT's engine does not serve")

ROWS = 120
QUIET: dict[str, Any] = {"iterations": 12, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
POLICIES = ["SymmetricTree", "Depthwise", "Lossguide"]


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "letter": rng.choice(list("abcdef"), ROWS),
            "number": rng.normal(size=ROWS),
            "kind": rng.choice(list("xyz"), ROWS),
            "words": rng.choice(["good very good", "bad thing", "so so", "very so"], ROWS),
            "vector": list(rng.normal(size=(ROWS, 4))),
        }
    )


X = table()
NUMBER = (X["letter"] < "c") + X["number"] + X["words"].str.startswith("good")
TWO, THREE = (NUMBER > 0.5).astype(int), np.digitize(NUMBER, [0, 1])

KINDS: dict[str, tuple[list[str], dict[str, Any], Any, Any]] = {
    "categories": (["letter", "number", "kind"], {"cat_features": ["letter", "kind"]}, "classifier", TWO),
    "categories, three classes": (["letter", "number"], {"cat_features": ["letter"]}, "classifier", THREE),
    "categories, numbers": (["letter", "number"], {"cat_features": ["letter"]}, "regressor", NUMBER),
    "categories one-hot": (
        ["letter", "number"],
        {"cat_features": ["letter"], "one_hot_max_size": 10},
        "classifier",
        TWO,
    ),
    "texts": (["number", "words"], {"text_features": ["words"]}, "classifier", TWO),
    "texts, three classes": (["number", "words"], {"text_features": ["words"]}, "classifier", THREE),
    "vectors": (["number", "vector"], {"embedding_features": ["vector"]}, "classifier", TWO),
}


def fitted(kind: str, policy: str) -> tuple[Any, pd.DataFrame]:
    columns, options, task, target = KINDS[kind]
    made = catboost.CatBoostClassifier if task == "classifier" else catboost.CatBoostRegressor
    return made(**QUIET, **options, grow_policy=policy).fit(X[columns], target), X[columns]


def raw(model: Any, rows: pd.DataFrame) -> np.ndarray:
    """CatBoost's own scores, shape (rows, outputs)."""
    return np.asarray(catboost.CatBoost.predict(model, rows, prediction_type="RawFormulaVal")).reshape(
        len(rows), -1
    )


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_right_or_refuses_as_explain_does(kind: str, policy: str) -> None:
    model, rows = fitted(kind, policy)
    explainer = TreeExplainer(model)
    try:
        wanted = mxt.explain(model, rows).explanation
    except ModelError:
        for ask in (explainer, explainer.shap_values, explainer.shap_interaction_values):
            with pytest.raises(ExplainerError, match="do not add up"):
                ask(rows)
        with pytest.raises(ExplainerError, match="do not add up"):
            explainer.shap_values(rows, check_additivity=False)
        assert policy != "SymmetricTree"
        return
    expected, scores = np.atleast_1d(explainer.expected_value), raw(model, rows)
    values = explainer.shap_values(rows).reshape(*rows.shape, -1)
    pairs = explainer.shap_interaction_values(rows).reshape(len(rows), rows.shape[1], rows.shape[1], -1)
    np.testing.assert_allclose(values, wanted.values, atol=1e-12)
    np.testing.assert_allclose(expected + values.sum(axis=1), scores, atol=1e-10)
    np.testing.assert_allclose(pairs.sum(axis=2), values, atol=1e-10)


def test_what_it_takes_and_gives_is_what_shaps_takes_and_gives() -> None:
    model, rows = fitted("categories", "SymmetricTree")
    explainer = TreeExplainer(model)
    values = explainer.shap_values(rows)
    pool = catboost.Pool(rows, cat_features=["letter", "kind"])
    own = model.get_feature_importance(pool, type="ShapValues")
    np.testing.assert_array_equal(values, own[:, :-1])
    assert explainer.expected_value == own[0, -1]
    for other in (pool, rows.to_numpy()):
        np.testing.assert_array_equal(explainer.shap_values(other), values)
    np.testing.assert_array_equal(explainer.shap_values(rows.iloc[0]), values[0])
    again = pickle.loads(pickle.dumps(explainer))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again(rows).values, values)
    with pytest.raises(ModelError, match="leave out tree_limit"):
        explainer.shap_values(rows, tree_limit=3)


@pytest.mark.parametrize("policy", POLICIES)
def test_several_numbers_a_row_are_handed_to_shap_and_checked(policy: str) -> None:
    rows = X[["number"]].assign(other=X["number"] ** 2)
    model = catboost.CatBoostRegressor(**QUIET, loss_function="MultiRMSE", grow_policy=policy)
    explainer = TreeExplainer(model.fit(rows, np.column_stack([NUMBER, -NUMBER])))
    if policy == "SymmetricTree":
        values = explainer.shap_values(rows)
        np.testing.assert_allclose(
            explainer.expected_value + values.sum(axis=1), model.predict(rows), atol=1e-10
        )
        return
    for ask in (explainer.shap_values, explainer.shap_interaction_values):
        with pytest.raises(ExplainerError, match="do not add up"):
            ask(rows)


@pytest.mark.parametrize("options", [{}, {"cat_features": ["letter"]}], ids=["numbers", "categories"])
def test_a_sum_of_models_is_explained(options: Any) -> None:
    rows = X[["number", "letter"]] if options else X[["number"]]
    parts = [
        catboost.CatBoostRegressor(**QUIET, **options, random_seed=seed).fit(rows, NUMBER) for seed in (1, 2)
    ]
    policy = {"ctr_merge_policy": "IntersectingCountersAverage"} if options else {}
    model = catboost.sum_models(parts, **policy)
    found = mxt.explain(model, rows).explanation
    np.testing.assert_allclose(found.prediction, raw(model, rows), atol=1e-12)
    explainer = TreeExplainer(model)
    np.testing.assert_allclose(explainer.shap_values(rows).reshape(*rows.shape, 1), found.values, atol=1e-12)
