"""What every job owes: its example runs, its run is whole, and a fault ends in the code of its class."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import mlflow
import pytest
import yaml

from conftest import Ended, Project, make_project
from mxt.jobs.base import Job, ModelJob
from mxt.jobs.base.configs import config_digest
from mxt.kinds import members
from mxt.kinds.texts import example_of

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 500
EXAMPLES: dict[str, dict[str, Any]] = {
    name: yaml.safe_load(example_of(kind)) for name, kind in members(Job).items()
}
READING = {
    name: field
    for name, example in EXAMPLES.items()
    for field, block in example.items()
    if isinstance(block, dict) and block.get("KIND", "").endswith("Reader")
}
"""The table that each job with a table in its example reads first."""
QUICK = {
    "CertificationJob": [
        "job.criteria=[{KIND: MetricCriterion, metric: {KIND: SklearnMetric, name: roc_auc, minimum: 0.5}}]"
    ],
    "TrainingJob": ["job.recipe.trees=10"],
    "TuningJob": ["job.recipe.trees=2", "job.workers=1"],
}
"""Overrides of examples that would take long."""

each_job = pytest.mark.parametrize("name", EXAMPLES)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose short table has trained one version, the challenger and the champion."""
    project = make_project(tmp_path_factory.mktemp("jobs"))
    table = project.root / "data" / "churn.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[: ROWS + 1]))
    assert run(project, "TrainingJob").code == 0
    client(project).set_registered_model_alias("model", "Champion", "1")
    return project


def run(project: Project, name: str, *overrides: str) -> Ended:
    """Run the example of a job from the command line."""
    project.config(f"{name}.yaml", yaml.safe_dump({"job": EXAMPLES[name]}))
    return project.here(name, *QUICK.get(name, []), *overrides)


def client(project: Project) -> mlflow.MlflowClient:
    store = f"sqlite:///{project.root}/mlflow.db"
    return mlflow.MlflowClient(store, store)


def artifacts(project: Project, run_id: str) -> Path:
    """The folder of what a run holds."""
    return project.root / "mlartifacts" / "mxt" / run_id / "artifacts"


def outputs(project: Project) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (project.root / "outputs").glob("*")}


def failed(project: Project, ended: Ended, code: int) -> str:
    """The message of a job that failed as it should: with its code, a failed run, and no traceback."""
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    outcome = ended.outcome
    assert (outcome["outcome"], outcome["exit_code"]) == ("failed", code)
    assert client(project).get_run(outcome["run_id"]).info.status == "FAILED"
    return str(outcome["error"])


@each_job
def test_a_job_is_the_same_after_a_round_trip_and_has_one_digest(name: str) -> None:
    job = members(Job)[name].model_validate_json(json.dumps(EXAMPLES[name]))
    again = members(Job)[name].model_validate_json(job.model_dump_json(by_alias=True))
    assert again.model_dump() == job.model_dump()
    assert config_digest(again) == config_digest(job)


@each_job
def test_a_job_runs_only_between_its_services(name: str) -> None:
    job = members(Job)[name].model_validate_json(json.dumps(EXAMPLES[name]))
    with pytest.raises(RuntimeError, match=f"{name}.*with job"):
        job.run()


@each_job
def test_the_example_of_a_job_runs_and_its_run_is_whole(name: str, project: Project) -> None:
    ended = run(project, name)
    assert ended.code in {0, 10}, ended.err
    outcome = ended.outcome
    assert outcome["outcome"] == ("passed" if ended.code == 0 else "refused")
    assert outcome["answer"], "the first sentences are the answer"
    made = client(project).get_run(outcome["run_id"])
    assert made.info.status == "FINISHED"
    assert made.data.tags["mxt.job"] == name
    assert made.data.tags["mlflow.note.content"].strip()
    folder = artifacts(project, outcome["run_id"])
    findings = json.loads((folder / "findings.json").read_text())
    assert findings["answer"] == outcome["answer"]
    assert json.loads((folder / "config.json").read_text())["KIND"] == name
    pages = [path.read_text() for path in folder.glob("*.md")]
    assert [page.startswith(f"# {name}") for page in pages].count(True) == 1


@pytest.mark.parametrize("name", READING)
def test_a_missing_table_ends_in_code_3_and_leaves_the_outputs(name: str, project: Project) -> None:
    before = outputs(project)
    ended = run(project, name, f"job.{READING[name]}.path=data/absent.csv")
    assert "absent.csv: no such file or folder" in failed(project, ended, 3)
    assert outputs(project) == before


@pytest.mark.parametrize("name", [name for name, kind in members(Job).items() if issubclass(kind, ModelJob)])
def test_a_missing_version_ends_in_code_4_and_leaves_the_outputs(name: str, project: Project) -> None:
    before = outputs(project)
    message = failed(project, run(project, name, "job.alias_or_version=Nobody"), 4)
    assert "no alias or version 'Nobody'. Aliases: " in message
    assert outputs(project) == before
