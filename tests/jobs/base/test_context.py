"""The state of a running job: stages join, outputs are counted, and the end says how it went."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import pandas as pd
import pytest

from blank import blank_store
from mxt.datasets.writers.csv import CsvWriter
from mxt.findings import Document, Findings, Output, Paragraph
from mxt.jobs.history import HistoryJob

if TYPE_CHECKING:
    from mxt.jobs.base import Job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job on a store of its own."""
    service = {
        "tracking_uri": f"sqlite:///{blank_store(tmp_path)}",
        "experiment_name": "churn",
        "registry_name": "churn",
    }
    return HistoryJob.model_validate({"mlflow_service": service, "alias": "Champion"})


def test_the_findings_of_stages_join_in_the_run_and_in_the_locals(job: Job, tmp_path: Path) -> None:
    table = pd.DataFrame({"x": [1, 2]})
    with job:
        context = job.context
        context.record(Findings(facts={"first": 1}, scores={"auc": 0.5}, answer=["One."]))
        assert not context.concluded
        ended = context.conclude(
            Findings(
                passed=False,
                answer=["Two."],
                facts={"second": "b"},
                scores={"unknown": float("nan")},
                page=Document([Paragraph("Shown.")], name="shown"),
                outputs=[
                    Output("table", CsvWriter(path=str(tmp_path / "out.csv")), table),
                    Output("none", None, table),
                ],
                values={"x": 3},
            )
        )
    facts = {"first": 1, "second": "b", "table_rows": 2}
    assert ended == {"x": 3, "passed": False, "facts": facts}
    assert (context.concluded, context.outcome) == (True, "refused")
    assert context.outputs == {"table": str(tmp_path / "out.csv")}
    run = mlflow.MlflowClient(job.mlflow_service.tracking_uri).get_run(context.run.run_id)
    assert run.data.metrics == {"auc": 0.5}
    assert run.data.tags["mxt.passed"] == "false"
    assert run.info.run_name == "HistoryJob: refused"
    folder = Path(run.info.artifact_uri.removeprefix("file://"))
    content = json.loads((folder / "findings.json").read_text())
    assert next(iter(content)) == "job"
    assert content["answer"] == ["One.", "Two."]
    assert content["scores"] == {"auc": 0.5}
    page = (folder / "shown.md").read_text()
    assert page.startswith("# HistoryJob: refused\n\nOne.\n\nTwo.\n\nShown.\n")


def test_a_skip_is_neither_a_yes_nor_a_no(job: Job) -> None:
    with job:
        context = job.context
        context.conclude(Findings(passed=True, skipped="no new rows"))
    assert context.outcome == "skipped"


def test_there_are_no_data_before_some_are_linked(job: Job) -> None:
    with job, pytest.raises(RuntimeError, match="No data were linked to the run yet"):
        _ = job.context.linked
