"""A random search draws and scores as scikit-learn's does."""

from __future__ import annotations

import pytest
from scipy.stats import loguniform
from sklearn.model_selection import RandomizedSearchCV

from mxt.searches.base.ranges import Range
from mxt.searches.random import RandomSearch
from searches.studies import LISTS, VALUES, assert_same, done, scikit_learns, study


def test_a_random_search_draws_and_scores_as_scikit_learns_does() -> None:
    lists = RandomSearch(values=VALUES, candidates=4, seed=3)
    expected = scikit_learns(RandomizedSearchCV, study(), LISTS, n_iter=4, random_state=3)
    assert_same(done(lists, study()), expected)


def test_ranges_are_drawn_from_as_scikit_learn_draws_from_distributions() -> None:
    ranges = RandomSearch(values={"l2": Range(low=0.01, high=100.0, log=True)}, candidates=5)
    spread = {"l2": loguniform(0.01, 100.0)}
    theirs = scikit_learns(RandomizedSearchCV, study(), spread, n_iter=5, random_state=0)
    expected = [params["l2"] for params in theirs.cv_results_["params"]]
    assert [trial.values["l2"] for trial in done(ranges, study())] == pytest.approx(expected, rel=1e-12)


def test_all_combinations_are_tried_if_more_were_to_be_drawn() -> None:
    search = RandomSearch(values=VALUES, candidates=1000)
    assert search.total == 6
    assert len({tuple(trial.values.items()) for trial in done(search, study())}) == 6
