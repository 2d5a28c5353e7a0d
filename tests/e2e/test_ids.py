"""A model's life on a table whose ids and labels are digits that are no numbers, in every format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import Project
from contracts.stores import Store, store

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 400
IDS = [f"{number:06}" for number in range(ROWS - 2)] + ["12345678901234567890", "12345678901234567891"]
SERVICE = {"experiment_name": "parcels", "registry_name": "parcels"}
SPLITTER = {"KIND": "StratifiedSplitter", "test_share": 0.3}


def parcels() -> pd.DataFrame:
    """Parcels, of which a tenth has the label 01 and the others 1."""
    chance = np.random.default_rng(5)
    weight = chance.normal(size=ROWS).round(3)
    label = np.where(weight + 0.2 * chance.normal(size=ROWS) > 1.2, "01", "1")
    depot = chance.choice(["007", "07", "7"], ROWS)
    return pd.DataFrame({"weight": weight, "depot": depot, "label": label}, index=pd.Index(IDS, name="id"))


def told(project: Project, kind: str, **fields: Any) -> dict[str, Any]:
    """The outcome of a job, run from a config by the command line."""
    content = {"job": {"KIND": kind, "mlflow_service": SERVICE, **fields}}
    project.config(f"{kind}.yaml", yaml.safe_dump(content))
    ended = project.here(kind)
    assert ended.code == 0, ended.err
    return ended.outcome


def reader_of(place: Store) -> dict[str, Any]:
    """The reader of a store as a config has it, without types."""
    options = {name: value for name, value in place.options.items() if name != "types"}
    return {"KIND": place.kind.__name__, "id_column": "id", **options}


def at(folder: Path, name: str, output: str) -> tuple[dict[str, Any], Store]:
    """A writer as a config has it, and the store that it writes to."""
    place = store(name, folder / output)
    (folder / output).mkdir()
    return json.loads(place.writer.model_dump_json()), place


@pytest.mark.parametrize("name", ["bare CSV", "CsvWriter", "ParquetWriter", "JsonlWriter", "SqlWriter"])
def test_ids_and_labels_are_unchanged_from_end_to_end(name: str, tmp_path: Path) -> None:
    (tmp_path / "confs").mkdir()
    project, table = Project(tmp_path), parcels()
    writer = "CsvWriter" if name == "bare CSV" else name
    _, source = at(tmp_path, writer, "source")
    if name == "bare CSV":
        table.to_csv(source.options["path"])
    else:
        source.writer.write(table)
    inputs = reader_of(source)
    recipe = {"KIND": "XgboostRecipe", "trees": 20, "depth": 3}
    training = {"inputs": inputs, "target": "label", "splitter": SPLITTER, "recipe": recipe}
    metrics = [{"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.5}]
    trained = told(project, "TrainingJob", **training, metrics=metrics, alias="Champion")
    evaluated = told(project, "EvaluationsJob", inputs=inputs, splitter=SPLITTER, metrics=metrics)
    assert evaluated["facts"]["roc_auc"] == trained["facts"]["test_roc_auc"]
    criterion = {"KIND": "MetricCriterion", "metric": metrics[0]}
    told(project, "CertificationJob", criteria=[criterion], workers=1)

    outputs, scored = at(tmp_path, writer, "scored")
    told(project, "InferenceJob", inputs=inputs, outputs=outputs)
    predictions = scored.kind(**_options(scored, "id")).read()
    assert sorted(predictions.index) == sorted(IDS)
    assert set(predictions["prediction"]) == {"01", "1"}
    assert {"probability_01", "probability_1"} <= {*predictions}
    assert (predictions["prediction"] == table["label"].loc[predictions.index]).mean() > 0.9

    samples, explained = at(tmp_path, writer, "explained")
    models, _ = at(tmp_path, writer, "importances")
    told(
        project,
        "ExplanationsJob",
        inputs_samples=inputs,
        samples_explanations=samples,
        models_explanations=models,
    )
    explanations = explained.kind(**_options(explained, "id")).read()
    assert sorted(explanations.index) == sorted(IDS)
    assert set(explanations["class"]) == {"1"}

    assignments, assigned = at(tmp_path, writer, "assigned")
    endpoint = {"KIND": "MeanEndpoint", "column": "weight", "margin": 5.0, "higher_is_better": True}
    told(project, "ABTestJob", inputs=inputs, salt="parcels", endpoints=[endpoint], assignments=assignments)
    assert sorted(assigned.kind(**_options(assigned, "subject")).read().index) == sorted(IDS)


def _options(place: Store, id_column: str) -> dict[str, Any]:
    return {name: value for name, value in place.options.items() if name != "types"} | {
        "id_column": id_column
    }


def test_the_numbers_do_not_depend_on_the_format(tmp_path: Path) -> None:
    (tmp_path / "confs").mkdir()
    project, table = Project(tmp_path), parcels()
    found = []
    for name in ("CsvWriter", "ParquetWriter", "JsonlWriter", "SqlWriter"):
        _, source = at(tmp_path, name, name)
        source.writer.write(table)
        fields = {"inputs": reader_of(source), "target": "label", "splitter": SPLITTER}
        recipe = {"KIND": "XgboostRecipe", "trees": 10, "depth": 2}
        metrics = [{"KIND": "SklearnMetric", "name": "neg_log_loss"}]
        found.append(told(project, "TrainingJob", **fields, recipe=recipe, metrics=metrics)["facts"])
    scores = {facts["test_neg_log_loss"] for facts in found}
    assert len(scores) == 1
