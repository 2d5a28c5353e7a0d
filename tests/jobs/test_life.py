"""Evaluation, promotion, rollback, drift, explanation and inference of versions in one store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mxt.datasets.readers.csv import CsvReader
from mxt.errors import ModelError
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.versions import aliases_of
from runs import CHURN, SHIFTED, SMALL, make, run, train
from sinks import webhook

PARQUET = {"KIND": "ParquetWriter"}
STRATIFIED = {"KIND": "StratifiedSplitter"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two versions; tests add runs and move aliases."""
    folder = tmp_path_factory.mktemp("life")
    train(folder, alias="First", splitter=STRATIFIED)
    train(folder, alias="Second", splitter=STRATIFIED, recipe={**SMALL, "trees": 30})
    return folder


def evaluate(root: Path, version: Any, minimum: float = 0.7) -> dict[str, Any]:
    metrics = [{"KIND": "SklearnMetric", "name": "roc_auc", "minimum": minimum}]
    inputs = {**CHURN, "limit": 2000}
    return run(
        root, "EvaluationsJob", inputs=inputs, splitter=STRATIFIED, alias_or_version=version, metrics=metrics
    )


def test_evaluating_the_held_out_part_gives_the_score_of_the_training(root: Path) -> None:
    client = mlflow.MlflowClient()
    trained = client.get_run(client.get_model_version("churn", "1").run_id).data.metrics["test_roc_auc"]
    assert evaluate(root, 1)["evaluations"].loc["roc_auc", "score"] == pytest.approx(trained, abs=1e-12)


def test_promotion_needs_an_evaluation_and_rollback_undoes_it(root: Path) -> None:
    client = mlflow.MlflowClient()
    promote = {
        "alias": "Best",
        "reason": "a test",
        "gates": [{"KIND": "EvaluationGate"}],
        "allow_first": True,
    }
    evaluate(root, 1)
    assert run(root, "PromotionJob", alias_or_version=1, **promote)["passed"]
    refused = run(root, "PromotionJob", alias_or_version=2, **promote)
    assert not refused["passed"]
    assert refused["facts"]["reasons"] == "version 2 was never evaluated"
    evaluate(root, 2, minimum=0.9999)
    refused = run(root, "PromotionJob", alias_or_version=2, **promote)
    assert "the evaluation of version 2 failed" in refused["facts"]["reasons"]
    assert aliases_of(client, "churn")["Best"] == 1
    evaluate(root, 2)
    assert run(root, "PromotionJob", alias_or_version="Second", **promote)["passed"]
    assert aliases_of(client, "churn")["Best"] == 2
    assert run(root, "PromotionJob", alias_or_version=1, **promote)["passed"]
    back = run(root, "PromotionJob", rollback=True, **promote)
    assert back["facts"] | {"from_version": 1, "to_version": 2} == back["facts"]
    run(root, "PromotionJob", rollback=True, **promote)
    assert aliases_of(client, "churn")["Best"] == 1
    with pytest.raises(ModelError, match="No recorded promotion of 'churn'"):
        run(root, "PromotionJob", rollback=True, **promote)


def test_there_is_nothing_to_roll_back_to_before_a_promotion(root: Path) -> None:
    with pytest.raises(ModelError, match="No recorded promotion of 'churn' names the version that 'First'"):
        run(root, "PromotionJob", alias="First", rollback=True, reason="a test")


def test_the_same_rows_do_not_drift_and_shifted_ones_do(root: Path) -> None:
    common = {"alias_or_version": "First", "comparisons": {**PARQUET, "path": "drift.parquet"}}
    assert run(root, "DriftJob", current={**CHURN, "limit": 2000}, **common)["passed"]
    shifted = run(root, "DriftJob", current=SHIFTED, **common)
    assert not shifted["passed"]
    table = shifted["comparisons"]
    assert table[table["method"] == "UnseenDrift"]["drifted"].loc["PaymentMethod"]
    assert table[table["method"] == "MissingDrift"]["drifted"].loc["TechSupport"]
    assert not table.loc["gender", "drifted"].any()
    assert run(root, "DriftJob", current=SHIFTED, drifted_columns_allowed=19, **common)["passed"]
    own = run(root, "DriftJob", current=SHIFTED, reference=SHIFTED, predictions=False, **common)
    assert own["passed"]


