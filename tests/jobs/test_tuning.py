"""Tuning: what is searched, recorded and registered, and what it does not depend on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from mxt.errors import ConfigError, DataError, ModelError
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.versions import aliases_of
from runs import CHURN, SMALL, make, run, train

GRID = {"KIND": "GridSearch", "values": {"depth": [1, 3], "learning_rate": [0.1, 0.3]}, "folds": 3}
FEW = {
    **CHURN,
    "limit": 1500,
    "columns": ["tenure", "Contract", "MonthlyCharges", "InternetService", "Churn"],
}


def tune(root: Path, **fields: Any) -> dict[str, Any]:
    """Tune on some of the shipped table; the version gets the alias Candidate."""
    defaults = {"inputs": FEW, "target": "Churn", "recipe": SMALL, "search": GRID, "workers": 1}
    return run(root, "TuningJob", **{"alias": "Candidate", **defaults, **fields})


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a tuning on a store of its own returned, as `tune` makes it."""
    root = tmp_path_factory.mktemp("tuned")
    return {"root": root, **tune(root, trials={"KIND": "CsvWriter", "path": "outputs/trials.csv"})}


@pytest.fixture
def result(tuned: dict[str, Any]) -> dict[str, Any]:
    """The result of `tuned`, from whose store MLflow loads models and runs."""
    mlflow.set_tracking_uri(f"sqlite:///{tuned['root']}/mlflow.db")
    return tuned


def nested_in(run_id: str) -> list[Any]:
    """The runs within a run, in the order of their trials."""
    client = mlflow.MlflowClient()
    experiment = client.get_run(run_id).info.experiment_id
    result = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run_id}'")
    return sorted(result, key=lambda nested: int(nested.data.tags["mxt.trial"]))


def artifact(run_id: str, file: str) -> Path:
    return Path(mlflow.artifacts.download_artifacts(f"runs:/{run_id}/{file}"))


def test_the_version_is_the_one_that_a_training_with_the_best_recipe_makes(tmp_path: Path) -> None:
    result = tune(tmp_path / "tuned")
    best = {**SMALL, **result["best"].values}
    again = train(tmp_path / "trained", inputs=FEW, exclude=[], recipe=best)
    assert result["model"].predictor.core.save_raw("ubj") == again["model"].predictor.core.save_raw("ubj")
    assert result["scores"] == again["scores"]
    assert result["version"].tags == again["version"].tags


def test_the_registered_version_loads_and_predicts(result: dict[str, Any]) -> None:
    loader, uri = MlflowLoader(), result["version"].uri
    inputs = loader.load_background(uri)
    assert inputs is not None
    assert len(inputs) == 1200
    pd.testing.assert_frame_equal(loader.load(uri).predict(inputs), result["model"].predict(inputs))
    assert aliases_of(mlflow.MlflowClient(), "churn") == {"Candidate": 1}


def test_a_certification_trains_the_recipe_that_won(tmp_path: Path) -> None:
    best = tune(tmp_path, recipe={**SMALL, "depth": 8}, search={**GRID, "values": {"depth": [1]}})["best"]
    fields = {
        "alias_or_version": "Candidate",
        "workers": 1,
        "criteria": [{"KIND": "CrossValidationCriterion", "folds": 2, "repeats": 1}],
    }
    recorded, given = (
        run(tmp_path, "CertificationJob", **fields, **own)["assessments"][0].value
        for own in ({}, {"recipe": {**SMALL, **best.values}})
    )
    assert recorded == given
    with pytest.raises(ConfigError, match="trained with another recipe"):
        run(tmp_path, "CertificationJob", **fields, recipe={**SMALL, "depth": 8})


