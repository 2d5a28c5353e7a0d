"""Jobs read tables as the training of their version did, in what their config leaves out, and say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.writers.csv import CsvWriter
from mxt.errors import ConfigError, DataError
from mxt.jobs.base.inheriting import FACT, RESOLVED_FILE
from mxt.jobs.inference import InferenceJob
from mxt.registries import digests
from runs import SMALL, make, run

ROWS = 240
WHOLE = {
    "KIND": "CsvReader",
    "path": "table.csv",
    "id_column": "number",
    "missing": ["", "?"],
    "delimiter": ";",
    "decimal": ",",
    "types": {"month": "string"},
}
SHORT = {"KIND": "CsvReader", "path": "table.csv"}
TRAINING = {"target": "left", "exclude": ["day"], "recipe": SMALL}
METRICS = [{"KIND": "SklearnMetric", "name": "roc_auc"}]
SAID = (
    "the training of version 1: decimal ',', delimiter ';', id_column number, missing ['', '?'], "
    "types {'month': 'string'}"
)


def table() -> pd.DataFrame:
    """Numbers of customers with leading zeros, months as digits, and a question mark for what is missing."""
    chance = np.random.default_rng(5)
    age = chance.normal(40, 9, ROWS).round(2)
    return pd.DataFrame(
        {
            "number": [f"{place:05}" for place in range(ROWS)],
            "age": np.where(np.arange(ROWS) % 9 == 0, "?", np.char.replace(age.astype(str), ".", ",")),
            "month": [str(1 + place % 12) for place in range(ROWS)],
            "left": np.where(age + chance.normal(0, 5, ROWS) > 40, "yes", "no"),
            "day": [f"2026-11-{1 + place // 120:02}" for place in range(ROWS)],
        }
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a version, and one that was trained with another spelling of missing values."""
    folder = tmp_path_factory.mktemp("inheriting")
    table().to_csv(folder / "table.csv", sep=";", index=False)
    run(folder, "TrainingJob", inputs=WHOLE, **TRAINING, alias="Champion")
    other = {**WHOLE, "missing": ["?"], "columns": ["number", "age", "left"]}
    run(folder, "TrainingJob", inputs=other, target="left", recipe=SMALL)
    return folder


@pytest.fixture(scope="module")
def whole(root: Path) -> pd.DataFrame:
    """The predictions for the table by a config that says all of how it is read."""
    infer(root, WHOLE, "whole")
    return pd.read_parquet(root / "whole")


def infer(root: Path, inputs: dict[str, Any], output: str = "scored", **fields: Any) -> dict[str, Any]:
    outputs = {"KIND": "ParquetWriter", "path": output}
    return run(root, "InferenceJob", inputs=inputs, outputs=outputs, **fields)


def test_a_table_is_read_as_in_the_training_and_every_record_says_so(root: Path, whole: pd.DataFrame) -> None:
    outputs = {"KIND": "ParquetWriter", "path": "short"}
    with make(root, "InferenceJob", inputs=SHORT, outputs=outputs) as job:
        facts = job.run()["facts"]
        run_id = job.context.run.run_id
    short = pd.read_parquet(root / "short")
    pd.testing.assert_frame_equal(whole, short)
    assert short["number"].iloc[7] == "00007"
    assert facts[FACT] == SAID
    stated = [pq.read_schema(root / name).metadata.get(b"mxt.read_as", b"{}") for name in ("whole", "short")]
    inherited = {name: WHOLE[name] for name in ("id_column", "missing", "delimiter", "decimal", "types")}
    assert [json.loads(each) for each in stated] == [{}, {"inputs": inherited}]
    written, resolved = (digests.recorded(run_id, name)["inputs"] for name in ("config.json", RESOLVED_FILE))
    assert isinstance(written, dict)
    assert isinstance(resolved, dict)
    assert written.items() >= {"delimiter": ",", "id_column": None}.items()
    assert resolved == {**written, **inherited}


def test_what_the_config_says_wins_also_if_it_says_null(root: Path) -> None:
    scored = infer(root, {**SHORT, "id_column": None, "types": {}}, "rows")
    assert "number" not in pd.read_parquet(root / "rows")
    assert scored["facts"][FACT] == "the training of version 1: decimal ',', delimiter ';', missing ['', '?']"
    with pytest.raises(DataError, match="'age' is of type"):
        infer(root, {**SHORT, "missing": [""]})


def test_another_kind_of_reader_inherits_what_it_has_too(root: Path, whole: pd.DataFrame) -> None:
    typed = table().assign(age=lambda rows: pd.to_numeric(rows["age"].str.replace(",", "."), errors="coerce"))
    typed.to_parquet(root / "table.parquet", index=False)
    scored = infer(root, {"KIND": "ParquetReader", "path": "table.parquet"}, "parquet")
    assert scored["facts"][FACT] == "the training of version 1: id_column number"
    pd.testing.assert_frame_equal(whole, pd.read_parquet(root / "parquet"))


def test_jobs_that_read_a_table_whole_inherit(root: Path) -> None:
    fields = {"metrics": METRICS}
    whole, short = (run(root, "EvaluationsJob", inputs=each, **fields)["facts"] for each in (WHOLE, SHORT))
    assert short.pop(FACT) == SAID
    assert short == whole


def test_a_comparison_of_two_versions_inherits(root: Path) -> None:
    fields = {"baseline": 1, "alias_or_version": 1, "minimum_rows": 5}
    assert run(root, "ExplanationDiffJob", inputs=SHORT, **fields)["facts"][FACT] == SAID


