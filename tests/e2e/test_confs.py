"""Every shipped config runs as it stands."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from conftest import REPOSITORY, Project, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

LIFE = ["training", "evaluations", "explanations", "drift", "certification", "promotion", "inference"]
REFUSED = {
    "certification_breast_cancer",
    "certification_pilot",
    "certification_refused",
    "drift_shifted",
    "promotion_refused",
}
QUICK = "job.criteria=[{KIND: MetricCriterion, metric: {KIND: CalibrationErrorMetric, maximum: 0.05}}]"
DATA_FIELDS = {
    "training": "job.inputs.path",
    "evaluations": "job.inputs.path",
    "explanations": "job.inputs_samples.path",
    "drift": "job.current.path",
    "inference": "job.inputs.path",
}


def ends_as_its_first_lines_say(project: Project, conf: str, *overrides: str) -> None:
    """Run a config in this process."""
    ended = project.here(conf, *overrides)
    assert ended.code == (10 if conf in REFUSED else 0), ended.err


def others(project: Project) -> list[str]:
    """The configs that are no part of a model's life, trainings first."""
    return sorted({path.stem for path in (project.root / "confs").glob("*.yaml")} - set(LIFE), reverse=True)


@pytest.mark.slow
def test_a_model_lives_its_whole_life_from_a_clean_store(project: Project) -> None:
    for conf in LIFE:
        ended = project.mxt(f"confs/{conf}.yaml")
        assert ended.code == 0, ended.err
        assert ended.outcome["outcome"] == "passed"
        assert "See it in the MLflow UI" in ended.err
    for conf in others(project):
        ends_as_its_first_lines_say(project, conf)


def test_the_jobs_of_the_first_command_in_the_readme_end_well(project: Project) -> None:
    for conf in ("training", "explanations"):
        ended = project.mxt(f"confs/{conf}.yaml")
        assert ended.code == 0, ended.err
        assert ended.outcome["outcome"] == "passed"
        assert "See it in the MLflow UI" in ended.err


def test_any_current_folder_will_do(
    trained: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for conf in [
        "explanations",
        "explanation_diff",
        "drift",
        "inference",
        "drift_shifted",
        "promotion_refused",
    ]:
        ended = trained.here(conf)
        assert ended.code == (10 if conf in REFUSED else 0), ended.err
        assert all(target.startswith(str(trained.root)) for target in ended.outcome["outputs"].values())
    assert list(tmp_path.iterdir()) == []


def test_the_columns_of_the_shifted_table_have_drifted(trained: Project) -> None:
    ended = trained.here("drift_shifted")
    drifted = set(ended.outcome["facts"]["drifted"].split(", "))
    assert {"Contract", "MonthlyCharges", "PaymentMethod", "TechSupport"} <= drifted
    assert ended.outcome["facts"]["rows_the_model_cannot_take"] > 0


def test_the_same_confs_run_on_the_real_table_by_overriding_one_path(project: Project, telco: Path) -> None:
    for conf in LIFE:
        overrides = [f"{DATA_FIELDS[conf]}={telco}"] if conf in DATA_FIELDS else []
        overrides += [QUICK] if conf == "certification" else []
        ended = project.here(conf, *overrides)
        assert ended.code == 0, ended.err
        if conf == "evaluations":
            assert ended.outcome["facts"]["roc_auc"] > 0.80


def test_explanations_keep_ids_and_source_columns_and_add_up(trained: Project) -> None:
    ended = trained.here("explanations", "job.inputs_samples.sample.rows=50")
    assert ended.code == 0, ended.err
    stored = pq.read_table(ended.outcome["outputs"]["samples_explanations"])
    samples = stored.to_pandas().set_index("customerID")
    data = [line.split(",")[0] for line in (trained.root / "data" / "churn.csv").read_text().splitlines()]
    assert len(samples) == 50
    assert set(samples.index) <= set(data)
    columns = samples.columns[samples.columns.get_loc("unit") + 1 : -1]
    summed = samples["base_value"] + samples[columns].sum(axis=1)
    np.testing.assert_allclose(summed, samples["prediction"], rtol=1e-4, atol=1e-4)
    facts = {key.decode(): value.decode() for key, value in stored.schema.metadata.items()}
    assert facts["mxt.model_uri"] == "models:/churn/1"
    assert facts["mxt.unit"] == "log-odds"
    assert len(facts["mxt.config_digest"]) == len(facts["mxt.data_digest"]) == 64


@pytest.mark.slow  # the fast one is test_no_explanation_imports_shap_or_numba
def test_explaining_trees_loads_neither_shap_nor_numba(trained: Project) -> None:
    reported = {"PYTHONPROFILEIMPORTTIME": "1"}
    ended = trained.mxt("confs/explanations.yaml", "job.inputs_samples.sample.rows=50", env=reported)
    assert ended.code == 0, ended.err
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.err.splitlines()}
    assert {"mxt", "matplotlib", "xgboost"} <= loaded
    assert {"shap", "numba"} & loaded == set()


def test_the_same_config_writes_the_same_bytes(trained: Project) -> None:
    outputs = []
    for _ in range(2):
        ended = trained.here("explanations", "job.inputs_samples.sample.rows=200")
        assert ended.code == 0, ended.err
        outputs.append(
            [
                (trained.root / "outputs" / f"{name}_explanations.parquet").read_bytes()
                for name in ("models", "samples")
            ]
        )
    assert outputs[0] == outputs[1]


def test_the_ancestors_config_is_valid_unchanged(project: Project) -> None:
    config = project.config(
        "ancestor.yaml",
        "job:\n  KIND: ExplanationsJob\n"
        "  inputs_samples:\n    KIND: ParquetReader\n    path: data/inputs_test.parquet\n    limit: 100\n"
        "  models_explanations:\n    KIND: ParquetWriter\n    path: outputs/models_explanations.parquet\n"
        "  samples_explanations:\n    KIND: ParquetWriter\n    path: outputs/samples_explanations.parquet\n",
    )
    ended = project.mxt("--check", config)
    assert ended.code == 0, ended.err


@pytest.mark.slow
def test_eight_jobs_at_once_on_a_store_that_does_not_exist_yet(project: Project) -> None:
    command = [
        sys.executable,
        "-m",
        "mxt",
        "confs/training_multiclass.yaml",
        "job.recipe.trees=3",
        "job.metrics=[]",
    ]
    started = [
        subprocess.Popen(
            command, cwd=project.root, env=clean_environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(8)
    ]
    ended = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0] * 8, [
        error.decode()[-500:] for _, error in ended
    ]


@pytest.mark.parametrize("conf", sorted(path.name for path in (REPOSITORY / "confs").glob("*.yaml")))
def test_each_config_says_first_what_it_is_for(conf: str) -> None:
    assert (REPOSITORY / "confs" / conf).read_text().startswith("# ")
