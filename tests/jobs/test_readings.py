"""Versions trained before cells were read exactly: their ids, splits, digests, certificates and outputs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.readers.csv import CsvReader
from mxt.errors import DataError
from mxt.registries import certificates, digests
from mxt.registries.changes import changed
from mxt.registries.origins import origin_of
from mxt.registries.readings import READING_TAG, reading_of
from mxt.registries.rows import CertifiedRows
from mxt.registries.versions import HELD_OUT_TAG, Pinned, pin
from runs import SMALL, make, run

ROWS = 300
METRICS = [{"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.5}]
TRAINING = {
    "target": "label",
    "exclude": ["day"],
    "recipe": SMALL,
    "splitter": {"KIND": "StratifiedSplitter", "test_share": 0.4},
}
EVALUATION = {"metrics": METRICS, "splitter": TRAINING["splitter"]}
CRITERIA = [{"KIND": "MetricCriterion", "metric": METRICS[0]}]


def write(folder: Path, days: int = 3) -> dict[str, Any]:
    """A table of some days as a spreadsheet exports it, with padded ids and months."""
    chance = np.random.default_rng(3)
    number = np.arange(ROWS)
    weight = chance.normal(size=ROWS).round(3)
    table = pd.DataFrame(
        {
            "id": [f"{each:06}" for each in number],
            "weight": weight,
            "month": [f"{1 + each % 12:02}" for each in number],
            "label": np.where(weight + 0.3 * chance.normal(size=ROWS) > 0, 1, 0),
            "day": [f"2026-11-{1 + each // 100:02}" for each in number],
        }
    )
    table[number // 100 < days].to_csv(folder / "table.csv", index=False)
    return {"KIND": "CsvReader", "path": "table.csv", "id_column": "id"}


def forget(pinned: Pinned) -> None:
    """Make a version, and its run, as they were made before readers had a reading."""
    client = mlflow.MlflowClient()
    client.delete_model_version_tag(pinned.name, str(pinned.version), READING_TAG)
    config = digests.recorded(pinned.run_id, "config.json")
    inputs = config["inputs"]
    assert isinstance(inputs, dict)
    del inputs["reading"]
    client.log_text(pinned.run_id, json.dumps(config, indent=2), "config.json")


@pytest.fixture
def former(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one version of before, whose training read ids and months as integers."""
    monkeypatch.chdir(tmp_path)
    inputs = {**write(tmp_path), "reading": "inferred"}
    trained = run(tmp_path, "TrainingJob", inputs=inputs, **TRAINING, alias="Champion")
    forget(trained["version"])
    return tmp_path


def score(root: Path, version: int | str = "Champion", **fields: Any) -> dict[str, Any]:
    inputs = {"KIND": "CsvReader", "path": "table.csv", "id_column": "id"}
    return run(root, "EvaluationsJob", inputs=inputs, alias_or_version=version, **EVALUATION, **fields)


def infer(root: Path, days: int, output: str = "scored", **fields: Any) -> pd.DataFrame:
    inputs, outputs = write(root, days), {"KIND": "ParquetWriter", "path": output}
    run(root, "InferenceJob", inputs=inputs, outputs=outputs, **fields)
    return pd.read_parquet(root / output)


def test_a_version_of_before_is_scored_on_the_rows_that_its_training_held_out(former: Path) -> None:
    client = mlflow.MlflowClient()
    pinned = pin(client, "churn", 1)
    assert reading_of(pinned) == "inferred"
    trained = client.get_run(pinned.run_id).data.metrics["test_roc_auc"]
    assert score(former)["evaluations"].loc["roc_auc", "score"] == pytest.approx(trained, abs=1e-12)


def test_a_version_of_today_reads_ids_as_texts(former: Path) -> None:
    trained = run(former, "TrainingJob", inputs=write(former), **TRAINING)
    assert reading_of(trained["version"]) == "exact"
    table = CsvReader(path=str(former / "table.csv"), id_column="id").read()
    held_out = make(former, "TrainingJob", inputs=write(former), **TRAINING).splitter.split(table, "label")  # type: ignore[attr-defined] # a training's
    digest = fingerprint([pa.RecordBatch.from_pandas(held_out.test.reset_index())]).digest
    assert trained["version"].tags[HELD_OUT_TAG] == digest
    assert held_out.test.index[0].startswith("000")


def test_outputs_of_a_version_of_before_keep_their_integers(former: Path) -> None:
    assert infer(former, 3)["id"].tolist() == list(range(ROWS))


def test_rows_are_added_to_outputs_in_the_type_of_their_ids(former: Path) -> None:
    since = {"since": "last", "watermark": "day"}
    infer(former, 1, **since)
    trained = run(former, "TrainingJob", inputs=write(former), **TRAINING)
    today = {"alias_or_version": trained["version"].version, **since}
    assert infer(former, 2, **today)["id"].tolist() == list(range(200))
    assert infer(former, 2, "other", **today)["id"].iloc[-1] == "000199"
    assert infer(former, 3, "other", **since)["id"].iloc[-1] == "000299"


def test_ids_that_are_the_watermark_grow_as_numbers(former: Path) -> None:
    trained = run(former, "TrainingJob", inputs=write(former), **TRAINING)
    outputs = {"KIND": "ParquetWriter", "path": "grown"}
    for rows in (9, 12):
        lines = (former / "table.csv").read_text().splitlines()[: rows + 1]
        (former / "few.csv").write_text(
            "\n".join(line.removeprefix("00000").removeprefix("0000") for line in lines)
        )
        inputs = {"KIND": "CsvReader", "path": "few.csv", "id_column": "id"}
        watermark = {"since": "last", "watermark": "id", "alias_or_version": trained["version"].version}
        run(former, "InferenceJob", inputs=inputs, outputs=outputs, **watermark)
    assert pd.read_parquet(former / "grown")["id"].tolist() == list(range(12))