def test_each_trial_is_a_run_within_the_jobs_run(result: dict[str, Any]) -> None:
    nested = nested_in(result["version"].run_id)
    assert [trial.data.params["recipe.depth"] for trial in nested] == ["1", "1", "3", "3"]
    assert [trial.data.params["recipe.trees"] for trial in nested] == ["20"] * 4
    assert {trial.info.status for trial in nested} == {"FINISHED"}
    for trial, run_ in zip(result["trials"], nested, strict=True):
        folds = [run_.data.metrics[f"cv_roc_auc_fold_{fold}"] for fold in (1, 2, 3)]
        assert tuple(folds) == trial.last.scores
        assert run_.data.metrics["cv_roc_auc"] == pytest.approx(np.mean(folds), abs=1e-12)
        assert run_.data.metrics["cv_roc_auc_deviation"] == pytest.approx(np.std(folds), abs=1e-12)
    best = [trial.data.tags["mxt.trial"] for trial in nested if "mxt.best" in trial.data.tags]
    assert best == [str(result["best"].number)]
    assert nested[0].info.run_name == "trial 1: depth 1, learning_rate 0.1"
    assert mlflow.active_run() is None


def test_the_rounds_of_halving_are_steps_of_a_trials_run(tmp_path: Path) -> None:
    result = tune(tmp_path, search={**GRID, "KIND": "HalvingSearch", "factor": 2})
    best = next(t for t in nested_in(result["version"].run_id) if "mxt.best" in t.data.tags)
    history = mlflow.MlflowClient().get_metric_history(best.info.run_id, "rows")
    assert [(point.step, point.value) for point in history] == [(0, 300), (1, 600), (2, 1200)]


def test_the_run_holds_the_page_the_trials_and_the_recipe_of_the_best(result: dict[str, Any]) -> None:
    run_id = result["version"].run_id
    page = artifact(run_id, "tuning.md").read_text()
    assert page.startswith("# TuningJob churn 1: passed\n\nThe best of 4 trials of GridSearch is trial ")
    assert f"is trial {result['best'].number} (depth " in page
    assert f": roc_auc {result['best'].last.mean:.4g}, with a standard deviation of " in page
    table = pd.read_csv(artifact(run_id, "trials.csv"), index_col="trial")
    pd.testing.assert_frame_equal(
        pd.read_csv(result["root"] / "outputs" / "trials.csv", index_col="trial"), table
    )
    assert table.loc[result["best"].number, "rank"] == 1
    assert list(table.sort_values("rank")["score"]) == sorted(table["score"], reverse=True)
    assert artifact(run_id, "trials.png").stat().st_size > 10_000
    recipe = json.loads(artifact(run_id, "recipe.json").read_text())
    assert {**SMALL, **result["best"].values}.items() <= recipe.items()
    assert result["facts"]["best_depth"] == result["best"].values["depth"]
    assert result["facts"]["cv_roc_auc"] == round(result["best"].last.mean, 4)
    metrics = mlflow.get_run(run_id).data.metrics
    assert metrics["cv_roc_auc"] == result["best"].last.mean
    assert metrics["test_roc_auc"] == result["scores"]["roc_auc"]
    assert metrics["trials_done"] == 4


def test_the_order_of_rows_and_the_workers_do_not_matter(tmp_path: Path) -> None:
    table = pd.read_csv(CHURN["path"], nrows=1500, dtype=str, keep_default_na=False)
    result = []
    for name, rows, workers in (("forth", table, 1), ("back", table.iloc[::-1], 2)):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
        inputs = {**FEW, "path": str(tmp_path / f"{name}.csv")}
        tuned = tune(tmp_path / name, inputs=inputs, workers=workers)
        trials = artifact(tuned["version"].run_id, "trials.csv").read_bytes()
        result.append((trials, tuned["model"].predictor.core.save_raw("ubj"), tuned["scores"]))
    assert result[0] == result[1]