def test_every_table_of_a_job_is_read_so(root: Path) -> None:
    output = {"KIND": "ParquetWriter", "path": "explained"}
    ended = run(
        root,
        "ExplanationsJob",
        inputs_samples={**SHORT, "limit": 20},
        models_explanations={**output, "path": "model"},
        samples_explanations=output,
        background={**SHORT, "limit": 30, "missing": ["?"]},
        importances=[{"KIND": "PermutationImportance", "metric": METRICS[0], "repeats": 2}],
        targets=SHORT,
    )
    assert "background: decimal ',', delimiter ';', id_column number, types" in ended["facts"][FACT]
    assert "targets: decimal ',', delimiter ';', id_column number, missing" in ended["facts"][FACT]
    assert pd.read_parquet(root / "explained")["number"].iloc[7] == "00007"


def test_versions_that_were_read_differently_need_a_word_in_the_config(root: Path) -> None:
    fields = {"baseline": {"alias_or_version": 2}, "metrics": METRICS, "rows": "training"}
    message = (
        r"inputs: the training of version 1 read its table by `missing: \[\"\", \"\?\"\]`, and the training "
        r"of version 2 by `missing: \[\"\?\"\]`\. Write `missing: \.\.\.` in `inputs`"
    )
    with pytest.raises(ConfigError, match=message):
        run(root, "EvaluationsJob", inputs=SHORT, **fields)
    ended = run(root, "EvaluationsJob", inputs={**SHORT, "missing": ["", "?"]}, **fields)
    assert ended["facts"][FACT].startswith("the training of version 1: decimal ',', delimiter ';', id_column")


def test_a_table_without_the_ids_of_the_training_is_refused_before_the_model_is_loaded(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table().drop(columns="number").to_csv(root / "nameless.csv", sep=";", index=False)
    nameless = {**SHORT, "path": "nameless.csv"}
    with pytest.raises(DataError, match=r"no columns \['number'\].*or `id_column: null` to number the rows"):
        infer(root, nameless)
    assert "load models:/" not in capsys.readouterr().err
    assert infer(root, {**nameless, "id_column": None}, "nameless")["rows"] == ROWS


def test_rows_are_added_by_ids_that_are_inherited(root: Path, whole: pd.DataFrame) -> None:
    since = {"since": "last", "watermark": "day"}
    for day in ("2026-11-01", "2026-11-02"):
        rows = table()[lambda rows, day=day: rows["day"] <= day]
        rows.to_csv(root / "days.csv", sep=";", index=False)
        infer(root, {**SHORT, "path": "days.csv"}, "days", **since)
    pd.testing.assert_frame_equal(pd.read_parquet(root / "days"), whole)


def test_rows_cannot_be_added_without_ids() -> None:
    reader = CsvReader(path="/table.csv")
    output = CsvWriter(path="/scored.csv")
    job = InferenceJob(inputs=reader, outputs=output, since="last", watermark="day")
    with pytest.raises(ConfigError, match=r"needs rows with an id_column.*write `id_column: NAME`"):
        job.increment()


def test_a_salt_hashes_ids_that_are_inherited(root: Path) -> None:
    fields = {"salt": "x", "versions": {"control": 1, "treatment": 1}, "rows": "training"}
    endpoints = [{"KIND": "QualityEndpoint", "score": "accuracy", "margin": 0.5}]
    ended = run(root, "ABTestJob", inputs=SHORT, endpoints=endpoints, **fields)
    assert ended["facts"][FACT] == SAID


def test_a_certification_of_a_table_that_moved_inherits(root: Path) -> None:
    moved = root / "moved.csv"
    moved.write_bytes((root / "table.csv").read_bytes())
    criteria = [{"KIND": "MetricCriterion", "metric": {**METRICS[0], "minimum": 0.5}}]
    ended = run(root, "CertificationJob", inputs={**SHORT, "path": "moved.csv"}, criteria=criteria)
    assert ended["facts"][FACT] == SAID


def test_days_are_read_as_the_training_read_them_and_a_day_that_does_not_exist_is_rejected(
    tmp_path: Path,
) -> None:
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(
        np.random.default_rng(0).integers(0, 999, 200), unit="D"
    )
    table = pd.DataFrame({"day": days.strftime("%d.%m.%Y"), "y": np.where(days.month > 6, "ja", "nein")})
    files = {"german": table, "iso": table.assign(day=days.strftime("%Y-%m-%d")), "odd": table.copy()}
    files["odd"].loc[3, "day"] = "31.02.2020"
    for name, content in files.items():
        content.to_csv(tmp_path / f"{name}.csv", index=False)
    inputs = {name: {"KIND": "CsvReader", "path": str(tmp_path / f"{name}.csv")} for name in files}
    formats = {"time_formats": ["%d.%m.%Y"]}
    recipe = {"KIND": "XgboostRecipe", "trees": 5, "dates": "parts"}
    trained = {"target": "y", "recipe": recipe, "alias": "Champion"}
    run(tmp_path, "TrainingJob", inputs={**inputs["german"], **formats}, **trained)
    writers = {
        each: {"KIND": "ParquetWriter", "path": str(tmp_path / each)} for each in ("outputs", "rejected")
    }
    scores = {}
    for name, reader in inputs.items():
        run(tmp_path, "InferenceJob", inputs=reader, **writers)
        scores[name] = pd.read_parquet(tmp_path / "outputs")
    pd.testing.assert_frame_equal(scores["iso"], scores["german"])
    assert scores["german"]["prediction"].nunique() == 2
    pd.testing.assert_frame_equal(scores["odd"], scores["german"].drop(index=3).reset_index(drop=True))
    assert pd.read_parquet(tmp_path / "rejected")["day"].tolist() == ["31.02.2020"]