def test_a_certificate_of_before_still_counts(former: Path) -> None:
    """The readers that it names have no reading, and read the digests that it is bound to."""
    client = mlflow.MlflowClient()
    issued = run(former, "CertificationJob", criteria=CRITERIA, workers=1)["certificate"]
    sources = json.loads(json.dumps(issued.sources))
    for name in ("training_data", "evaluation_data"):
        assert sources[name]["reader"].pop("reading") == "inferred"
    before = replace(issued, sources=sources)
    pinned = pin(client, "churn", 1)
    assert not {"training_data", "evaluation_data"} & {*changed(pinned, before, str(former))}
    read = CertifiedRows.from_content(sources["training_data"], str(former)).reader
    assert read.read().index.tolist() == list(range(ROWS))


def test_a_certificate_of_today_says_how_rows_were_read(former: Path) -> None:
    write(former)
    trained = run(former, "TrainingJob", inputs=write(former), **TRAINING)
    version = trained["version"].version
    issued = run(former, "CertificationJob", alias_or_version=version, criteria=CRITERIA, workers=1)
    assert issued["certificate"].sources["training_data"]["reader"]["reading"] == "exact"
    assert not {"training_data", "evaluation_data"} & {
        *changed(trained["version"], issued["certificate"], str(former))
    }
    stored = certificates.recorded_training_rows(trained["version"], str(former))
    assert stored is not None
    assert stored.now() == stored.digest


def test_the_origin_of_a_version_names_its_recorded_reader(former: Path) -> None:
    origin = origin_of(pin(mlflow.MlflowClient(), "churn", 1), {}, str(former))
    assert origin.inputs.reading is None


def test_texts_of_a_hand_written_schema_are_texts_in_the_table(former: Path) -> None:
    schema = (
        "schema_type: dataframe\ncolumns:\n"
        "  weight: {dtype: float64}\n  month: {dtype: str}\n  day: {dtype: str}\n"
    )
    (former / "schema.yaml").write_text(schema)
    fields = {**TRAINING, "exclude": [], "inputs_schema": "schema.yaml"}
    pd.read_csv(former / "table.csv", dtype={"id": "str"}).to_csv(former / "table.csv", index=False)
    inputs = {"KIND": "CsvReader", "path": "table.csv", "id_column": "id"}
    trained = run(former, "TrainingJob", inputs=inputs, **fields)
    assert set(trained["model"].background["month"]) == {str(month) for month in range(1, 13)}
    run(former, "CertificationJob", alias_or_version=2, criteria=CRITERIA, workers=1)


def test_the_challenger_is_compared_with_a_champion_evaluated_before(former: Path) -> None:
    """The digests of their table differ by the reading alone."""
    lines = (former / "table.csv").read_text().splitlines()
    (former / "table.csv").write_text("\n".join([lines[0], *(line.lstrip("0") for line in lines[2:])]))
    inputs = {"KIND": "CsvReader", "path": "table.csv", "id_column": "id"}
    run(former, "TrainingJob", inputs=inputs, **TRAINING, alias="Challenger")
    score(former)
    score(former, "Challenger")
    gates = [{"KIND": "ChallengerGate", "metric": "roc_auc", "margin": -1}]
    asked = {"alias": "Champion", "alias_or_version": "Challenger", "reason": "a test", "gates": gates}
    result = run(former, "PromotionJob", **asked)
    assert result["passed"], result["facts"]


def test_a_nameless_index_is_left_out_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    table = pd.read_csv(tmp_path / "table.csv", dtype={"id": str})
    table.to_parquet(tmp_path / "plain.parquet")
    table.sample(frac=1, random_state=1).to_parquet(tmp_path / "shuffled.parquet")
    result = []
    for name in ("plain", "shuffled"):
        inputs = {"KIND": "ParquetReader", "path": f"{name}.parquet", "id_column": "id"}
        result.append(run(tmp_path, "TrainingJob", inputs=inputs, **TRAINING)["version"].tags)
        warned = "['__index_level_0__'] were left out" in capsys.readouterr().err
        assert warned == (name == "shuffled")
    assert result[0]["mxt.training_data_id"] == result[1]["mxt.training_data_id"]


def test_great_decimals_are_another_table(tmp_path: Path) -> None:
    write(tmp_path)
    table = pa.Table.from_pandas(pd.read_csv(tmp_path / "table.csv", dtype={"id": str}), preserve_index=False)
    tags = []
    for last in ("1", "2"):
        great = pa.array([f"12345678901234567{last}"] * ROWS).cast(pa.decimal128(20, 2))
        pq.write_table(table.append_column("great", great), tmp_path / "table.parquet")
        inputs = {"KIND": "ParquetReader", "path": "table.parquet", "id_column": "id"}
        result = run(tmp_path, "TrainingJob", inputs=inputs, **TRAINING)
        assert result["model"].background["great"].dtype == "float64"
        tags.append(result["version"].tags["mxt.training_data_id"])
    assert tags[0] != tags[1]
    with pytest.raises(DataError, match="is not the table that churn version 1 was trained on"):
        run(tmp_path, "CertificationJob", alias_or_version=1, criteria=CRITERIA, workers=1)
