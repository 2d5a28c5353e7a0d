"""Every job that scores versions does so on rows that they were not fitted to, unless a config says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
import pytest
from pydantic import ValidationError

from mxt.errors import DataError
from mxt.findings.tags import LAST
from mxt.jobs.base.held_out import Record, RowSelection
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.rows import reader_of
from mxt.registries.served import Served
from mxt.registries.versions import pin
from runs import CHURN, LATER, make, run, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 800
TABLE = {**CHURN, "limit": ROWS}
STRATIFIED = {"KIND": "StratifiedSplitter"}
FOREIGN = {**LATER, "limit": 300}
AUC = {"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.5}
PERMUTATION = {"KIND": "PermutationImportance", "repeats": 2}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with versions of one table by two splits, of a part of it, and of a table without ids."""
    folder = tmp_path_factory.mktemp("held_out")
    train(folder, alias="One", inputs=TABLE, splitter=STRATIFIED)
    train(folder, alias="Two", inputs=TABLE, splitter={**STRATIFIED, "seed": 1})
    train(folder, alias="Earlier", inputs={**TABLE, "limit": 500}, splitter={"KIND": "HoldoutSplitter"})
    frame(ROWS).drop(columns="customerID").to_csv(folder / "no_ids.csv", index=False)
    train(folder, alias="NoIds", inputs=no_ids(folder), splitter=STRATIFIED)
    return folder


def frame(rows: int) -> pd.DataFrame:
    return pd.read_csv(CHURN["path"], nrows=rows, dtype=str, keep_default_na=False)


def no_ids(root: Path) -> dict[str, Any]:
    return {"KIND": "CsvReader", "path": str(root / "no_ids.csv"), "missing": ["", " "]}


def evaluate(root: Path, **fields: Any) -> dict[str, Any]:
    given = {"inputs": TABLE, "alias_or_version": "One", "metrics": [AUC], "intervals": {"resamples": 200}}
    return run(root, "EvaluationsJob", **{**given, **fields})


def selected(root: Path, alias: str = "One", inputs: dict[str, Any] = TABLE) -> pd.DataFrame:
    """The rows of a table that a version would be scored on."""
    place = f"sqlite:///{root}/mlflow.db"
    mlflow.set_tracking_uri(place)
    mlflow.set_registry_uri(place)
    served = Served(pin(mlflow.MlflowClient(place), "churn", alias), MlflowLoader())
    reader = served.reader(reader_of(inputs, str(root)))
    return RowSelection([Record.of(served)], reader).select(reader.read())[0]


def compare(root: Path, **fields: Any) -> dict[str, Any]:
    given = {
        "inputs": TABLE,
        "salt": "s",
        "versions": {"control": "One", "treatment": "Two"},
        "endpoints": [{"KIND": "QualityEndpoint", "score": "accuracy", "margin": 0.2}],
    }
    return run(root, "ABTestJob", **{**given, **fields})


def differ(root: Path, **fields: Any) -> dict[str, Any]:
    given = {"inputs": TABLE, "alias_or_version": "Two", "baseline": "One", "minimum_rows": 2}
    return run(root, "ExplanationDiffJob", **{**given, **fields})


def explain(root: Path, **fields: Any) -> dict[str, Any]:
    writers = {
        name: {"KIND": "ParquetWriter", "path": f"{name}.parquet"}
        for name in ("models_explanations", "samples_explanations")
    }
    given = {"inputs_samples": TABLE, "alias_or_version": "One", "importances": [PERMUTATION], **writers}
    return run(root, "ExplanationsJob", **{**given, **fields})


def measured(explained: dict[str, Any]) -> int:
    """How many rows permutation importance rests on."""
    return int(explained["models_explanations"]["n"].iloc[0])


def tag(root: Path, alias: str, name: str) -> str | None:
    client = mlflow.MlflowClient(f"sqlite:///{root}/mlflow.db")
    return client.get_model_version_by_alias("churn", alias).tags.get(name)


def test_without_a_splitter_the_rows_of_the_training_are_left_out(root: Path) -> None:
    by_name, by_itself = evaluate(root, splitter=STRATIFIED), evaluate(root)
    assert by_name["facts"]["evaluation_rows"] == by_itself["facts"]["evaluation_rows"] == 160
    pd.testing.assert_frame_equal(by_name["evaluations"], by_itself["evaluations"])
    assert by_itself["facts"]["held_out"].startswith("160 of 800 rows")


