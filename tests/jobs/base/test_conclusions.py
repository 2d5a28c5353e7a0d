"""The end of a job: all is in the run before the first output, and the version names whole runs only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import mlflow
import pandas as pd
import pytest

from conftest import REPOSITORY, clean_environment
from mxt.datasets.writers.csv import CsvWriter
from mxt.errors import DataError, ServiceError
from mxt.findings import Chart, Document, Findings, Output, Paragraph
from mxt.findings.tags import LAST
from mxt.jobs.base import ModelJob
from mxt.registries.latest import last_run
from runs import run, train
from sinks import webhook
from sweeps import trials

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from mxt.jobs.base import Locals

TABLE = pd.DataFrame({"x": [1.5]}, index=pd.Index(["a"], name="id"))


class EndingJob(ModelJob):
    """Ends as a test wants it."""

    KIND: Literal["EndingJob"] = "EndingJob"

    fault: str = ""
    """What goes wrong."""

    writer: CsvWriter
    """Where the output goes."""

    def run(self) -> Locals:
        served = self.serve()
        self.context.record(
            Findings(scores={"first": 1.0}, page=Document([Paragraph("A stage.")], name="ending"))
        )
        if self.fault == "blocked":
            Path(self.writer.path).parent.write_text("no folder", encoding="utf-8")
        if self.fault == "between":
            msg = "it breaks between its stages"
            raise DataError(msg)
        return self.context.conclude(
            Findings(
                passed=True,
                answer=["It ended."],
                tables={"numbers": TABLE},
                charts={"numbers": Chart("Numbers", "One number.", "numbers", self._draw)},
                outputs=[Output("writer", self.writer, TABLE)],
                evidence=True,
                skipped="no rows" if self.fault == "skipped" else "",
                values={"version": served.pinned},
            )
        )

    def _draw(self, figure: Figure) -> None:
        if self.fault == "chart":
            msg = "a secret cell"
            raise ValueError(msg)
        figure.subplots().plot(TABLE["x"])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conclusions")
    train(folder, recipe={"KIND": "XgboostRecipe", "trees": 2, "depth": 1})
    return folder


def end(root: Path, path: Path, fault: str = "", after: Callable[[], None] | None = None) -> str:
    """Run the job, and return the id of its run."""
    service = {"registry_name": "churn", "experiment_name": "churn"}
    content = {
        "KIND": "EndingJob",
        "mlflow_service": service,
        "alias_or_version": "Challenger",
        "fault": fault,
        "writer": {"KIND": "CsvWriter", "path": str(path)},
    }
    job = EndingJob.model_validate_json(json.dumps(content), context={"root": str(root)})
    with job:
        run_id = job.context.run.run_id
        job.run()
        if after is not None:
            after()
    return run_id


def latest() -> Any:
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("churn").experiment_id
    return client.search_runs([experiment], order_by=["attributes.start_time DESC"], max_results=1)[0]


def named() -> str | None:
    found: str | None = mlflow.MlflowClient().get_model_version("churn", "1").tags.get(f"{LAST}EndingJob")
    return found


def files(run_id: str) -> set[str]:
    return {file.path for file in mlflow.MlflowClient().list_artifacts(run_id)}


def test_a_whole_run_holds_its_stages_and_is_named_by_the_version(root: Path, tmp_path: Path) -> None:
    run_id = end(root, tmp_path / "out.csv")
    assert {"ending.md", "numbers.csv", "numbers.png", "findings.json", "config.json"} <= files(run_id)
    page = mlflow.artifacts.load_text(f"runs:/{run_id}/ending.md")
    assert page.startswith("# EndingJob churn 1: passed\n\nIt ended.\n\nA stage.\n\n## Files\n\n")
    assert latest().data.metrics == {"first": 1.0}
    assert named() == run_id
    assert (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("fault", "error"), [("between", DataError), ("chart", ValueError), ("after", RuntimeError)]
)
def test_a_run_that_fails_is_not_named_and_leaves_no_output_before_its_page(
    fault: str, error: type[Exception], root: Path, tmp_path: Path
) -> None:
    before, path = named(), tmp_path / "out.csv"

    def fail() -> None:
        if fault == "after":
            raise RuntimeError

    with pytest.raises(error):
        end(root, path, fault, fail)
    failed = latest()
    assert (failed.info.status, failed.info.run_name) == ("FAILED", "EndingJob churn 1: failed")
    assert named() == before
    assert path.exists() == (fault == "after")
    assert "ending.md" in files(failed.info.run_id), "what a stage recorded outlives the failure"
    if fault == "between":
        page = mlflow.artifacts.load_text(f"runs:/{failed.info.run_id}/ending.md")
        assert page.startswith("# EndingJob churn 1\n"), "a stage has no verdict yet"
    assert ("findings.json" in files(failed.info.run_id)) == path.exists()


def test_an_output_that_cannot_be_written_fails_the_run_after_its_page(root: Path, tmp_path: Path) -> None:
    before = named()
    with pytest.raises(DataError):
        end(root, tmp_path / "file" / "out.csv", "blocked")
    assert latest().info.status == "FAILED"
    assert {"ending.md", "findings.json"} <= files(latest().info.run_id)
    assert named() == before


def test_a_run_with_nothing_to_do_is_no_evidence(root: Path, tmp_path: Path) -> None:
    before = named()
    run_id = end(root, tmp_path / "out.csv", "skipped")
    assert latest().info.run_name == "EndingJob churn 1: skipped"
    assert named() == before != run_id


def test_a_version_that_goes_meanwhile_fails_the_job_and_nobody_hears_that_it_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path, recipe={"KIND": "XgboostRecipe", "trees": 2, "depth": 1})
    with webhook() as (url, received):
        monkeypatch.setenv("MXT_ALERTS_TARGETS", url)
        with pytest.raises(ServiceError, match="Model Version"):
            end(
                tmp_path,
                tmp_path / "out.csv",
                after=lambda: mlflow.MlflowClient().delete_model_version("churn", "1"),
            )
    assert [message["title"] for message in received] == ["EndingJob failed"]


@pytest.mark.usefixtures("root")
def test_of_two_runs_the_one_that_ended_last_counts_whatever_tag_names_it() -> None:
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("churn").experiment_id
    runs = [client.create_run(experiment).info.run_id for _ in range(2)]
    for run_id, moment in zip(runs, (2_000, 1_000), strict=True):
        client.set_terminated(run_id, end_time=latest().info.start_time + moment)
    later, sooner = runs
    for tags, wanted in (
        ({"mxt.evaluation": later, f"{LAST}EvaluationsJob": sooner}, later),
        ({"mxt.evaluation": sooner, f"{LAST}EvaluationsJob": later}, later),
        ({"mxt.evaluation": sooner}, sooner),
        ({"mxt.evaluation": "0" * 32, f"{LAST}EvaluationsJob": sooner}, sooner),
    ):
        found = last_run(client, tags, "EvaluationsJob")
        assert found is not None
        assert found.info.run_id == wanted
    assert last_run(client, {"mxt.evaluation": later}, "DriftJob") is None


def test_lists_of_a_config_are_one_parameter_each(root: Path) -> None:
    inputs = {"KIND": "CsvReader", "path": str(REPOSITORY / "data" / "churn.csv"), "id_column": "customerID"}
    columns = ["tenure", "Contract", "Churn"]
    metrics = [{"KIND": "SklearnMetric", "name": name} for name in ("roc_auc", "f1")]
    recipe = {"KIND": "XgboostRecipe", "trees": 2, "depth": 1}
    fields = {
        "inputs": {**inputs, "columns": columns},
        "target": "Churn",
        "recipe": recipe,
        "metrics": metrics,
    }
    version = run(root, "TrainingJob", **fields)["version"]
    told = mlflow.get_run(version.run_id).data.params
    assert told["inputs.columns"] == "tenure, Contract, Churn"
    assert '"name": "roc_auc"' in told["metrics"]
    assert not [name for name in told if name.startswith(("inputs.columns.", "metrics."))]


@pytest.mark.slow
def test_a_kill_at_any_step_of_the_end_leaves_nothing_that_misleads(tmp_path: Path) -> None:
    root = tmp_path / "project"
    train(root, recipe={"KIND": "XgboostRecipe", "trees": 2, "depth": 1})
    script = Path(__file__).with_name("concluding.py")
    ended = subprocess.run(
        [sys.executable, str(script), str(root), str(trials(9, 1))],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["steps"] > 40
    assert found["faults"] == {}
