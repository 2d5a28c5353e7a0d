"""A model's life on a table whose ids and labels are digits that are no numbers, in every format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import f1_score

from conftest import Project
from contracts.stores import Store, store
from mxt.datasets.splitters.stratified import StratifiedSplitter

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 400
IDS = [f"{number:06}" for number in range(ROWS - 2)] + ["12345678901234567890", "12345678901234567891"]
SERVICE = {"experiment_name": "parcels", "registry_name": "parcels"}
SPLITTER = {"KIND": "StratifiedSplitter", "test_share": 0.3}

RECIPE = {"KIND": "XgboostRecipe", "trees": 20, "depth": 3}
METRICS = [{"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.5}]
CRITERIA = [{"KIND": "MetricCriterion", "metric": METRICS[0]}]
MEAN = {"KIND": "MeanEndpoint", "column": "weight", "margin": 5.0, "higher_is_better": True}


def parcels() -> pd.DataFrame:
    """Parcels, of which a tenth has the label 01 and the others 1."""
    chance = np.random.default_rng(5)
    weight = chance.normal(size=ROWS).round(3)
    label = np.where(weight + 0.2 * chance.normal(size=ROWS) > 1.2, "01", "1")
    depot = chance.choice(["007", "07", "7"], ROWS)
    return pd.DataFrame({"weight": weight, "depot": depot, "label": label}, index=pd.Index(IDS, name="id"))


def outcome_of(project: Project, kind: str, **fields: Any) -> dict[str, Any]:
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


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder for configs."""
    (tmp_path / "confs").mkdir()
    return Project(tmp_path)


def read(place: Store, id_column: str = "id") -> pd.DataFrame:
    """What a store holds, without types."""
    options = {name: value for name, value in place.options.items() if name != "types"}
    return place.kind(**{**options, "id_column": id_column}).read()


@pytest.mark.parametrize(
    "name",
    [
        "bare CSV",
        "ParquetWriter",
        "SqlWriter",
        pytest.param("CsvWriter", marks=pytest.mark.slow),
        pytest.param("JsonlWriter", marks=pytest.mark.slow),
    ],
)
def test_ids_and_labels_are_unchanged_from_end_to_end(name: str, project: Project) -> None:
    table, writer = parcels(), "CsvWriter" if name == "bare CSV" else name
    _, source = at(project.root, writer, "source")
    if name == "bare CSV":
        table.to_csv(source.options["path"])
    else:
        source.writer.write(table)
    inputs = reader_of(source)
    training = {"inputs": inputs, "target": "label", "splitter": SPLITTER, "recipe": RECIPE, "positive": "01"}
    trained = outcome_of(project, "TrainingJob", **training, metrics=METRICS, alias="Champion")
    scores = [*METRICS, {"KIND": "SklearnMetric", "name": "f1"}]
    evaluated = outcome_of(project, "EvaluationsJob", inputs=inputs, metrics=scores)
    facts = evaluated["facts"]
    assert (facts["roc_auc"], facts["evaluation_rows"]) == (trained["facts"]["test_roc_auc"], 120)
    outcome_of(project, "CertificationJob", criteria=CRITERIA, workers=1)

    outputs, scored = at(project.root, writer, "scored")
    outcome_of(project, "InferenceJob", inputs=inputs, outputs=outputs)
    predictions = read(scored)
    assert (sorted(predictions.index), {*predictions["prediction"]}) == (sorted(IDS), {"01", "1"})
    assert {"probability_01", "probability_1"} <= {*predictions}
    assert (predictions["prediction"] == table["label"].loc[predictions.index]).mean() > 0.9
    held_out = StratifiedSplitter(test_share=0.3).split(table, "label").test
    expected = f1_score(held_out["label"], predictions.loc[held_out.index, "prediction"], pos_label="01")
    assert (facts["f1"], facts["positive"]) == (pytest.approx(expected, abs=1e-4), "01")

    samples, explained = at(project.root, writer, "explained")
    models, _ = at(project.root, writer, "importances")
    written = {"samples_explanations": samples, "models_explanations": models}
    outcome_of(project, "ExplanationsJob", inputs_samples=inputs, **written)
    explanations = read(explained)
    assert sorted(explanations.index) == sorted(IDS)
    assert set(explanations["class"]) == {"1"}


@pytest.mark.parametrize("name", ["CsvWriter", "ParquetWriter", "JsonlWriter", "SqlWriter"])
def test_subjects_are_unchanged_in_the_list_of_arms(name: str, project: Project) -> None:
    _, source = at(project.root, name, "source")
    source.writer.write(parcels())
    assignments, assigned = at(project.root, name, "assigned")
    fields = {"salt": "parcels", "endpoints": [MEAN], "assignments": assignments}
    outcome_of(project, "ABTestJob", inputs=reader_of(source), **fields)
    assert sorted(read(assigned, "subject").index) == sorted(IDS)


def test_the_numbers_do_not_depend_on_the_format(project: Project) -> None:
    facts = []
    for name in ("CsvWriter", "ParquetWriter", "JsonlWriter", "SqlWriter"):
        _, source = at(project.root, name, name)
        source.writer.write(parcels())
        fields = {"inputs": reader_of(source), "target": "label", "splitter": SPLITTER, "recipe": RECIPE}
        metrics = [{"KIND": "SklearnMetric", "name": "neg_log_loss"}]
        facts.append(outcome_of(project, "TrainingJob", **fields, metrics=metrics)["facts"])
    assert len({facts["test_neg_log_loss"] for facts in facts}) == 1
