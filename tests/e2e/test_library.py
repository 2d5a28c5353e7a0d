"""The package of the page "Add a library": MXT explains and predicts with a library that it does not know."""

from __future__ import annotations

import importlib
import re
import sys
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pandas as pd
import pytest

import mxt
from blank import blank_store
from conftest import REPOSITORY
from mxt.models import Model
from mxt.predictors.base.library import ENTRY_POINTS, predictor_class, predictor_of
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.savers.mlflow import MlflowSaver
from mxt.schemas import InputsSchema
from mxt.services import MlflowService
from packages import installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Project

PAGE = REPOSITORY / "docs" / "how-to" / "add-a-library.md"
ROWS = pd.DataFrame({"age": [20.0, 40.0, 50.0, 25.0], "debt": [0.0, 50.0, 500.0, 900.0]})
CONFIG = """
job:
  KIND: ExplanationsJob
  mlflow_service: {experiment_name: cards, registry_name: cards}
  inputs_samples: {KIND: CsvReader, path: rows.csv, id_column: id}
  models_explanations: {KIND: CsvWriter, path: outputs/models.csv}
  samples_explanations: {KIND: CsvWriter, path: outputs/samples.csv}
  alias_or_version: 1
"""


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A scorecard of the page's library, where the page's package is installed."""
    library, package = re.findall(r"```python\n(\"\"\".*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    folder, named = tmp_path_factory.mktemp("scorecards"), "mxt_scorecards:ScorecardsPredictor"
    modules = {"scorecards": library, "mxt_scorecards": package}
    installed(folder, modules, {ENTRY_POINTS: {"scorecards": named}})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        made = importlib.import_module("scorecards").Scorecard
        yield made(["age", "debt"], [30.0, 100.0], [1.0, -2.0], 0.5)
    for name in modules:
        sys.modules.pop(name, None)
    predictor_class.cache_clear()


def shapley_values() -> np.ndarray:
    """Of the probabilities of the card, against rows of which a quarter has each pair of answers."""
    chances = 1 / (1 + np.exp(-(0.5 + np.arange(2)[:, None] - 2 * np.arange(2))))
    first, second = (ROWS["age"] > 30).to_numpy(int), (ROWS["debt"] > 100).to_numpy(int)
    by_first, by_second = chances.mean(axis=1)[first], chances.mean(axis=0)[second]
    both, none = chances[first, second], chances.mean()
    return np.column_stack([by_first - none + both - by_second, by_second - none + both - by_first]) / 2


def test_a_model_of_the_library_is_explained_in_python(card: Any) -> None:
    assert "mxt_scorecards" not in sys.modules
    explained = mxt.explain(card, ROWS, background=ROWS)
    np.testing.assert_allclose(np.squeeze(explained.values), shapley_values(), atol=1e-12)


def test_a_version_of_the_library_is_saved_loaded_and_explained_by_a_job(card: Any, project: Project) -> None:
    ROWS.rename_axis("id").to_csv(project.root / "rows.csv")
    store = f"sqlite:///{blank_store(project.root)}"
    service = MlflowService(tracking_uri=store, experiment_name="cards", registry_name="cards")
    service.start()
    model = Model(predictor_of(card, [], [])).with_background(ROWS)
    with mlflow.start_run(experiment_id=service.experiment_id):
        uri = MlflowSaver().save(model, InputsSchema.infer(ROWS), ROWS.head(2), "bought")
    mlflow.register_model(uri, "cards")
    again = MlflowLoader().load("models:/cards/1")
    assert type(again.predictor) is type(model.predictor)
    assert again.predict(ROWS).equals(model.predict(ROWS))
    assert again.background is not None
    assert again.background.equals(ROWS)
    project.config("cards.yaml", CONFIG)
    ended = project.here("cards", f"job.mlflow_service.tracking_uri={store}")
    assert ended.code == 0, ended.err
    samples = pd.read_csv(project.root / "outputs" / "samples.csv")
    np.testing.assert_allclose(samples[["age", "debt"]], shapley_values(), atol=1e-12)
