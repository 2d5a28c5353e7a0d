"""Versions for tests of criteria: a signal or noise, with as many rows as a test asks for."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from churn import churn
from mxt.criteria.base import Candidate
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.metrics.sklearn import SklearnMetric
from mxt.models.base.refits import TrainingTable
from mxt.models.logistic_regression import LogisticRegressionRecipe
from mxt.models.random_forest import RandomForestRecipe
from mxt.models.xgboost import XgboostRecipe

if TYPE_CHECKING:
    from mxt.explainers.base import Explanation


@cache
def candidate(rows: int = 400, signal: float = 2.0, seed: int = 0) -> Candidate:
    """A logistic regression of two numbers and a category, fitted to the first three quarters of the rows."""
    chance = np.random.default_rng(seed)
    inputs = pd.DataFrame(
        {
            "income": chance.normal(size=rows),
            "age": chance.normal(size=rows),
            "region": chance.choice(["east", "north", "west"], rows),
        },
        index=pd.Index([f"r{number:05}" for number in range(rows)], name="id"),
    )
    margins = signal * (inputs["income"] - inputs["age"] + (inputs["region"] == "west"))
    good = chance.random(rows) < 1 / (1 + np.exp(-margins))
    truth = pd.Series(np.where(good, "good", "bad"), index=inputs.index, name="risk").astype(object)
    held_out = slice(3 * rows // 4, None)
    recipe = LogisticRegressionRecipe()
    model = recipe.fit(inputs.iloc[: 3 * rows // 4], truth.iloc[: 3 * rows // 4])
    return Candidate(
        model=model.with_background(inputs.iloc[: 3 * rows // 4]),
        inputs=inputs.iloc[held_out],
        truth=truth.iloc[held_out],
        table=inputs.iloc[held_out].assign(risk=truth),
        training=whole(inputs, truth),
        recipe=recipe,
    )


def whole(inputs: pd.DataFrame, targets: pd.Series[Any]) -> TrainingTable:
    """A training table whose rows can be cut anyhow."""
    return TrainingTable(inputs, targets, HoldoutSplitter(), inputs[[]])


@cache
def trees() -> Candidate:
    """A model of the shipped table, and 100 rows that it was not fitted to."""
    inputs, targets = churn(1100)
    model = XgboostRecipe(trees=40, depth=3, learning_rate=0.2).fit(inputs[:1000], targets[:1000])
    held_out = inputs[1000:]
    return Candidate(
        model.with_background(inputs[:1000]), held_out, targets[1000:], held_out, whole(inputs, targets)
    )


@cache
def classes() -> Candidate:
    """A model of three classes."""
    inputs, _ = churn(700)
    inputs = inputs[["tenure", "MonthlyCharges", "Contract", "Partner"]]
    targets = inputs.pop("Contract")
    model = RandomForestRecipe(trees=20, depth=4).fit(inputs[:600], targets[:600])
    held_out = inputs[600:]
    return Candidate(
        model.with_background(inputs[:600]), held_out, targets[600:], held_out, whole(inputs, targets)
    )


def shuffled(explanation: Explanation) -> Explanation:
    """The contributions of each row, each given to a column drawn by chance."""
    return replace(explanation, values=np.random.default_rng(0).permuted(explanation.values, axis=1))


def with_truth(made: Candidate, truth: Any) -> Candidate:
    """The same version, judged on other targets."""
    whole = pd.Series(truth, index=made.training.targets.index, name="risk")
    training = replace(made.training, targets=whole)
    return replace(made, training=training, truth=whole.loc[made.truth.index])


def accuracy(minimum: float) -> SklearnMetric:
    return SklearnMetric(name="accuracy", minimum=minimum)


RARE = with_truth(candidate(), np.where(np.arange(400) == 399, "good", "bad").astype(object))
"""One row held out is of the class at stake, so that a third of all resamples has no score."""


def rare_precision(room: float) -> tuple[float, SklearnMetric]:
    """The average precision on `RARE`, and that metric with a minimum this far above it."""
    chances = RARE.model.predict(RARE.inputs)["probability_good"]
    score = float(average_precision_score(RARE.truth == "good", chances))
    return score, SklearnMetric(name="average_precision", minimum=score + room)
