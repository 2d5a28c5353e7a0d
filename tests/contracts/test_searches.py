"""What every search owes: trials of the values it names, on the folds it is given, the same every time."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from churn import churn
from mxt.datasets.folds import folds
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.kinds import members
from mxt.kinds.texts import example_of
from mxt.metrics.sklearn import SklearnMetric
from mxt.models.logistic_regression import LogisticRegressionRecipe
from mxt.models.xgboost import XgboostRecipe
from mxt.searches.base import Search
from mxt.searches.base.ranges import Range
from mxt.searches.base.studies import Study
from mxt.searches.base.trials import Trial, best_of


def cheap(kind: type[Search]) -> Search:
    """The example of a kind, with few draws."""
    few = {"candidates": 4} if "candidates" in yaml.safe_load(example_of(kind)) else {}
    return kind.model_validate_json(json.dumps({**yaml.safe_load(example_of(kind)), **few}))


SEARCHES = {name: cheap(kind) for name, kind in members(Search).items()}
each_search = pytest.mark.parametrize("name", SEARCHES)
RECIPE = XgboostRecipe(trees=2)
ROWS, FOLDS = 240, 2


def study(order: Any = slice(None), workers: int = 1) -> Study:
    inputs, targets = churn(ROWS)
    table = inputs[["tenure", "MonthlyCharges"]].assign(Churn=targets).iloc[order]
    cut = folds(table, "Churn", HoldoutSplitter(), "classification", FOLDS, seed=0)
    metric = SklearnMetric(name="roc_auc")
    return Study(RECIPE, table.drop(columns="Churn"), table["Churn"], cut, metric, workers)


def done(search: Search, within: Study) -> list[Trial]:
    return [trial for some in search.trials(within) for trial in some]


@cache
def trials_of(name: str) -> list[Trial]:
    """The trials of a search, run once; the study must be left as it was."""
    within = study()
    kept = replace(within, inputs=within.inputs.copy(), targets=within.targets.copy())
    trials = done(SEARCHES[name], within)
    assert within.recipe == kept.recipe
    assert within.inputs.equals(kept.inputs)
    assert within.targets.equals(kept.targets)
    return trials


@each_search
def test_the_trials_are_those_promised(name: str) -> None:
    search = SEARCHES[name]
    trials = trials_of(name)
    assert [trial.number for trial in trials] == [*range(1, search.total + 1)]
    for trial in trials:
        assert {*trial.values} == {*search.tried}
        for field, value in trial.values.items():
            tried = search.tried[field]
            if isinstance(tried, Range):
                assert isinstance(value, int | float)
                assert tried.low <= value <= tried.high
            else:
                assert value in tried
        assert all(len(scored.scores) == FOLDS for scored in trial.rounds)
        rows = [scored.rows for scored in trial.rounds]
        assert rows == sorted(set(rows))
        assert rows[-1] <= ROWS


@each_search
def test_neither_the_order_of_rows_nor_the_workers_matter(name: str) -> None:
    shuffled = np.random.default_rng(0).permutation(ROWS)
    first, second = (
        [(trial.values, [scored.scores for scored in trial.rounds]) for trial in trials]
        for trials in (trials_of(name), done(SEARCHES[name], study(shuffled, workers=2)))
    )
    assert first == second


@each_search
def test_the_best_came_to_the_last_round_and_scored_best_there(name: str) -> None:
    trials = trials_of(name)
    best, longest = best_of(trials, study().metric), max(len(trial.rounds) for trial in trials)
    last = [trial.last.mean for trial in trials if len(trial.rounds) == longest]
    assert len(best.rounds) == longest
    assert best.last.mean == max(last)


@each_search
def test_a_recipe_without_the_fields_is_refused(name: str) -> None:
    SEARCHES[name].check(RECIPE)
    with pytest.raises(ValidationError, match="LogisticRegressionRecipe has no field 'depth'"):
        SEARCHES[name].check(LogisticRegressionRecipe())
