"""Searches: they find what scikit-learn's own classes find, and tell what fails."""

from __future__ import annotations

import math
import os
import signal
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import kstest, loguniform
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the next import work
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)

from churn import Churn, churn
from mxt.datasets.folds import folds
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.errors import ConfigError, DataError, ModelError, ServiceError
from mxt.metrics.base import Metric
from mxt.metrics.calibration_error import CalibrationErrorMetric
from mxt.metrics.sklearn import SklearnMetric
from mxt.models.base import Recipe
from mxt.models.base.estimator import RecipeEstimator
from mxt.models.xgboost import XgboostRecipe
from mxt.searches.base import Search
from mxt.searches.base.ranges import Range
from mxt.searches.base.studies import Study
from mxt.searches.base.trials import Trial, best_of
from mxt.searches.grid import GridSearch
from mxt.searches.halving import HalvingSearch
from mxt.searches.random import RandomSearch

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def assert_same(trials: Sequence[Trial], found: Any) -> None:
    assert [trial.values for trial in trials] == found.cv_results_["params"]
    means = [trial.last.mean for trial in trials]
    np.testing.assert_allclose(means, found.cv_results_["mean_test_score"], rtol=0, atol=1e-12)
    deviations = [trial.last.deviation for trial in trials]
    np.testing.assert_allclose(deviations, found.cv_results_["std_test_score"], rtol=0, atol=1e-12)
    assert best_of(trials, AUC).values == found.best_params_


@pytest.mark.parametrize("workers", [1, 2])
def test_a_grid_has_the_trials_and_the_best_of_scikit_learns(workers: int) -> None:
    trials = done(GridSearch(values=VALUES), study(workers=workers))
    assert [trial.number for trial in trials] == [1, 2, 3, 4, 5, 6]
    assert_same(trials, scikit_learns(GridSearchCV, study(), LISTS))


def test_a_random_search_draws_and_scores_as_scikit_learns_does() -> None:
    lists = RandomSearch(values=VALUES, candidates=4, seed=3)
    found = scikit_learns(RandomizedSearchCV, study(), LISTS, n_iter=4, random_state=3)
    assert_same(done(lists, study()), found)
    ranges = RandomSearch(values={"l2": Range(low=0.01, high=100.0, log=True)}, candidates=5)
    spread = {"l2": loguniform(0.01, 100.0)}
    found = scikit_learns(RandomizedSearchCV, study(), spread, n_iter=5, random_state=0)
    trials = done(ranges, study())
    drawn, expected = (
        [values["l2"] for values in many]
        for many in ([trial.values for trial in trials], found.cv_results_["params"])
    )
    np.testing.assert_allclose(drawn, expected, rtol=1e-12)


@pytest.mark.parametrize("workers", [1, 2])
def test_halving_has_the_rounds_and_the_best_of_scikit_learns(workers: int) -> None:
    within = study(workers=workers)
    trials = done(HalvingSearch(values=VALUES, factor=2), within)
    found = scikit_learns(
        HalvingGridSearchCV, within, LISTS, factor=2, random_state=0, min_resources="exhaust"
    )
    assert best_of(trials, AUC).values == found.best_params_
    rounds = [done.mean for trial in trials for done in trial.rounds]
    np.testing.assert_allclose(sorted(rounds), sorted(found.cv_results_["mean_test_score"]), atol=1e-12)
    assert len(trials) == 6
    by_length = sorted(len(trial.rounds) for trial in trials)
    assert by_length == [1, 1, 1, 2, 3, 3]
    assert [done.rows for done in best_of(trials, AUC).rounds] == [125, 250, 500]


def test_halving_of_drawn_candidates_has_the_best_of_scikit_learns() -> None:
    search = HalvingSearch(values=VALUES, candidates=4, factor=2, first_rows=200)
    options = {"n_candidates": 4, "factor": 2, "random_state": 0, "min_resources": 200}
    found = scikit_learns(HalvingRandomSearchCV, study(), LISTS, **options)
    trials = done(search, study())
    assert best_of(trials, AUC).values == found.best_params_
    assert [done.rows for done in best_of(trials, AUC).rounds] == [200, 400]


