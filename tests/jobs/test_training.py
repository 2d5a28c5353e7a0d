"""Training fits the recipe of the config as it stands."""

from __future__ import annotations

import pandas as pd

from mxt.jobs.training import TrainingJob

CONFIG = {
    "inputs": {"KIND": "CsvReader", "path": "data.csv"},
    "target": "y",
    "recipe": {"KIND": "LogisticRegressionRecipe", "seed": 7},
}


def test_the_recipe_is_that_of_the_config_whatever_the_table_holds() -> None:
    job = TrainingJob.model_validate(CONFIG)
    table = pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]})
    choice = job.choose(table[["x"]], table)
    assert choice.recipe == job.recipe
    assert choice.values == {}
