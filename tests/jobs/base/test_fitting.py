"""Fitting: what is stored with a version, and what it does not depend on."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.readers.csv import CsvReader
from mxt.errors import ConfigError, DataError, ModelError
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.versions import aliases_of, pin
from runs import CHURN, SMALL, train

SPLITTERS = [
    {"KIND": "HoldoutSplitter"},
    {"KIND": "StratifiedSplitter", "test_share": 0.3},
    {"KIND": "GroupedSplitter", "group": "PaymentMethod", "test_share": 0.25},
    {"KIND": "TimeSplitter", "column": "tenure"},
]


def test_schema_background_and_data_id_are_kept_with_the_version(tmp_path: Path) -> None:
    found = train(tmp_path)
    uri, loader = found["version"].uri, MlflowLoader()
    schema, background = loader.load_schema(uri), loader.load_background(uri)
    assert schema is not None
    assert background is not None
    assert schema.columns == list(background.columns)
    assert not {"Churn", "variant", "customerID"} & {*schema.columns}
    assert len(background) == 1600
    reader = CsvReader(path=str(CHURN["path"]), id_column="customerID", missing=("", " "), limit=2000)
    assert found["version"].tags["mxt.training_data_id"] == fingerprint(reader.arrow()).digest
    assert loader.load_target(uri) == "Churn"


def test_the_model_is_stored_without_pickle_and_loads_where_pickle_is_forbidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = train(tmp_path)
    files = [path.suffix for path in (tmp_path / "mlartifacts").rglob("*") if path.is_file()]
    assert ".ubj" in files
    assert not {".pkl", ".pickle", ".cloudpickle", ".joblib"} & {*files}
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    assert MlflowLoader().load(found["version"].uri).predictor.classes == ["No", "Yes"]


def test_plain_mlflow_gives_the_calibrated_probabilities_too(tmp_path: Path) -> None:
    found = train(tmp_path, recipe={**SMALL, "calibration": "sigmoid"})
    inputs = MlflowLoader().load_background(found["version"].uri)
    assert inputs is not None
    texts = {name: "category" for name in inputs if inputs[name].dtype.kind not in "if"}
    native = mlflow.xgboost.load_model(found["version"].uri)
    ours = found["model"].predict_proba(inputs)
    np.testing.assert_allclose(native.predict_proba(inputs.astype(texts)), ours, atol=1e-7)


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    table = pd.read_csv(CHURN["path"], nrows=1500, dtype=str, keep_default_na=False)
    models = []
    for name, rows in (("forth", table), ("back", table.iloc[::-1])):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
        found = train(tmp_path / name, inputs={**CHURN, "path": str(tmp_path / f"{name}.csv")})
        models.append((found["model"].predictor.core.save_raw("ubj"), found["scores"], found["version"].tags))
    assert models[0] == models[1]


@pytest.mark.parametrize("splitter", SPLITTERS, ids=lambda splitter: splitter["KIND"])
def test_every_splitter_trains(splitter: dict[str, object], tmp_path: Path) -> None:
    assert train(tmp_path, splitter=splitter)["scores"]["roc_auc"] > 0.7


def test_a_hand_written_schema_replaces_the_inferred_one(tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text(
        "columns:\n  tenure:\n    dtype: int64\n    in_range: {min_value: 0, max_value: 72}\n"
        "  Contract:\n    dtype: str\n"
    )
    found = train(tmp_path, inputs_schema="schema.yaml")
    assert found["model"].predictor.columns == ["tenure", "Contract"]
    schema = MlflowLoader().load_schema(found["version"].uri)
    assert schema is not None
    with pytest.raises(DataError, match=r"1 row breaks the rule in_range of column 'tenure' \(id 7\)"):
        schema.check(pd.DataFrame({"tenure": [73], "Contract": ["One year"]}, index=[7]))


@pytest.mark.parametrize("text", ["columns: 3", "- a", "no: [yaml"])
def test_a_broken_schema_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"schema.yaml: not a pandera schema"):
        train(tmp_path, inputs_schema="schema.yaml")


def test_a_model_below_its_limits_is_registered_but_gets_no_alias(tmp_path: Path) -> None:
    found = train(tmp_path, metrics=[{"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.999}])
    assert not found["passed"]
    assert found["version"].version == 1
    assert aliases_of(mlflow.MlflowClient(), "churn") == {}


def test_a_semantic_version_names_a_version_and_is_given_once(tmp_path: Path) -> None:
    train(tmp_path, version="1.0.0")
    train(tmp_path, version="1.10.0")
    client = mlflow.MlflowClient()
    named = {name: pin(client, "churn", name).version for name in ("1.0.0", "1.10.0", 1, "2", "Challenger")}
    assert named == {"1.0.0": 1, "1.10.0": 2, 1: 1, "2": 2, "Challenger": 2}
    with pytest.raises(
        ModelError, match=r"1\.0\.0 of 'churn' is taken by version 1, which run .*; taken: 1\.0\.0, 1\.10\.0"
    ):
        train(tmp_path, version="1.0.0")
    with pytest.raises(
        ModelError, match=r"'3\.0\.0'.*Aliases: Challenger \(2\); versions: 1, 2; semantic versions: 1\.0"
    ):
        pin(client, "churn", "3.0.0")


def test_a_column_to_exclude_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'varient'"):
        train(tmp_path, exclude=["varient"])
