"""Versions for tests of criteria: a signal or noise, with as many rows as a test asks for."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from mxt.criteria.base import Subject
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.models.base.refits import TrainingTable
from mxt.models.logistic_regression import LogisticRegressionRecipe


@cache
def subject(rows: int = 400, signal: float = 2.0, seed: int = 0) -> Subject:
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
    return Subject(
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


def with_truth(found: Subject, truth: Any) -> Subject:
    """The same version, judged on other targets."""
    whole = pd.Series(truth, index=found.training.targets.index, name="risk")
    training = replace(found.training, targets=whole)
    return replace(found, training=training, truth=whole.loc[found.truth.index])
