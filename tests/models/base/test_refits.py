"""Refits: permuted targets, folds, and scores in the order of the refits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.datasets.splitters.grouped import GroupedSplitter
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.datasets.splitters.time import TimeSplitter
from mxt.errors import DataError
from mxt.metrics.sklearn import SklearnMetric
from mxt.models.base.refits import Refit, TrainingTable, last_fold, scores
from mxt.models.logistic_regression import LogisticRegressionRecipe

CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame({"x": CHANCE.normal(size=60)}, index=[f"id-{row:02}" for row in range(60)])
TARGETS = pd.Series(np.where(INPUTS["x"] > 0, "y", "n"), INPUTS.index, name="t")
HOMES = pd.DataFrame({"home": np.repeat(np.arange(20), 3)}, INPUTS.index)
TABLE = TrainingTable(INPUTS, TARGETS, HoldoutSplitter(), INPUTS[[]])
ACCURACY = SklearnMetric(name="accuracy")


def grouped(targets: Any) -> TrainingTable:
    series = pd.Series(targets, INPUTS.index, name="t")
    return TrainingTable(INPUTS, series, GroupedSplitter(group="home"), HOMES)


def test_targets_are_permuted_by_seed_and_number() -> None:
    one, again, other = (TABLE.permuted(seed, number).targets for seed, number in ((1, 0), (1, 0), (1, 1)))
    assert one.equals(again)
    assert not one.equals(other)
    assert one.index.equals(TARGETS.index)
    assert sorted(one) == sorted(TARGETS)
    assert TABLE.bound == ""


def test_targets_of_groups_go_from_group_to_group() -> None:
    table = grouped(np.repeat(np.arange(20), 3))
    assert table.bound == ""
    permuted = table.permuted(0, 0).targets.to_numpy().reshape(20, 3)
    assert (permuted == permuted[:, :1]).all()
    assert sorted(permuted[:, 0]) == [*range(20)]
    assert permuted[:, 0].tolist() != [*range(20)]


def test_rows_that_are_not_exchangeable_are_bound() -> None:
    assert "several targets" in grouped(np.arange(60)).bound
    when = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=60)}, INPUTS.index)
    assert "order of time" in TrainingTable(INPUTS, TARGETS, TimeSplitter(column="day"), when).bound


def test_scores_come_in_the_order_of_the_refits_and_are_computed_as_they_are_read() -> None:
    recipe = LogisticRegressionRecipe()
    folds = TABLE.folds(recipe, 3, 0)
    made = []

    def refits() -> Any:
        for train, test in folds:
            made.append(len(test))
            yield Refit(recipe, TABLE, train, test)

    stream = scores(refits(), ACCURACY, 1)
    first = next(stream)
    assert len(made) == 1
    model = recipe.fit(INPUTS.iloc[folds[0][0]], TARGETS.iloc[folds[0][0]])
    predicted = model.predict(INPUTS.iloc[folds[0][1]])["prediction"]
    assert first == (predicted == TARGETS.iloc[folds[0][1]]).mean()
    assert len([*stream]) == 2


def test_the_last_fold_is_scored_and_one_target_cannot_be_learned() -> None:
    refit = last_fold(LogisticRegressionRecipe(), TABLE, 3, 0)
    train, test = TABLE.folds(LogisticRegressionRecipe(), 3, 0)[-1]
    assert (refit.train.tolist(), refit.test.tolist()) == (train.tolist(), test.tolist())
    lonely = Refit(refit.recipe, TABLE, np.flatnonzero(TARGETS == "y"), test)
    with pytest.raises(DataError, match="training rows of a fold have one 't'; use fewer folds"):
        lonely.score(ACCURACY)