def test_all_combinations_are_tried_if_more_were_to_be_drawn() -> None:
    search = RandomSearch(values=VALUES, candidates=1000)
    assert search.total == 6
    assert len({tuple(trial.values.items()) for trial in done(search, study())}) == 6


def test_a_metric_that_is_better_when_lower_chooses_the_lowest() -> None:
    metric = CalibrationErrorMetric()
    trials = done(GridSearch(values=VALUES), study(metric=metric))
    means = [trial.last.mean for trial in trials]
    assert min(means) >= 0
    assert len(set(means)) > 1
    assert best_of(trials, metric).last.mean == min(means)


def test_the_first_of_equal_trials_is_the_best() -> None:
    trials = done(GridSearch(values={"threads": (1, 2)}), study())
    assert trials[0].last.scores == trials[1].last.scores
    assert best_of(trials, AUC).number == 1


@pytest.mark.parametrize("log", [False, True])
def test_a_range_of_numbers_is_drawn_evenly(*, log: bool) -> None:
    state = np.random.RandomState(0)
    drawn = [Range(low=0.1, high=10.0, log=log).rvs(state) for _ in range(2000)]
    shares = (np.log10(drawn) + 1) / 2 if log else (np.array(drawn) - 0.1) / 9.9
    assert kstest(shares, "uniform").pvalue > 0.01