@pytest.mark.parametrize("splitter", [{**STRATIFIED, "seed": 1}, {"KIND": "HoldoutSplitter", "seed": 5}])
def test_another_split_than_that_of_the_training_is_refused_with_a_number(
    root: Path, splitter: dict[str, Any]
) -> None:
    with pytest.raises(
        DataError, match=r"fitted to 1[0-9]{2} of 160 rows.*leave the `splitter` out.*rows: tr"
    ):
        evaluate(root, splitter=splitter)
    with pytest.raises(DataError, match="was fitted to"):
        compare(root, splitter=splitter)
    with pytest.raises(DataError, match="was fitted to"):
        differ(root, splitter=splitter)


def test_a_table_of_fitted_rows_alone_is_refused_by_every_job(root: Path, tmp_path: Path) -> None:
    fitted = frame(ROWS).set_index("customerID").drop(index=selected(root).index)
    fitted.to_csv(tmp_path / "fitted.csv")
    inputs = {**CHURN, "path": str(tmp_path / "fitted.csv")}
    versions = {"control": "One", "treatment": "One"}
    jobs: list[Callable[[], object]] = [
        lambda: evaluate(root, inputs=inputs),
        lambda: compare(root, inputs=inputs, versions=versions),
        lambda: differ(root, inputs=inputs, alias_or_version="One"),
        lambda: explain(root, inputs_samples=inputs),
    ]
    for job in jobs:
        with pytest.raises(DataError, match=r"was fitted to (all )?640"):
            job()


def test_ids_and_targets_make_a_row_known_though_its_inputs_changed(root: Path, tmp_path: Path) -> None:
    frame(ROWS).assign(tenure="1").to_csv(tmp_path / "changed.csv", index=False)
    inputs = {**CHURN, "path": str(tmp_path / "changed.csv")}
    assert len(selected(root, inputs=inputs)) == 160
    assert len(selected(root, inputs={**inputs, "id_column": None})) == 160


def test_rows_without_ids_are_known_by_their_inputs_in_any_order_and_format(
    root: Path, tmp_path: Path
) -> None:
    shuffled = pd.read_csv(root / "no_ids.csv", na_values=" ").sample(frac=1, random_state=0)
    shuffled.to_parquet(tmp_path / "rows.parquet", index=False)
    inputs = {"KIND": "ParquetReader", "path": str(tmp_path / "rows.parquet")}
    assert len(selected(root, "NoIds", inputs)) == 160
    with pytest.raises(DataError, match="was fitted to"):
        evaluate(root, inputs=no_ids(root), alias_or_version="NoIds", splitter={**STRATIFIED, "seed": 1})


def test_a_foreign_table_is_scored_whole(root: Path) -> None:
    found = evaluate(root, inputs=FOREIGN)
    assert found["facts"]["evaluation_rows"] == 300
    assert found["facts"]["held_out"] == "300 of 300 rows; version 1 was fitted to none of them"
    assert compare(root, inputs=FOREIGN)["facts"]["experiment_rows"] == 300
    assert differ(root, inputs=FOREIGN)["facts"]["rows_compared"] == 300
    assert measured(explain(root, inputs_samples=FOREIGN)) == 300


def test_a_table_that_has_grown_since_gives_the_rows_that_are_new_or_were_held_out(root: Path) -> None:
    assert len(selected(root, "Earlier")) == ROWS - 400


def test_two_versions_are_compared_on_rows_that_both_held_out(root: Path) -> None:
    one, two = (set(selected(root, alias).index) for alias in ("One", "Two"))
    both = len(one & two)
    assert 10 < both < 80
    baseline = {"alias_or_version": "Two"}
    assert evaluate(root, baseline=baseline)["facts"]["evaluation_rows"] == both
    assert compare(root)["facts"]["experiment_rows"] == both
    assert differ(root)["facts"]["rows_compared"] == both


def test_permutation_importance_rests_on_rows_held_out_in_any_parts(root: Path) -> None:
    whole, parts = explain(root, fresh=True), explain(root, part_rows=300, fresh=True)
    assert measured(whole) == 160
    pd.testing.assert_frame_equal(whole["models_explanations"], parts["models_explanations"])
    assert whole["facts"]["samples_explanations_rows"] == ROWS
    assert "leave out 640 rows" in whole["facts"]["held_out"]
    few = [{**PERMUTATION, "rows": 100}]
    assert measured(explain(root, importances=few)) == 100


