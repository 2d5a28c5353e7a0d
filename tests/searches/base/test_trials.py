"""The best trial is the best of the last round, and the scores of a round are summed up as usual."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mxt.errors import ModelError
from mxt.metrics.brier import BrierMetric
from mxt.metrics.sklearn import SklearnMetric
from mxt.searches.base.trials import Round, Trial, best_of

AUC, BRIER = SklearnMetric(name="roc_auc"), BrierMetric()


def trial(number: int, *means: float, failure: str = "") -> Trial:
    """A trial with one score a round."""
    return Trial(number, {"depth": number}, tuple(Round(100, (mean,), 1.0) for mean in means), failure)


def test_mean_and_deviation_are_those_of_numpy() -> None:
    scores = (0.7, 0.85, 0.9)
    assert Round(90, scores, 1.0).mean == pytest.approx(np.mean(scores))
    assert Round(90, scores, 1.0).deviation == pytest.approx(np.std(scores))


def test_a_round_without_a_score_of_some_fold_has_failed() -> None:
    failed = Round(90, (0.7, math.nan), 1.0)
    assert failed.failed
    assert math.isnan(failed.mean)
    assert math.isnan(failed.deviation)


def test_the_best_is_the_highest_or_the_lowest_by_the_metric_and_the_first_of_equals() -> None:
    trials = [trial(1, 0.2), trial(2, 0.8), trial(3, 0.8), trial(4, 0.2)]
    assert best_of(trials, AUC).number == 2
    assert best_of(trials, BRIER).number == 1


def test_only_trials_of_the_last_round_can_be_the_best() -> None:
    assert best_of([trial(1, 0.9), trial(2, 0.5, 0.6), trial(3, 0.6, 0.55)], AUC).number == 2


def test_a_trial_that_failed_is_never_the_best() -> None:
    assert best_of([trial(1, math.nan, failure="ValueError"), trial(2, 0.5)], AUC).number == 2


def test_a_search_whose_trials_all_failed_has_the_reason_of_the_first() -> None:
    trials = [trial(1, math.nan, failure="XGBoostError"), trial(2, math.nan, failure="ValueError")]
    with pytest.raises(ModelError, match=r"All trials failed; trial 1 of 2 since: XGBoostError$"):
        best_of(trials, AUC)