def test_whole_numbers_come_from_low_to_high_alike() -> None:
    state = np.random.RandomState(0)
    drawn = [Range(low=2, high=5).rvs(state) for _ in range(4000)]
    assert {*map(type, drawn)} == {int}
    counts = pd.Series(drawn).value_counts()
    assert {*counts.index} == {2, 3, 4, 5}
    assert abs(counts - 1000).max() < 5 * math.sqrt(4000 * 0.25 * 0.75)
    logarithmic = {Range(low=1, high=100, log=True).rvs(state) for _ in range(4000)}
    assert {1, 100} <= logarithmic
    assert max(logarithmic) == 100


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"low": 5, "high": 2}, "low must lie below high, and 5 to 2 is no such range"),
        ({"low": 0, "high": 2, "log": True}, "a logarithmic range must lie above 0; low is 0"),
        ({"low": float("nan"), "high": 2}, "low must lie below high"),
    ],
)
def test_a_range_that_is_none_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Range(**fields)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"depht": (1,)}, "XgboostRecipe has no field 'depht'; perhaps 'depth' was meant"),
        (
            {"depth": (1, 99)},
            r"XgboostRecipe cannot take depth: 99 \(Input should be less than or equal to 32\)",
        ),
        ({"seed": (1, 2)}, "seed is the same in all trials; set it in the recipe"),
        ({"task": ("regression",)}, "task is the same in all trials"),
        ({"KIND": ("RandomForestRecipe",)}, "XgboostRecipe has no field 'KIND'"),
    ],
)
def test_values_that_the_recipe_cannot_take_are_refused(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        GridSearch(values=values).check(SMALL)


def test_both_ends_of_a_range_must_fit_the_recipe() -> None:
    with pytest.raises(ValidationError, match=r"values.depth.high\n.*cannot take depth: 99"):
        RandomSearch(values={"depth": Range(low=1, high=99)}).check(SMALL)


def test_a_value_that_stands_twice_and_a_range_without_a_count_are_refused() -> None:
    with pytest.raises(ValidationError, match="the value 2 stands there twice"):
        GridSearch(values={"depth": (2, 3, 2)})
    with pytest.raises(ValidationError, match="say how many to draw, as candidates: 20"):
        HalvingSearch(values={"depth": Range(low=1, high=3)})


def three_classes() -> Study:
    """A study of three classes, which no sigmoid can calibrate."""
    within = study(metric=SklearnMetric(name="accuracy"))
    thirds = pd.Series(
        np.resize(["a", "b", "c"], len(within.inputs)), index=within.inputs.index, name="third"
    )
    return replace(within, targets=thirds)


@pytest.mark.parametrize("kind", [GridSearch, HalvingSearch])
def test_a_trial_that_fails_is_told_and_the_search_goes_on(kind: type[GridSearch | HalvingSearch]) -> None:
    search = kind(values={"calibration": ("sigmoid", None), "l2": (1e39, 1.0)})
    trials = done(search, three_classes())
    calibrated = "Sigmoid calibration needs two classes; the target 'third' has 3."
    assert [trial.failure for trial in trials] == [calibrated, calibrated, "XGBoostError", ""]
    assert math.isnan(trials[0].last.mean)
    assert best_of(trials, AUC).number == 4


def test_a_search_whose_trials_all_fail_says_why() -> None:
    trials = done(GridSearch(values={"l2": (1e39, 1e40)}), study())
    with pytest.raises(ModelError, match=r"All trials failed; trial 1 of 2 since: XGBoostError$"):
        best_of(trials, AUC)


def test_a_metric_that_is_not_defined_fails_each_trial() -> None:
    trials = done(GridSearch(values={"depth": (1, 2)}), replace(three_classes(), metric=AUC))
    told = "The metric roc_auc is not defined for these 250 predictions (ValueError)."
    assert [trial.failure for trial in trials] == [told, told]


def test_values_that_do_not_go_together_are_told_before_anything_is_fitted() -> None:
    with pytest.raises(ConfigError, match="XgboostRecipe cannot take depth: 0"):
        next(study().scored([{"depth": 2}, {"depth": 0}]))


def test_a_worker_that_is_killed_is_told() -> None:
    class Deadly:
        """Not a metric but the end of the process that asks it."""

        higher_is_better = True

        def score(self, *_: object) -> float:
            os.kill(os.getpid(), signal.SIGKILL)
            return 0.0

    within = replace(study(workers=2), metric=cast("Metric", Deadly()))
    with pytest.raises(ServiceError, match=r"A process of the search was killed.*fewer workers"):
        done(GridSearch(values=VALUES), within)


def test_neither_the_text_of_an_error_nor_a_warning_reaches_anyone(
    recwarn: pytest.WarningsRecorder, capfd: pytest.CaptureFixture[str]
) -> None:
    class Talkative:
        """A metric that fails and quotes what it was given."""

        higher_is_better = True

        def score(self, *_: object) -> float:
            warnings.warn("the cell canary-4711", stacklevel=2)
            msg = "the cell canary-4711"
            raise ValueError(msg)

    for workers in (1, 2):
        within = replace(study(workers=workers), metric=cast("Metric", Talkative()))
        trials = done(GridSearch(values={"depth": (1, 2)}), within)
        assert [trial.failure for trial in trials] == ["ValueError", "ValueError"]
    told = [str(warning.message) for warning in recwarn] + [*capfd.readouterr()]
    assert not [text for text in told if "canary" in text]


@pytest.mark.parametrize(
    ("search", "told"),
    [
        (HalvingSearch(values=VALUES, first_rows=600), "first_rows is 600, and there are only 500 rows"),
        (HalvingSearch(values=VALUES, folds=3), "8 rows in training are too few for the rounds"),
    ],
)
def test_halving_on_too_few_rows_is_refused(search: Search, told: str) -> None:
    within = study(rows=500)
    if search.folds == 3:
        cut = [(np.arange(4), np.arange(4, 8)), (np.arange(4, 8), np.arange(4))] * 2
        within = Study(SMALL, within.inputs[:8], within.targets[:8], cut, AUC)
    with pytest.raises(DataError, match=told):
        done(search, within)