def test_targets_of_a_table_of_their_own_are_compared_with_the_record_too(root: Path, tmp_path: Path) -> None:
    frame(ROWS)[["customerID", "Churn"]].to_csv(tmp_path / "truth.csv", index=False)
    frame(ROWS).drop(columns="Churn").to_csv(tmp_path / "rows.csv", index=False)
    inputs = {**CHURN, "path": str(tmp_path / "rows.csv")}
    targets = {"KIND": "CsvReader", "path": str(tmp_path / "truth.csv"), "id_column": "customerID"}
    assert measured(explain(root, inputs_samples=inputs, targets=targets)) == 160


def test_rows_of_the_training_can_be_allowed_and_are_no_evidence(root: Path) -> None:
    before = evaluate(root)
    run_id = tag(root, "One", f"{LAST}EvaluationsJob")
    found = evaluate(root, rows="training")
    assert found["facts"]["evaluation_rows"] == ROWS
    assert found["evaluations"].loc["roc_auc", "score"] > before["evaluations"].loc["roc_auc", "score"]
    assert "version 1 was fitted to 640; no evidence for a gate" in found["facts"]["held_out"]
    assert tag(root, "One", f"{LAST}EvaluationsJob") == run_id
    assert compare(root, rows="training")["facts"]["experiment_rows"] == ROWS
    differ(root)
    run_id = tag(root, "Two", f"{LAST}ExplanationDiffJob")
    assert differ(root, rows="training")["facts"]["rows_compared"] == ROWS
    assert tag(root, "Two", f"{LAST}ExplanationDiffJob") == run_id
    assert measured(explain(root, rows="training")) == ROWS


def test_the_default_stands_in_no_recorded_config(root: Path) -> None:
    jobs: dict[str, dict[str, Any]] = {
        "EvaluationsJob": {"inputs": TABLE, "metrics": [AUC]},
        "ABTestJob": {
            "inputs": TABLE,
            "salt": "s",
            "versions": {},
            "endpoints": [{"KIND": "QualityEndpoint", "score": "f1", "margin": 0.1}],
        },
        "ExplanationsJob": {
            "inputs_samples": TABLE,
            "models_explanations": {"KIND": "CsvWriter", "path": "a.csv"},
            "samples_explanations": {"KIND": "CsvWriter", "path": "b.csv"},
        },
    }
    for kind, fields in jobs.items():
        assert '"rows"' not in make(root, kind, **fields).model_dump_json(include={"rows"})
        assert "training" in make(root, kind, **fields, rows="training").model_dump_json(include={"rows"})


def test_a_splitter_of_an_experiment_without_versions_is_a_fault(root: Path) -> None:
    with pytest.raises(ValidationError, match="choose what `versions` predict"):
        make(
            root,
            "ABTestJob",
            inputs=TABLE,
            variant={"column": "variant", "control": "A", "treatment": "B"},
            endpoints=[{"KIND": "MeanEndpoint", "column": "tenure", "margin": 1, "higher_is_better": True}],
            splitter=STRATIFIED,
        )


def test_a_version_that_keeps_no_record_is_scored_by_the_word_of_the_config(root: Path) -> None:
    import xgboost

    table = frame(200)[["tenure", "SeniorCitizen"]].astype(int)
    model = xgboost.XGBClassifier(n_estimators=2, max_depth=2).fit(table, frame(200)["Churn"] == "Yes")
    mlflow.set_tracking_uri(f"sqlite:///{root}/mlflow.db")
    signature = mlflow.models.infer_signature(table, model.predict(table))
    with mlflow.start_run():
        mlflow.xgboost.log_model(
            model, name="model", model_format="ubj", signature=signature, registered_model_name="foreign"
        )
    found = evaluate(
        root,
        mlflow_service={"registry_name": "foreign"},
        alias_or_version=1,
        target="late",
        inputs={**TABLE, "path": _numbers(root)},
    )
    assert found["facts"]["evaluation_rows"] == 200
    assert found["facts"]["held_out"].startswith("by the word of this config: version 1 keeps no record")


def _numbers(root: Path) -> str:
    rows = frame(200)
    rows[["customerID", "tenure", "SeniorCitizen"]].assign(late=(rows["Churn"] == "Yes").astype(int)).to_csv(
        root / "numbers.csv", index=False
    )
    return str(root / "numbers.csv")
