"""Successive halving has the rounds and the best of scikit-learn's, and refuses too few rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the next import work
from sklearn.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV

from mxt.errors import DataError
from mxt.searches.base.studies import Study
from mxt.searches.base.trials import best_of
from mxt.searches.halving import HalvingSearch
from searches.studies import AUC, LISTS, SMALL, VALUES, done, scikit_learns, study


def test_halving_has_the_rounds_and_the_best_of_scikit_learns() -> None:
    trials = done(HalvingSearch(values=VALUES, factor=2), study())
    options = {"factor": 2, "random_state": 0, "min_resources": "exhaust"}
    expected = scikit_learns(HalvingGridSearchCV, study(), LISTS, **options)
    assert best_of(trials, AUC).values == expected.best_params_
    rounds = [done.mean for trial in trials for done in trial.rounds]
    np.testing.assert_allclose(sorted(rounds), sorted(expected.cv_results_["mean_test_score"]), atol=1e-12)
    assert len(trials) == 6
    by_length = sorted(len(trial.rounds) for trial in trials)
    assert by_length == [1, 1, 1, 2, 3, 3]
    assert [done.rows for done in best_of(trials, AUC).rounds] == [125, 250, 500]


def test_halving_of_drawn_candidates_has_the_best_of_scikit_learns() -> None:
    search = HalvingSearch(values=VALUES, candidates=4, factor=2, first_rows=200)
    options = {"n_candidates": 4, "factor": 2, "random_state": 0, "min_resources": 200}
    expected = scikit_learns(HalvingRandomSearchCV, study(), LISTS, **options)
    trials = done(search, study())
    assert best_of(trials, AUC).values == expected.best_params_
    assert [done.rows for done in best_of(trials, AUC).rounds] == [200, 400]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (HalvingSearch(values=VALUES, first_rows=600), "first_rows is 600, and there are only 500 rows"),
        (HalvingSearch(values=VALUES, folds=3), "8 rows in training are too few for the rounds"),
    ],
)
def test_halving_on_too_few_rows_is_refused(search: HalvingSearch, message: str) -> None:
    within = study(rows=500)
    if search.folds == 3:
        cut = [(np.arange(4), np.arange(4, 8)), (np.arange(4, 8), np.arange(4))] * 2
        within = Study(SMALL, within.inputs[:8], within.targets[:8], cut, AUC)
    with pytest.raises(DataError, match=message):
        done(search, within)
