"""Training fits the recipe of the config as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from flights import flights, source, train_flights
from mxt.errors import ModelError
from mxt.jobs.training import TrainingJob
from runs import SMALL, run

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_text_of_many_values_that_training_rows_lack_is_missing_to_the_model(
    task: str, tmp_path: Path
) -> None:
    recipe = {**SMALL, "task": task}
    trained = train_flights(
        tmp_path, recipe=recipe, target="late" if task == "classification" else "distance"
    )
    model, later = trained["model"], flights(50, seed=1)
    new = later.assign(tail="N999")
    assert not flights()["tail"].isin(model.background["tail"]).all(), "held-out rows have some too"
    output = {"KIND": "ParquetWriter", "path": "scored.parquet"}
    run(tmp_path, "InferenceJob", inputs=source(tmp_path / "new.csv", new), outputs=output)
    scored = pd.read_parquet(tmp_path / "scored.parquet").set_index("flight")
    pd.testing.assert_frame_equal(scored, model.predict(later.assign(tail=None)), check_dtype=False)
    assert not scored["prediction"].equals(model.predict(later)["prediction"])


def test_a_category_of_a_listed_column_is_not_missing_to_the_model_because_it_is_new(tmp_path: Path) -> None:
    model = train_flights(tmp_path)["model"]
    assert model.predictor.open_columns == {"tail"}
    with pytest.raises(ModelError, match=r"'destination' holds 1 categories .* `unseen: missing`"):
        model.predict(flights(50, seed=1).assign(destination="CANARY"))
