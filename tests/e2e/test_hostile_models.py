"""Hostile models in a real store: every command refuses them in one line, as wrong models."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import mlflow
import numpy as np
import pandas as pd
import pytest
import skops.io

from blank import blank_store
from conftest import make_project
from mxt.cli import main
from mxt.services import MlflowService
from registries.hostile import MODELS, ROWS, booster, sklearn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Project

NAME = "hostile"


@dataclass
class Shelf:
    """A project whose registry gets hostile models as versions."""

    project: Project
    versions: dict[str, int] = field(default_factory=dict)

    def version(self, name: str, make: Callable[[Path, Path], object]) -> int:
        """The number of a model's version, which is made at its first use."""
        if name not in self.versions:
            folder = self.project.root / "models" / name
            make(folder, self.canary(name))
            made = mlflow.MlflowClient().create_model_version(NAME, str(folder))
            self.versions[name] = int(made.version)
        return self.versions[name]

    def canary(self, name: str) -> Path:
        """The file that a hostile model would write."""
        return self.project.root / f"canary-{name}"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A project with a registry, and a table to explain."""
    project = make_project(tmp_path_factory.mktemp("hostile"))
    service = MlflowService(tracking_uri=f"sqlite:///{blank_store(project.root)}", experiment_name="churn")
    service.start()
    service.client().create_registered_model(NAME)
    (project.root / "models").mkdir()
    table = pd.DataFrame(ROWS, columns=["a", "b"]).assign(left=np.where(ROWS[:, 0] > 0.5, "yes", "no"))
    table.to_csv(project.root / "rows.csv", index_label="id")
    return Shelf(project)


def refused(shelf: Shelf, name: str, words: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    """The one line by which a command refuses a hostile model."""
    assert main(words) == 4
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err
    assert not shelf.canary(name).exists()
    lines = [line for line in err.splitlines() if re.search(MODELS[name].says, line)]
    assert len(lines) == 1, err
    return lines[0]


CHEAP = {"a_pickle", "a_list_of_types_of_its_own", "a_link_to_the_outside"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in CHEAP else pytest.mark.slow) for name in MODELS]
)
def test_no_command_runs_a_hostile_model(
    name: str, shelf: Shelf, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shelf.project.root)
    version = shelf.version(name, MODELS[name].make)
    refused(shelf, name, ["explain", "rows.csv", "--model", f"{NAME}/{version}", "--row", "0"], capfd)
    words = [
        "confs/explanations.yaml",
        f"job.mlflow_service.registry_name={NAME}",
        f"job.alias_or_version='{version}'",
        "job.inputs_samples={KIND: CsvReader, path: rows.csv, id_column: id}",
    ]
    refused(shelf, name, words, capfd)
    assert not [*(shelf.project.root / "outputs").glob("*")]


@pytest.mark.parametrize("job", ["ABTestJob", "CertificationJob"])
def test_a_version_among_others_is_refused_by_its_number(
    job: str, shelf: Shelf, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shelf.project.root)
    hostile = shelf.version("a_pickle", MODELS["a_pickle"].make)
    sound = shelf.version("sound", lambda folder, _: booster(folder))
    metric = "{KIND: SklearnMetric, name: accuracy, minimum: 0.1}"
    fields = {
        "ABTestJob": [
            "salt: offer",
            f"versions: {{control: {sound}, treatment: {hostile}}}",
            "endpoints: [{KIND: QualityEndpoint, score: accuracy, margin: 0.1}]",
        ],
        "CertificationJob": [
            f"alias_or_version: '{hostile}'",
            "splitter: {KIND: HoldoutSplitter}",
            "recipe: {KIND: RandomForestRecipe, trees: 2}",
            f"criteria: [{{KIND: MetricCriterion, metric: {metric}}}]",
        ],
    }[job]
    lines = [
        "job:",
        f"  KIND: {job}",
        f"  mlflow_service: {{experiment_name: churn, registry_name: {NAME}}}",
        "  inputs: {KIND: CsvReader, path: rows.csv, id_column: id}",
        "  target: left",
        *(f"  {line}" for line in fields),
    ]
    conf = shelf.project.config(f"{job}.yaml", "\n".join(lines))
    assert f"models:/{NAME}/{hostile} would run code" in refused(shelf, "a_pickle", [conf], capfd)


@pytest.mark.slow
def test_types_of_ones_own_are_allowed_for_a_job_by_its_config_and_for_a_command_by_a_review(
    shelf: Shelf, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shelf.project.root
    monkeypatch.chdir(root)
    (root / "installed").mkdir()
    code = "from sklearn.linear_model import LogisticRegression\nclass Mine(LogisticRegression): pass\n"
    (root / "installed" / "acme_models.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(root / "installed")
    table = pd.read_csv(root / "rows.csv", index_col="id")
    fitted = importlib.import_module("acme_models").Mine().fit(table[["a", "b"]], table["left"])
    folder = sklearn(root / "models" / "own", skops.io.dumps(fitted), "skops", ["acme_models.Mine"])
    version = int(mlflow.MlflowClient().create_model_version(NAME, str(folder)).version)
    words = ["explain", "rows.csv", "--model", f"{NAME}/{version}", "--row", "0"]
    assert main(words) == 4
    said = capfd.readouterr().err
    found = re.search(r"allows it: loader: (.*)\. Otherwise, or without a config, review it: mxt (.*)", said)
    assert found, said
    rows = "{KIND: CsvReader, path: rows.csv, id_column: id}"
    job = [
        "confs/explanations.yaml",
        f"job.mlflow_service.registry_name={NAME}",
        f"job.alias_or_version='{version}'",
        f"job.inputs_samples={rows}",
        f"job.background={rows}",
        f"job.loader={found[1]}",
    ]
    job += [f"job.{part}_explanations.path=own/{part}.parquet" for part in ("models", "samples")]
    assert main(job) == 0, capfd.readouterr().err
    assert main([*found[2].split(), "--yes"]) == 0
    assert main([*words, "--background", "rows.csv"]) == 0, capfd.readouterr().err
