"""Certifications: outcomes bound to their data, the same whatever the workers and the order of rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.ensemble import RandomForestClassifier

from mxt import packages
from mxt.errors import ConfigError, DataError
from mxt.findings import Findings
from mxt.registries import digests
from mxt.registries.certificates import stored
from mxt.registries.loaders.mlflow import MlflowLoader
from reviews import review
from runs import CHURN, make, run, train

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 1000
LIMITED = {**CHURN, "limit": ROWS}
REFITS: list[dict[str, Any]] = [
    {
        "KIND": "CrossValidationCriterion",
        "metric": {"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.7},
        "maximum_deviation": 0.05,
        "folds": 3,
        "repeats": 1,
    },
    {"KIND": "PermutationCriterion", "permutations": 20, "folds": 3},
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one version, the challenger; tests certify it again and again."""
    folder = tmp_path_factory.mktemp("certification")
    train(folder, inputs=LIMITED)
    return folder


def certify(root: Path, **fields: Any) -> dict[str, Any]:
    defaults = {"alias_or_version": "Challenger", "criteria": REFITS, "workers": 1}
    return run(root, "CertificationJob", **{**defaults, **fields})


def test_a_certificate_is_bound_to_what_it_rests_on(root: Path) -> None:
    result = certify(root)
    assert result["passed"]
    certificate = result["certificate"]
    assert certificate.outcome == "PASS"
    assert "allowed" not in certificate.bound, "as in the certificates of earlier releases"
    assert [criterion["criterion"] for criterion in certificate.criteria] == [
        "cv_mean_roc_auc",
        "cv_deviation_roc_auc",
        "permutation_p_accuracy",
    ]
    with make(root, "CertificationJob", alias_or_version="Challenger") as job:
        pinned = job.context.serve(MlflowLoader(), "Challenger").pinned
        assert stored(pinned) == certificate
        assert certificate.bound["model"] == digests.model_digest(pinned)
        assert certificate.bound["packages"] == packages.written("xgboost")
        assert certificate.bound["training_data"] == pinned.tags["mxt.training_data_id"]


def test_workers_and_the_order_of_rows_do_not_change_a_bit(root: Path, tmp_path: Path) -> None:
    shuffled = tmp_path / "shuffled.csv"
    table = pd.read_csv(CHURN["path"], dtype=str, keep_default_na=False).head(ROWS)
    table.sample(frac=1, random_state=0).to_csv(shuffled, index=False)
    one = certify(root)["certificate"].criteria
    assert one == certify(root, workers=2)["certificate"].criteria
    assert one == certify(root, inputs={**CHURN, "path": str(shuffled)})["certificate"].criteria


