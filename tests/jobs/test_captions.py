"""Captions take the place of names on every screen, page and figure; programs keep the names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from mxt.errors import ConfigError
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.reports.markdown import render
from runs import SMALL, make, run, train

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CAPTIONS = """
captions:
  age: {caption: Age of the customer, unit: years}
  plan: {caption: "Contract | <b>", values: {basic: Basic plan, pro: Plan for professionals}}
  sex: {caption: Gender, values: {0: women, 1: men}}
  left: {caption: Customer, values: {yes: leaves, no: stays}}
"""
INPUTS = {"KIND": "ParquetReader", "path": "t.parquet", "id_column": "id"}


class Shown(NamedTuple):
    """What a job shows to people, and what it gives to programs."""

    people: str
    facts: Mapping[str, object]
    tables: Mapping[str, pd.DataFrame]
    passed: bool


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a version whose columns have captions."""
    root = tmp_path_factory.mktemp("captions")
    table = pd.DataFrame({"age": [20 + row * 7 % 50 for row in range(600)]})
    table["plan"] = [("basic", "plus", "pro")[row % 3] for row in range(600)]
    table["sex"] = [row // 3 % 2 for row in range(600)]
    table["left"] = ((table["plan"] == "basic") & (table["age"] > 40)).map({True: "yes", False: "no"})
    table.assign(id=[f"{row:05d}" for row in range(600)]).to_parquet(root / "t.parquet", index=False)
    moved = table.assign(age=table["age"] + 40, id=[f"n{row}" for row in range(600)])
    moved.to_parquet(root / "moved.parquet", index=False)
    (root / "captions.yaml").write_text(CAPTIONS)
    trained(root, inputs_schema="captions.yaml")
    return root


def trained(root: Path, **fields: Any) -> dict[str, Any]:
    return train(
        root, inputs=INPUTS, target="left", exclude=["sex"], recipe=SMALL, alias="Champion", **fields
    )


def shown(root: Path, kind: str, **fields: Any) -> Shown:
    """What a job shows: its answer, its page, and the texts of its charts."""
    with make(root, kind, **fields) as job:
        found = job.run()
        findings = job.context.findings
        texts = [*findings.answer, render(findings.page)]
        for chart in findings.charts.values():
            chart.draw(figure := Figure())
            texts += [text.get_text() for text in figure.findobj(Text)]
        tables = {
            output.role: output.data for output in findings.outputs if isinstance(output.data, pd.DataFrame)
        }
        return Shown("\n".join(texts), job.context.facts, {**findings.tables, **tables}, found["passed"])


def written(root: Path, name: str) -> dict[str, str]:
    return {"KIND": "CsvWriter", "path": str(root / f"{name}.csv")}


@pytest.mark.usefixtures("root")
def test_a_version_keeps_its_captions_and_infers_the_rest() -> None:
    schema = MlflowLoader().load_schema("models:/churn/1")
    assert schema is not None
    assert schema.columns == ["age", "plan"]
    assert schema.categories == {"plan": ["basic", "plus", "pro"]}
    assert {*schema.captions.columns} == {"age", "plan", "sex", "left"}


def test_the_page_of_a_training_speaks_of_captions(root: Path) -> None:
    fields = {"inputs": INPUTS, "target": "left", "recipe": SMALL, "inputs_schema": "captions.yaml"}
    found = shown(root, "TrainingJob", mlflow_service={"registry_name": "other"}, **fields)
    assert "| Age of the customer (years) | numbers |" in found.people
    assert "age" in found.tables["columns"].index


def test_explanations_speak_of_captions(root: Path) -> None:
    importances = [{"KIND": kind} for kind in ("ShapImportance", "SurrogateTreeImportance")]
    found = shown(
        root,
        "ExplanationsJob",
        inputs_samples=INPUTS,
        importances=[*importances, {"KIND": "PartialDependenceImportance"}],
        models_explanations=written(root, "models"),
        samples_explanations=written(root, "samples"),
        effects=written(root, "effects"),
    )
    for text in ("Age of the customer (years)", "Basic plan", "Age of the customer (years) <= "):
        assert text in found.people or text.replace("<", "&lt;") in found.people
    assert "Contract \\| &lt;b&gt;" in found.people  # on the page
    assert "Contract | <b>\n" in found.people  # in a chart
    assert "class leaves)" in found.people
    assert "Contributions to leaves" in found.people
    assert "| plan |" not in found.people
    assert {*found.tables["models_explanations"]["feature"]} == {"age", "plan"}
    assert "Basic plan" not in (root / "effects.csv").read_text()
    assert {"age", "plan"} <= {*pd.read_csv(root / "samples.csv").columns}


def test_segments_of_an_evaluation_speak_of_captions(root: Path) -> None:
    limit: list[dict[str, Any]] = [
        {"KIND": "SklearnMetric", "name": "accuracy", "minimum": 0.999999},
        {"KIND": "BrierMetric", "maximum": 1e-9},
    ]
    segments = [{"column": name, "metrics": limit, "minimum_rows": 10} for name in ("sex", "plan")]
    found = shown(
        root,
        "EvaluationsJob",
        inputs=INPUTS,
        metrics=[limit[0], {"KIND": "SklearnMetric", "name": "f1"}],
        segments=segments,
        evaluations=written(root, "evaluations"),
    )
    assert not found.passed
    assert "brier in 2 cells of Gender" in found.people
    assert "| Gender: women |" in found.people
    assert "Gender: men\n" in found.people
    assert "Contract \\| &lt;b&gt;: Plan for professionals" in found.people
    assert "f1 of class leaves" in found.people
    assert "| stays |" in found.people
    assert {*found.tables["classes"].index} == {"no", "yes"}
    assert found.facts["positive"] == "yes"
    assert "brier in 2 cells of sex" in str(found.facts["beyond_limits"])
    assert {*found.tables["segments"].index.get_level_values(0)} == {"sex", "plan"}


def test_drift_speaks_of_captions(root: Path) -> None:
    found = shown(
        root,
        "DriftJob",
        current={**INPUTS, "path": "moved.parquet"},
        comparisons=written(root, "drift"),
        predictions=False,
    )
    assert "1 of 2 columns drifted: Age of the customer (years);" in found.people
    assert "| Age of the customer (years) | PsiDrift |" in found.people
    assert found.facts["drifted"] == "age"
    assert {*found.tables["drift"].index} == {"age", "plan"}


def test_an_explanation_diff_speaks_of_captions(root: Path) -> None:
    found = shown(
        root,
        "ExplanationDiffJob",
        inputs={**INPUTS, "limit": 100},
        baseline=1,
        alias_or_version=1,
        segments=[{"column": "sex"}],
        minimum_rows=10,
    )
    assert "| Gender: women (" in found.people
    assert "| Age of the customer (years) |" in found.people
    assert "Age of the customer (years)\n" in found.people
    assert {*found.tables["explanation_roles"].index} == {"age", "plan"}
    assert {*found.tables["explanation_diff"].index} == {"", "sex"}


def test_fairness_speaks_of_captions(root: Path) -> None:
    criterion = {
        "KIND": "FairnessCriterion",
        "columns": [{"column": "sex"}, {"column": "plan"}],
        "limits": {"demographic_parity_difference": 0.5},
        "intersections": True,
        "positive": "yes",
        "minimum_rows": 5,
    }
    found = shown(root, "CertificationJob", criteria=[criterion], alias_or_version=1, valid_days=1)
    assert "| demographic_parity_difference of Gender |" in found.people
    assert "| demographic_parity_difference of Gender and Contract \\| &lt;b&gt; |" in found.people
    assert "demographic_parity_difference_sex" in found.facts
    assert "demographic_parity_difference_sex" in found.tables["certification"].index


def test_captions_of_no_column_are_refused_before_anything_is_fitted(root: Path) -> None:
    (root / "wrong.yaml").write_text("captions: {aeg: Age}")
    with pytest.raises(ConfigError, match=r"captions are given for 'aeg'.*did you mean 'age'"):
        run(root, "TrainingJob", inputs=INPUTS, target="left", recipe=SMALL, inputs_schema="wrong.yaml")
