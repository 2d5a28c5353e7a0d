"""The package of the page "Add a library": MXT explains and predicts with a library that it does not know."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from conftest import REPOSITORY, clean_environment
from packages import installed

if TYPE_CHECKING:
    from conftest import Project

PAGE = REPOSITORY / "docs" / "how-to" / "add-a-library.md"

CONFIG = """
job:
  KIND: ExplanationsJob
  mlflow_service: {experiment_name: cards, registry_name: cards}
  inputs_samples: {KIND: CsvReader, path: rows.csv, id_column: id}
  models_explanations: {KIND: CsvWriter, path: outputs/models.csv}
  samples_explanations: {KIND: CsvWriter, path: outputs/samples.csv}
  alias_or_version: 1
"""

PROGRAM = """
import json, sys, mlflow, numpy as np, pandas as pd, mxt
assert "mxt_scorecards" not in sys.modules
from scorecards import Scorecard
from sklearn.pipeline import Pipeline
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.savers.mlflow import MlflowSaver
from mxt.schemas import InputsSchema
from mxt.services import MlflowService

table = pd.read_csv("rows.csv")[["age", "debt"]]
card = Scorecard(["age", "debt"], [30.0, 100.0], [1.0, -2.0], 0.5)
explained = mxt.explain(card, table, background=table)
model = Model(predictor_of(card, [], [])).with_background(table)
service = MlflowService(tracking_uri="sqlite:///mlflow.db", experiment_name="cards", registry_name="cards")
service.start()
with mlflow.start_run(experiment_id=service.experiment_id):
    uri = MlflowSaver().save(model, InputsSchema.infer(table), table.head(2), "bought")
mlflow.register_model(uri, "cards")
again = MlflowLoader().load("models:/cards/1")
print(json.dumps({
    "served": type(again.predictor).__name__,
    "values": np.squeeze(explained.values).tolist(),
    "same": again.predict(table).equals(model.predict(table)),
    "background": again.background.equals(table),
}))
"""


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the page's library and package are installed."""
    library, package = re.findall(r"```python\n(\"\"\".*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    folder, named = tmp_path_factory.mktemp("scorecards"), "mxt_scorecards:ScorecardsPredictor"
    modules = {"scorecards": library, "mxt_scorecards": package}
    return installed(folder, modules, {"mxt.predictors": {"scorecards": named}})


def test_a_library_from_outside_is_explained_saved_and_served_to_jobs(
    project: Project, env: dict[str, str]
) -> None:
    rows = pd.DataFrame({"id": range(4), "age": [20.0, 40.0, 50.0, 25.0], "debt": [0.0, 50.0, 500.0, 900.0]})
    rows.to_csv(project.root / "rows.csv", index=False)
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=project.root,
        env=clean_environment(env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout.splitlines()[-1])
    assert (answer["served"], answer["same"], answer["background"]) == ("ScorecardsPredictor", True, True)
    job = project.mxt(project.config("cards.yaml", CONFIG), env=env)
    assert job.code == 0, job.err
    samples = pd.read_csv(project.root / "outputs" / "samples.csv")
    expected = shapley_values(rows["age"] > 30, rows["debt"] > 100)
    np.testing.assert_allclose(answer["values"], expected, atol=1e-12)
    np.testing.assert_allclose(samples[["age", "debt"]], expected, atol=1e-12)


def shapley_values(raised: pd.Series[bool], owed: pd.Series[bool]) -> np.ndarray:
    """Of the probabilities of the card, against rows of which a quarter has each pair of answers."""
    chances = 1 / (1 + np.exp(-(0.5 + np.arange(2)[:, None] - 2 * np.arange(2))))
    first, second = raised.to_numpy(int), owed.to_numpy(int)
    by_first, by_second = chances.mean(axis=1)[first], chances.mean(axis=0)[second]
    both, none = chances[first, second], chances.mean()
    return np.column_stack([by_first - none + both - by_second, by_second - none + both - by_first]) / 2