def test_a_missed_target_is_no(root: Path) -> None:
    limit = {"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.99}
    result = certify(root, criteria=[{**REFITS[0], "metric": limit}])
    assert not result["passed"]
    assert result["certificate"].outcome == "FAIL"
    assert "missed by" in result["facts"]["cv_mean_roc_auc"]


def test_too_little_data_is_no_pass(tmp_path: Path) -> None:
    train(tmp_path, inputs={**CHURN, "limit": 80})
    result = certify(tmp_path)
    assert not result["passed"]
    assert result["certificate"].outcome == "INSUFFICIENT"
    values = [criterion["value"] for criterion in json.loads(result["certificate"].to_bytes())["criteria"]]
    assert values == [None, None, None]


def test_another_table_is_refused(root: Path) -> None:
    with pytest.raises(DataError, match="is not the table that churn version 1 was trained on"):
        certify(root, inputs={**CHURN, "limit": ROWS - 1})


def test_the_same_criterion_twice_is_refused(root: Path) -> None:
    with pytest.raises(ConfigError, match="two of them measure permutation_p_accuracy"):
        certify(root, criteria=[REFITS[1], {**REFITS[1], "permutations": 30}])


def test_a_criterion_that_cannot_be_assessed_is_refused_before_the_first_fit(root: Path) -> None:
    for_ever = {**REFITS[1], "permutations": 10**7, "level": 1e-6}
    fair = {
        "KIND": "FairnessCriterion",
        "columns": [{"column": "gender"}],
        "positive": " Yes",
        "limits": {"demographic_parity_ratio": 0.8},
    }
    with pytest.raises(ConfigError, match=r"knows no class ' Yes'; its classes are No, Yes"):
        certify(root, criteria=[for_ever, fair])


def test_what_training_recorded_cannot_be_said_otherwise(root: Path) -> None:
    for fields, name in (
        ({"splitter": {"KIND": "HoldoutSplitter", "seed": 7}}, "splitter"),
        ({"target": "Partner"}, "target"),
        ({"recipe": {"KIND": "XgboostRecipe", "trees": 500}}, "recipe"),
    ):
        with pytest.raises(ConfigError, match=f"trained with another {name}"):
            certify(root, **fields)
    assert certify(root, splitter={"KIND": "HoldoutSplitter"})["passed"]


def test_rows_that_changed_places_are_not_taken_for_held_out(tmp_path: Path) -> None:
    file = tmp_path / "churn.csv"
    table = pd.read_csv(CHURN["path"], dtype=str, keep_default_na=False).head(400)
    table.to_csv(file, index=False)
    without_ids = {"KIND": "CsvReader", "path": str(file), "missing": [" "]}
    train(tmp_path, inputs=without_ids, exclude=["variant", "customerID"])
    assert certify(tmp_path)["certificate"].outcome in {"PASS", "FAIL"}
    table.iloc[::-1].to_csv(file, index=False)
    with pytest.raises(DataError, match="are not those that the training of churn version 1 held out"):
        certify(tmp_path)


def test_a_criterion_without_a_limit_is_refused(tmp_path: Path) -> None:
    accuracy = {"KIND": "SklearnMetric", "name": "accuracy"}
    for kind in ("CrossValidationCriterion", "BootstrapCriterion", "MetricCriterion"):
        with pytest.raises(ValidationError, match="needs a minimum or a maximum"):
            make(tmp_path, "CertificationJob", criteria=[{"KIND": kind, "metric": accuracy}])


def test_a_foreign_model_without_a_schema_learns_from_its_own_columns(tmp_path: Path) -> None:
    chance, rows = np.random.default_rng(0), 300
    table = pd.DataFrame({"a": chance.normal(size=rows), "b": chance.normal(size=rows)})
    table["answer"] = np.where(chance.random(rows) < 0.5, "no", "yes")
    file = tmp_path / "noise.csv"
    table.to_csv(file, index_label="id")
    with make(tmp_path, "HistoryJob") as job:
        fitted = RandomForestClassifier(random_state=0).fit(table[["a", "b"]], table["answer"])
        mlflow.sklearn.log_model(
            fitted, name="model", registered_model_name="churn", serialization_format="cloudpickle"
        )
        review("models:/churn/1", tmp_path)
        job.context.client.set_registered_model_alias("churn", "Challenger", "1")
        job.context.conclude(Findings(passed=True))
    limit = {"KIND": "SklearnMetric", "name": "accuracy", "minimum": 0.8}
    result = certify(
        tmp_path,
        inputs={"KIND": "CsvReader", "path": str(file), "id_column": "id"},
        target="answer",
        splitter={"KIND": "HoldoutSplitter"},
        recipe={"KIND": "RandomForestRecipe", "trees": 20},
        criteria=[{**REFITS[0], "metric": limit}],
    )
    allowed = "the pickle model.pkl: reviewed by Ada Lovelace at 2026-11-21T20:15:00Z"
    assert result["certificate"].bound["allowed"] == allowed
    mean = result["certificate"].criteria[0]
    assert mean["outcome"] == "FAIL"
    assert mean["value"] < 0.65
    assert "word of this config" in result["facts"]["held_out"]


def test_the_evidence_of_several_criteria_is_kept_whole(root: Path) -> None:
    fair = {"KIND": "FairnessCriterion", "positive": "Yes", "minimum_rows": 20}
    gender, senior = [{"column": "gender"}], [{"column": "SeniorCitizen"}]
    parity, odds = {"demographic_parity_ratio": 0.1}, {"equalized_odds_difference": 0.9}
    limited = [(gender, parity, "Yes"), (senior, parity, "Yes"), (senior, odds, "Yes"), (gender, odds, "No")]
    criteria = [
        {**fair, "columns": columns, "limits": limits, "positive": positive}
        for columns, limits, positive in limited
    ]
    result = certify(root, criteria=criteria)
    run_id = result["certificate"].sources["certification_run"]
    path = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="fairness.csv")
    rates = pd.read_csv(path)
    counts = rates.groupby(["positive", "column"]).size().to_dict()
    assert counts == {("No", "gender"): 10, ("Yes", "SeniorCitizen"): 10, ("Yes", "gender"): 10}
