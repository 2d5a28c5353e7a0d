"""Cross-validation is scikit-learn's, and says so where the data cannot tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.model_selection import cross_val_score

from criteria.candidates import candidate, with_truth
from mxt.criteria.cross_validation import CrossValidationCriterion
from mxt.datasets.splitters.grouped import GroupedSplitter
from mxt.datasets.splitters.time import TimeSplitter
from mxt.metrics.sklearn import SklearnMetric
from mxt.models.base.estimator import RecipeEstimator


def sklearn_scores(folds: int, repeats: int, scoring: str) -> np.ndarray:
    made = candidate()
    assert made.recipe is not None
    cuts = [cut for repeat in range(repeats) for cut in made.training.folds(made.recipe, folds, 3 + repeat)]
    return np.asarray(
        cross_val_score(
            RecipeEstimator(made.recipe),
            made.training.inputs,
            made.training.targets,
            cv=cuts,
            scoring=scoring,
        )
    )


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "neg_log_loss"])
def test_mean_and_deviation_are_those_of_cross_val_score(name: str) -> None:
    criterion = CrossValidationCriterion(metric=SklearnMetric(name=name, minimum=-9.0), folds=4, repeats=2)
    mean, deviation = criterion.assess(replace(candidate(), seed=3))
    expected = sklearn_scores(4, 2, name)
    assert mean.value == pytest.approx(expected.mean(), abs=1e-12)
    assert deviation.value == pytest.approx(expected.std(), abs=1e-12)
    assert (mean.criterion, deviation.criterion) == (f"cv_mean_{name}", f"cv_deviation_{name}")
    assert mean.n == deviation.n == 8


def test_the_interval_is_that_of_nadeau_and_bengio() -> None:
    mean, deviation = CrossValidationCriterion(folds=4, repeats=2).assess(replace(candidate(), seed=3))
    scores = sklearn_scores(4, 2, "accuracy")
    error = np.sqrt((1 / 8 + 1 / 3) * scores.var(ddof=1))
    assert (mean.low, mean.high) == pytest.approx(stats.t(7, scores.mean(), error).interval(0.95))
    ends = [np.sqrt(3 * scores.var(ddof=1) / stats.chi2(3).ppf(share)) for share in (0.975, 0.025)]
    assert [deviation.low, deviation.high] == pytest.approx(ends)


def test_a_missed_target_has_its_distance() -> None:
    metric = SklearnMetric(name="accuracy", minimum=0.99)
    mean, deviation = CrossValidationCriterion(metric=metric, maximum_deviation=0.001).assess(candidate())
    assert mean.outcome == deviation.outcome == "FAIL"
    assert mean.missed_by == pytest.approx(0.99 - mean.value)
    assert deviation.missed_by == pytest.approx(deviation.value - 0.001)


@pytest.mark.parametrize(
    ("rows", "bad", "why"),
    [(60, 20, "60 rows; at least 100"), (200, 0, "the same target"), (200, 3, "a class has 3 rows")],
)
def test_too_little_data_is_insufficient(rows: int, bad: int, why: str) -> None:
    made = with_truth(candidate(rows), np.where(np.arange(rows) < bad, "bad", "good").astype(object))
    for assessment in CrossValidationCriterion().assess(made):
        assert assessment.outcome == "INSUFFICIENT"
        assert why in assessment.note
        assert np.isnan([assessment.value, assessment.low, assessment.high]).all()


def test_folds_keep_groups_together_as_the_split_did() -> None:
    made = candidate()
    homes = pd.Series(np.arange(400) // 8, index=made.training.inputs.index, name="home")
    training = replace(made.training, splitter=GroupedSplitter(group="home"), keys=homes.to_frame())
    assert made.recipe is not None
    for train, test in training.folds(made.recipe, 5, 0):
        assert not set(homes.iloc[train]) & set(homes.iloc[test])
    few = replace(training, splitter=GroupedSplitter(group="home"), keys=(homes // 25).to_frame())
    for assessment in CrossValidationCriterion().assess(replace(made, training=few)):
        assert assessment.outcome == "INSUFFICIENT"
        assert "groups of column 'home'" in assessment.note


def test_rows_in_time_are_scored_after_those_they_learn_from_and_once() -> None:
    made = candidate()
    days = pd.Series(pd.date_range("2026-01-01", periods=400), index=made.training.inputs.index, name="day")
    training = replace(made.training, splitter=TimeSplitter(column="day"), keys=days.to_frame())
    assert made.recipe is not None
    for train, test in training.folds(made.recipe, 5, 0):
        assert days.iloc[train].max() < days.iloc[test].min()
    mean, _ = CrossValidationCriterion().assess(replace(made, training=training))
    assert mean.n == 5
