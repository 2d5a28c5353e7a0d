"""A grid search has the trials that scikit-learn's has, and the best of them."""

from __future__ import annotations

from sklearn.model_selection import GridSearchCV

from mxt.metrics.calibration_error import CalibrationErrorMetric
from mxt.searches.base.trials import best_of
from mxt.searches.grid import GridSearch
from searches.studies import AUC, LISTS, VALUES, assert_same, done, scikit_learns, study


def test_a_grid_has_the_trials_and_the_best_of_scikit_learns() -> None:
    trials = done(GridSearch(values=VALUES), study())
    assert [trial.number for trial in trials] == [1, 2, 3, 4, 5, 6]
    assert_same(trials, scikit_learns(GridSearchCV, study(), LISTS))


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
