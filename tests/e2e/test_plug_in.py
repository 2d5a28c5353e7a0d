"""A package from outside with one job and one gate, a file each: MXT does everything else with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
import pytest

from packages import installed
from sinks import webhook

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Ended, Project

JOB = '''
"""A job from outside: is a version fit for the dusk?"""
from typing import Literal
from mxt.findings import Bullets, Chart, Document, Findings, Heading
from mxt.jobs.base import ModelJob
from mxt.datasets.writers.base import Writer
from mxt.kinds import OneOf
from mxt.findings import Output

class DuskJob(ModelJob):
    """Measures how dark it is where a version works.

    Example:
        {KIND: DuskJob, alias_or_version: Challenger, hours: {KIND: CsvWriter, path: outputs/hours.csv}}
    """

    KIND: Literal["DuskJob"] = "DuskJob"

    hours: OneOf[Writer]
    """Where the hours go."""

    def run(self):
        import pandas as pd

        served = self.serve()
        table = pd.DataFrame({"hour": [20, 21], "darkness": [0.5, 0.75]}).set_index("hour")
        return self.context.conclude(
            Findings(
                passed=True,
                answer=["It is dark from 21 on."],
                facts={"darkest": 0.75},
                scores={"darkest": 0.75},
                tables={"dusk": table},
                charts={"dusk": Chart("Dusk", "It gets darker.", "dusk", self.draw)},
                page=Document([Heading("Hours"), Bullets(["21 is darker than 20"])], name="dusk"),
                outputs=[Output("hours", self.hours, table)],
                evidence=True,
                next=["mxt confs/promotion.yaml"],
                values={"version": served.pinned},
            )
        )

    def draw(self, figure):
        figure.subplots().plot([0.5, 0.75])
'''

GATE = '''
"""A gate from outside: the last DuskJob found it dark enough."""
from typing import ClassVar, Literal
from mxt.gates.base import Gate, Verdict, refused

class DuskGate(Gate):
    """The last DuskJob of the version found it dark enough.

    Example:
        {KIND: DuskGate, least: 0.7}
    """

    KIND: Literal["DuskGate"] = "DuskGate"

    reads: ClassVar[tuple[str, ...]] = ("DuskJob",)

    least: float
    """Refuse less darkness than this."""

    def judge(self, evidence):
        found = evidence.last.get("DuskJob")
        if found is None:
            return refused(f"nobody looked how dark it is for version {evidence.version}", "DuskJob")
        if not found.passed or found.facts["darkest"] < self.least or found.scores["darkest"] < self.least:
            return refused(f"it is too bright for version {evidence.version}")
        return Verdict(passed=True, reason="it is dark enough")
'''

EXPLAINER = '''
"""An explainer from outside: the distance from the mean prediction, split evenly."""
from typing import ClassVar, Literal
import numpy as np
from mxt.explainers.base import Explainer, Explanation

class DuskExplainer(Explainer):
    """Splits the distance of a prediction from the background's mean evenly among all columns.

    Example:
        {KIND: DuskExplainer}
    """

    KIND: Literal["DuskExplainer"] = "DuskExplainer"

    exact: ClassVar[bool] = True

    def serves(self, predictor):
        return True

    def explain(self, predictor, inputs, background):
        scores, base = predictor.scores(inputs), predictor.scores(background).values.mean(axis=0)
        share = (scores.values - base) / len(predictor.columns)
        values = np.repeat(share[:, np.newaxis], len(predictor.columns), axis=1)
        facts = scores.values, scores.unit, predictor.outputs
        return Explanation(inputs.index, predictor.columns, values, base, *facts, "dusk")
'''

CONFIG = """
job:
  KIND: DuskJob
  mlflow_service: {experiment_name: churn, registry_name: churn}
  alias_or_version: 1
  hours: {KIND: CsvWriter, path: outputs/hours.csv}
"""


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the package is installed."""
    return installed(tmp_path_factory.mktemp("dusk"), {"dusk_job": JOB, "dusk_gate": GATE})


PROMOTION = ("confs/promotion.yaml", "job.alias_or_version=1", "job.alias=Dark", "job.allow_first=true")
DARK = "job.gates=[{{KIND: DuskGate, least: {}}}]"


@pytest.fixture(scope="module")
def refused(trained: Project, env: dict[str, str]) -> Ended:
    """A promotion whose gate needs a run of the job, before there is one."""
    trained.config("dusk.yaml", CONFIG)
    return trained.mxt(*PROMOTION, DARK.format(0.7), env=env)