def test_no_trial_sees_the_rows_held_out(tmp_path: Path) -> None:
    table = pd.read_csv(CHURN["path"], nrows=1500, dtype=str, keep_default_na=False)
    result: list[dict[str, Any]] = []
    for name in ("kept", "turned"):
        if name == "turned":
            training = MlflowLoader().load_background(result[0]["version"].uri)
            model = result[0]["model"]
            assert training is not None
            ids = set(model.background.index)
            held_out = ~table["customerID"].isin(ids)
            assert held_out.sum() == 300
            table.loc[held_out, "Churn"] = table.loc[held_out, "Churn"].map({"Yes": "No", "No": "Yes"})
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        result.append(tune(tmp_path / name, inputs={**FEW, "path": str(tmp_path / f"{name}.csv")}))
    first, second = ([trial.last.scores for trial in some["trials"]] for some in result)
    assert first == second
    assert result[1]["scores"]["roc_auc"] == pytest.approx(1 - result[0]["scores"]["roc_auc"], abs=1e-12)


@pytest.mark.parametrize(
    "splitter",
    [
        {"KIND": "GroupedSplitter", "group": "PaymentMethod", "test_share": 0.25},
        {"KIND": "TimeSplitter", "column": "tenure"},
        {"KIND": "StratifiedSplitter"},
    ],
    ids=lambda splitter: str(splitter["KIND"]),
)
def test_every_splitter_tunes(splitter: dict[str, Any], tmp_path: Path) -> None:
    inputs = {**FEW, "columns": [*FEW["columns"], "PaymentMethod"]}
    assert tune(tmp_path, inputs=inputs, splitter=splitter)["scores"]["roc_auc"] > 0.6


def test_a_regression_is_tuned_by_r2(tmp_path: Path) -> None:
    result = tune(tmp_path, target="MonthlyCharges", recipe={**SMALL, "task": "regression"})
    assert result["facts"]["cv_r2"] > 0.8
    assert result["best"].last.mean == max(trial.last.mean for trial in result["trials"])


def test_a_trial_that_fails_is_a_failed_run_and_the_best_of_the_others_is_registered(tmp_path: Path) -> None:
    result = tune(tmp_path, search={**GRID, "values": {"l2": [1e39, 1.0]}})
    nested = nested_in(result["version"].run_id)
    assert [trial.info.status for trial in nested] == ["FAILED", "FINISHED"]
    assert nested[0].data.tags["mxt.failure"] == "XGBoostError"
    assert "cv_roc_auc" not in nested[0].data.metrics
    assert result["facts"]["failed_trials"] == 1
    assert result["facts"]["best_l2"] == 1.0
    assert "- **trial 1**: XGBoostError" in artifact(result["version"].run_id, "tuning.md").read_text()


def test_nothing_is_registered_when_all_trials_fail(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="All trials failed; trial 1 of 2 since: XGBoostError"):
        tune(tmp_path, search={**GRID, "values": {"l2": [1e39, 1e40]}})
    assert mlflow.MlflowClient().search_registered_models() == []
    assert mlflow.active_run() is None


def test_a_best_below_its_limits_is_registered_but_gets_no_alias(tmp_path: Path) -> None:
    result = tune(tmp_path, metrics=[{"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.999}])
    assert not result["passed"]
    assert aliases_of(mlflow.MlflowClient(), "churn") == {}


def test_the_first_metric_chooses(tmp_path: Path) -> None:
    metrics = [{"KIND": "CalibrationErrorMetric"}, {"KIND": "SklearnMetric", "name": "roc_auc"}]
    result = tune(tmp_path, metrics=metrics)
    assert result["best"].last.mean == min(trial.last.mean for trial in result["trials"])
    assert {*result["scores"]} == {"calibration_error", "roc_auc"}


def test_more_folds_than_rows_of_a_class_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"500 folds need at least 500 rows of the rarest class in training"):
        tune(tmp_path, search={**GRID, "folds": 500})


def test_the_faults_of_a_search_are_named_when_the_config_is_read(tmp_path: Path) -> None:
    values = {"depth": [2, 0], "lerning_rate": [0.1]}
    fields = {"inputs": FEW, "target": "Churn", "recipe": SMALL, "search": {**GRID, "values": values}}
    with pytest.raises(ValueError, match=r"(?s)values.depth.1\n.*values.lerning_rate.0\n"):
        make(tmp_path, "TuningJob", **fields)
