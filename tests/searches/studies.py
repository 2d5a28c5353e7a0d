"""Studies for tests of searches, and scikit-learn's own searches beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from churn import Churn, churn
from mxt.datasets.folds import folds
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.metrics.sklearn import SklearnMetric
from mxt.models.base.estimator import RecipeEstimator
from mxt.models.xgboost import XgboostRecipe
from mxt.searches.base.studies import Study
from mxt.searches.base.trials import Trial, best_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.metrics.base import Metric
    from mxt.models.base import Recipe
    from mxt.searches.base import Search

SMALL = XgboostRecipe(trees=5, learning_rate=0.3)
AUC = SklearnMetric(name="roc_auc")
VALUES: dict[str, Any] = {"depth": (1, 2, 4), "l2": (0.5, 8.0)}
LISTS: dict[str, list[Any]] = {"depth": [1, 2, 4], "l2": [0.5, 8.0]}


def few_columns(rows: int) -> Churn:
    inputs, targets = churn(rows)
    return Churn(inputs[["tenure", "MonthlyCharges", "Contract"]], targets)


def study(
    recipe: Recipe = SMALL, metric: Metric = AUC, workers: int = 1, rows: int = 500, count: int = 2
) -> Study:
    inputs, targets = few_columns(rows)
    table = inputs.assign(Churn=targets)
    cut = folds(table, "Churn", HoldoutSplitter(), recipe.task, count, seed=0)
    return Study(recipe, inputs, targets, cut, metric, workers)


def done(search: Search, within: Study) -> list[Trial]:
    return [trial for some in search.trials(within) for trial in some]


def scikit_learns(kind: Any, within: Study, *values: Any, **options: Any) -> Any:
    estimator = RecipeEstimator(within.recipe)
    search = kind(estimator, *values, scoring="roc_auc", cv=within.folds, refit=False, **options)
    return search.fit(within.inputs, within.targets)


def assert_same(trials: Sequence[Trial], expected: Any) -> None:
    assert [trial.values for trial in trials] == expected.cv_results_["params"]
    means = [trial.last.mean for trial in trials]
    np.testing.assert_allclose(means, expected.cv_results_["mean_test_score"], rtol=0, atol=1e-12)
    deviations = [trial.last.deviation for trial in trials]
    np.testing.assert_allclose(deviations, expected.cv_results_["std_test_score"], rtol=0, atol=1e-12)
    assert best_of(trials, AUC).values == expected.best_params_
