"""A recipe as an estimator: scikit-learn's own functions take it, and change nothing."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    cross_val_score,
    permutation_test_score,
)

from churn import churn
from mxt.errors import ModelError
from mxt.models.base import Recipe
from mxt.models.base.estimator import RecipeEstimator
from mxt.models.hist_gradient_boosting import HistGradientBoostingRecipe
from mxt.models.logistic_regression import LogisticRegressionRecipe
from mxt.models.random_forest import RandomForestRecipe
from mxt.models.xgboost import XgboostRecipe

RECIPES: list[Recipe] = [
    XgboostRecipe(trees=10, learning_rate=0.3),
    XgboostRecipe(trees=10, calibration="sigmoid"),
    RandomForestRecipe(trees=10),
    HistGradientBoostingRecipe(trees=10),
    LogisticRegressionRecipe(),
]
FOLDS = StratifiedKFold(2)


def by_hand(recipe: Recipe, inputs: pd.DataFrame, targets: pd.Series[Any]) -> list[float]:
    """The accuracy of each fold, with nothing of scikit-learn but the folds."""
    scores = []
    for train, test in FOLDS.split(inputs, targets):
        model = recipe.fit(inputs.iloc[train], targets.iloc[train])
        predicted = model.predict(inputs.iloc[test])["prediction"]
        scores.append(float((predicted == targets.iloc[test]).mean()))
    return scores


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.KIND}-{recipe.calibration}")
def test_cross_validation_gives_what_a_loop_over_the_folds_gives(recipe: Recipe) -> None:
    inputs, targets = churn(300)
    scores = cross_val_score(RecipeEstimator(recipe), inputs, targets, cv=FOLDS, scoring="accuracy")
    np.testing.assert_allclose(scores, by_hand(recipe, inputs, targets), rtol=0, atol=1e-12)


@pytest.mark.slow  # each worker imports all libraries anew
def test_two_workers_give_the_same_scores_as_one() -> None:
    inputs, targets = churn(300)
    estimator = RecipeEstimator(RECIPES[0])
    alone, together = (
        cross_val_score(estimator, inputs, targets, cv=FOLDS, scoring="roc_auc", n_jobs=jobs)
        for jobs in (1, 2)
    )
    np.testing.assert_array_equal(alone, together)
    assert (alone > 0.6).all()


def test_a_fitted_estimator_keeps_its_predictions_when_it_is_pickled() -> None:
    inputs, targets = churn(300)
    fitted = RecipeEstimator(RECIPES[0]).fit(inputs, targets)
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again.predict_proba(inputs), fitted.predict_proba(inputs))
    assert list(again.classes_) == ["No", "Yes"]
    assert {*again.predict(inputs)} == {"No", "Yes"}


def test_targets_are_taken_in_their_order_when_scikit_learn_permutes_them() -> None:
    inputs, targets = churn(300)
    score, chances, p = permutation_test_score(
        RecipeEstimator(RECIPES[0]), inputs, targets, cv=FOLDS, scoring="roc_auc", n_permutations=3
    )
    assert abs(float(np.mean(chances)) - 0.5) < 0.15
    assert score > 0.7
    assert p == pytest.approx(1 / 4)


def test_a_search_of_scikit_learn_varies_the_fields() -> None:
    inputs, targets = churn(300)
    grid = {"depth": [1, 3], "trees": [5]}
    search = GridSearchCV(RecipeEstimator(RECIPES[0]), grid, cv=FOLDS, scoring="accuracy", refit=False)
    search.fit(inputs, targets)
    for params, mean in zip(search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True):
        expected = by_hand(XgboostRecipe(learning_rate=0.3, **params), inputs, targets)
        assert mean == pytest.approx(np.mean(expected), abs=1e-12)


def test_a_clone_has_the_recipe_but_not_the_model() -> None:
    inputs, targets = churn(300)
    fitted = RecipeEstimator(RECIPES[0]).fit(inputs, targets)
    fresh = clone(fitted)
    assert fresh.recipe == fitted.recipe
    assert fresh.get_params() == fitted.get_params()
    with pytest.raises(ModelError, match="XgboostRecipe was not fitted yet"):
        fresh.predict(inputs)


def test_a_regression_is_one_for_scikit_learn() -> None:
    inputs, _ = churn()
    charges = inputs["MonthlyCharges"]
    estimator = RecipeEstimator(XgboostRecipe(task="regression", trees=30))
    assert is_regressor(estimator)
    assert not is_classifier(estimator)
    assert is_classifier(RecipeEstimator(XgboostRecipe()))
    rest = inputs.drop(columns=["MonthlyCharges"])
    assert (cross_val_score(estimator, rest, charges, cv=KFold(3), scoring="r2") > 0.5).all()
    with pytest.raises(ModelError, match="XgboostRecipe for a regression gives no probabilities"):
        estimator.fit(rest, charges).predict_proba(rest)