@pytest.fixture(scope="module")
def ended(refused: Ended, trained: Project, env: dict[str, str]) -> tuple[Ended, list[dict[str, Any]]]:
    """The run of the job after that, and the messages that it sent."""
    assert refused.code == 10, refused.err
    with webhook() as (url, received):
        return trained.mxt("confs/dusk.yaml", env={**env, "MXT_ALERTS_TARGETS": url}), received


def client_of(project: Project) -> mlflow.MlflowClient:
    uri = f"sqlite:///{project.root}/mlflow.db"
    return mlflow.MlflowClient(uri, uri)


def test_a_job_and_a_gate_from_outside_decide_a_promotion(
    refused: Ended, ended: tuple[Ended, list[dict[str, Any]]], trained: Project, env: dict[str, str]
) -> None:
    assert refused.outcome["next"] == ["mxt confs/dusk.yaml job.alias_or_version=1"]
    run, (message, *_) = ended
    assert run.code == 0, run.err
    assert "It is dark from 21 on. model churn, version 1, darkest 0.75, hours_rows 2" in message["message"]
    assert run.err.split("\n\n")[-2].splitlines()[-2:] == [
        "DuskJob churn 1: passed",
        "  It is dark from 21 on.",
    ]
    assert "Next:\n  mxt confs/promotion.yaml\n" in run.err
    assert trained.mxt(*PROMOTION, DARK.format(0.7), env=env).code == 0
    bright = trained.mxt(*PROMOTION, DARK.format(0.8), env=env)
    assert bright.outcome["facts"]["reasons"] == "it is too bright for version 1"


def test_findings_of_a_job_from_outside_lie_where_those_of_every_job_do(
    trained: Project, ended: tuple[Ended, list[dict[str, Any]]]
) -> None:
    run_id, client = ended[0].outcome["run_id"], client_of(trained)
    run, version = client.get_run(run_id), client.get_model_version("churn", "1")
    assert version.tags["mxt.last.DuskJob"] == run_id
    assert "DuskJob passed" in version.description
    assert run.info.run_name == "DuskJob churn 1: passed"
    folder = trained.root / "mlartifacts" / "churn" / run_id / "artifacts"
    assert (folder / "dusk.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "dusk.csv").read_text() == "hour,darkness\n20,0.5\n21,0.75\n"
    page = (folder / "dusk.md").read_text()
    assert page.startswith(
        "# DuskJob churn 1: passed\n\nIt is dark from 21 on.\n\n## Hours\n\n- 21 is darker than 20\n"
    )
    assert "- **dusk.png**: Dusk. It gets darker." in page
    findings = json.loads((folder / "findings.json").read_text())
    assert findings["answer"] == ["It is dark from 21 on."]
    assert findings["facts"]["darkest"] == findings["scores"]["darkest"] == 0.75
    assert findings["charts"] == [
        {"file": "dusk.png", "title": "Dusk", "sentence": "It gets darker.", "table": "dusk.csv"}
    ]
    assert findings["about"] == {"model": "churn", "version": 1}
    assert findings["page"]["blocks"][0] == {"block": "Paragraph", "text": "It is dark from 21 on."}
    written = pd.read_csv(trained.root / "outputs" / "hours.csv")
    assert written["darkness"].tolist() == [0.5, 0.75]


def test_an_explainer_from_outside_explains_the_rows_of_a_job(trained: Project, tmp_path: Path) -> None:
    entries = {"mxt.kinds": {"DuskExplainer": "dusk_explainer:DuskExplainer"}}
    env = installed(tmp_path, {"dusk_explainer": EXPLAINER}, entries)
    out = tmp_path / "samples.csv"
    ended = trained.mxt(
        "confs/explanations.yaml",
        "job.explainer={KIND: DuskExplainer}",
        "job.inputs_samples.limit=20",
        f"job.models_explanations={{KIND: CsvWriter, path: {tmp_path / 'model.csv'}}}",
        f"job.samples_explanations={{KIND: CsvWriter, path: {out}}}",
        env=env,
    )
    assert ended.code == 0, ended.err
    table = pd.read_csv(out)
    names = list(table.columns)
    columns = names[names.index("unit") + 1 : names.index("residual")]
    assert len(columns) > 10
    assert table[columns].nunique(axis=1).eq(1).all()
    assert (table["base_value"] + table[columns].sum(axis=1) - table["prediction"]).abs().max() < 1e-9