def test_the_run_links_model_and_data(root: Path) -> None:
    evaluate(root, "First")
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("churn")
    latest = client.search_runs([experiment.experiment_id], "tags.`mxt.job` = 'EvaluationsJob'")[0]
    assert latest.data.tags["mxt.model_uri"] == "models:/churn/1"
    assert latest.info.status == "FINISHED"
    linked = latest.inputs.dataset_inputs[0]
    tags = {tag.key: tag.value for tag in linked.tags}
    assert linked.dataset.digest == tags["mxt.data_digest"][:36]


def test_a_version_that_a_person_described_keeps_that(root: Path) -> None:
    client = mlflow.MlflowClient()
    evaluate(root, 2)
    before = client.get_model_version("churn", "2").description
    assert "EvaluationsJob passed" in before
    client.update_model_version("churn", "2", "the one that Dana likes")
    evaluate(root, 2)
    assert client.get_model_version("churn", "2").description == "the one that Dana likes"
    client.update_model_version("churn", "2", before)
    evaluate(root, 2)
    after = client.get_model_version("churn", "2").description
    assert after != before, "it names the later run"


def explain(root: Path, **fields: Any) -> dict[str, Any]:
    outputs = {
        name: {**PARQUET, "path": f"{name}.parquet"}
        for name in ("models_explanations", "samples_explanations")
    }
    inputs = {**CHURN, "sample": {"rows": 30, "seed": 1}}
    return run(
        root,
        "ExplanationsJob",
        **{"inputs_samples": inputs, "alias_or_version": "First", **outputs, **fields},
    )


def test_explanations_are_written_as_the_model_gives_them(root: Path) -> None:
    explain(root)
    stored = pq.read_table(root / "samples_explanations.parquet").to_pandas().set_index("customerID")
    loader = MlflowLoader()
    schema = loader.load_schema("models:/churn/1")
    assert schema is not None
    reader = CsvReader.model_validate_json(json.dumps({**CHURN, "sample": {"rows": 30, "seed": 1}}))
    inputs = schema.check(reader.read())
    samples = loader.load("models:/churn/1").explain_samples(inputs)
    pd.testing.assert_frame_equal(stored, samples, check_dtype=False)
    importances = pq.read_table(root / "models_explanations.parquet").to_pandas()
    assert set(importances["method"]) == {"gain", "cover", "split_count", "mean_abs_shap"}
    assert importances.groupby("method")["share"].sum().to_numpy() == pytest.approx(1)
    tenure = importances[(importances["method"] == "mean_abs_shap") & (importances["feature"] == "tenure")]
    assert tenure["direction"].item() == "lowers"


def test_a_background_can_be_read_for_the_methods_that_need_one(root: Path) -> None:
    explainer = {"KIND": "PermutationExplainer", "orders": 1, "background_rows": 10}
    result = explain(root, explainer=explainer, background={**CHURN, "limit": 50})
    assert "Permutation" in result["tally"].explanation.method
    assert result["tally"].largest_residual < 1e-6


def test_an_explainer_that_does_not_serve_the_model_is_refused(root: Path) -> None:
    with pytest.raises(ModelError, match="LinearExplainer does not serve a Booster"):
        explain(root, explainer={"KIND": "LinearExplainer"})


def test_scoring_part_by_part_gives_what_scoring_the_whole_gives(root: Path) -> None:
    result = run(
        root,
        "InferenceJob",
        inputs=CHURN,
        outputs={**PARQUET, "path": "predictions.parquet"},
        alias_or_version="First",
    )
    stored = pq.read_table(root / "predictions.parquet").to_pandas().set_index("customerID")
    assert result["rows"] == len(stored) == 7043
    assert set(stored["prediction"]) == {"No", "Yes"}
    assert np.array_equal(stored["prediction"] == "Yes", stored["probability_Yes"] > 0.5)


def test_a_job_runs_only_between_its_services(root: Path) -> None:
    job = make(root, "PromotionJob", reason="a test")
    with pytest.raises(RuntimeError, match=r"with job: job\.run"):
        job.run()


def test_people_are_notified_how_a_job_ended(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as (url, received):
        monkeypatch.setenv("MXT_ALERTS_TARGETS", url)
        evaluate(root, "First")
        evaluate(root, "First", minimum=0.9999)
        with pytest.raises(ModelError):
            evaluate(root, "Nobody")
    assert [message["title"] for message in received] == [
        "EvaluationsJob passed",
        "EvaluationsJob refused",
        "EvaluationsJob failed",
    ]
    assert "roc_auc 0." in received[0]["message"]
    assert "beyond_limits roc_auc (at least 0.9999)" in received[1]["message"]
    assert "no alias or version 'Nobody'" in received[2]["message"]
