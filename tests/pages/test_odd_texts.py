"""Odd names through every page: columns, categories, classes, endpoints, reasons and people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt

from mxt.findings.words import shortened
from runs import run

if TYPE_CHECKING:
    from pathlib import Path

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
LONG = "long " * 60
PLAN, AGE, LINES, SLASH, ARM = (
    "plan|tariff <br>",
    "age *of* [x](y)",
    "two\nlines",
    "cost $x^_2$ \\slash\\",
    "arm </script>",
)
WIDE = "wide | column " * 22
"""A column of 308 characters."""
TARGET = "left #1 `now`"
CLASSES = ("no & never", "<yes>|")
CATEGORIES = ("a|b", "<i>c</i>", LONG)
ARMS = ("# A", "- B|")
REASON = f"1. because | of <br> \\\\ and\n\n# so </script> {LONG}"
ROWS = 600


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which every job has run on odd names."""
    folder, chance = tmp_path_factory.mktemp("odd"), np.random.default_rng(0)
    plan, age = chance.choice(CATEGORIES, ROWS), chance.normal(size=ROWS)
    table = pd.DataFrame(
        {
            PLAN: plan,
            AGE: age,
            LINES: chance.choice(CATEGORIES, ROWS),
            SLASH: chance.normal(size=ROWS),
            WIDE: chance.normal(size=ROWS),
            ARM: chance.choice(ARMS, ROWS),
            TARGET: np.where(age + (plan == CATEGORIES[0]) + chance.normal(size=ROWS) > 0.5, *CLASSES[::-1]),
        },
        index=pd.Index([f"id|{number}" for number in range(ROWS)], name="id"),
    )
    table.to_parquet(folder / "odd.parquet")
    inputs = {"KIND": "ParquetReader", "path": str(folder / "odd.parquet"), "id_column": "id"}
    for kind, fields in jobs(inputs).items():
        run(folder, kind, **fields)
    return folder


def jobs(inputs: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of each job, in the order of a model's life."""
    f1 = {"KIND": "SklearnMetric", "name": "f1"}
    recipe = {"KIND": "RandomForestRecipe", "trees": 5, "depth": 3}
    group = {"column": PLAN}
    fitted = {"inputs": inputs, "target": TARGET, "exclude": [ARM], "recipe": recipe, "metrics": [f1]}
    return {
        "TrainingJob": {**fitted, "positive": CLASSES[1]},
        "TuningJob": {
            **fitted,
            "search": {"KIND": "GridSearch", "values": {"depth": [1, 3]}, "folds": 2},
            "positive": CLASSES[1],
            "alias": "Challenger",
            "workers": 1,
        },
        "EvaluationsJob": {
            "inputs": inputs,
            "alias_or_version": "Challenger",
            "metrics": [f1],
            "segments": [{**group, "minimum_rows": 10, "metrics": [{**f1, "minimum": 0.99}]}],
            "intervals": {"resamples": 200},
        },
        "ExplanationsJob": {
            "inputs_samples": {**inputs, "limit": 100},
            "alias_or_version": "Challenger",
            "importances": [
                {"KIND": "ShapImportance"},
                {"KIND": "SurrogateTreeImportance"},
                {"KIND": "PartialDependenceImportance"},
            ],
            "models_explanations": {"KIND": "CsvWriter", "path": "models.csv"},
            "samples_explanations": {"KIND": "CsvWriter", "path": "samples.csv"},
        },
        "ExplanationDiffJob": {
            "inputs": inputs,
            "baseline": "Challenger",
            "segments": [group],
            "minimum_rows": 10,
        },
        "DriftJob": {
            "current": inputs,
            "alias_or_version": "Challenger",
            "comparisons": {"KIND": "CsvWriter", "path": "drift.csv"},
        },
        "CertificationJob": {
            "alias_or_version": "Challenger",
            "criteria": [
                {"KIND": "MetricCriterion", "metric": {**f1, "minimum": 0.99}},
                {
                    "KIND": "FairnessCriterion",
                    "columns": [group],
                    "minimum_rows": 10,
                    "limits": {"equal_opportunity_difference": 0.01},
                },
            ],
        },
        "ABTestJob": {
            "inputs": inputs,
            "variant": {"column": ARM, "control": ARMS[0], "treatment": ARMS[1]},
            "endpoints": [
                {
                    "KIND": "RateEndpoint",
                    "column": PLAN,
                    "value": CATEGORIES[0],
                    "margin": 0.1,
                    "higher_is_better": True,
                },
                {"KIND": "MeanEndpoint", "column": AGE, "margin": 0.1, "higher_is_better": True},
            ],
        },
        "PromotionJob": {
            "alias": "Champion",
            "reason": REASON,
            "requested_by": "Eve | <b>Eve</b>",
            "gates": [{"KIND": "ThresholdGate", "metric": "f1", "maximum": 1}],
            "allow_first": True,
        },
        "HistoryJob": {},
        "InferenceJob": {"inputs": inputs, "outputs": {"KIND": "CsvWriter", "path": "odd|<b>outputs.csv"}},
    }


def pages(root: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in root.glob("mlartifacts/churn/*/artifacts/*.md")}


def shown(page: str) -> list[str]:
    """The texts of a page as a browser shows them; fails if any of them became a mark."""
    found = []
    for token in READER.parse(page):
        assert token.type.partition("_")[0] not in {"html", "hr", "code", "fence", "blockquote", "ordered"}, (
            token
        )
        for child in token.children or []:
            assert child.type in {"text", "text_special", "strong_open", "strong_close"}, (child, page)
        found.append("".join(child.content for child in token.children or []))
    return found


def test_every_job_has_a_page_and_no_name_becomes_a_mark(root: Path) -> None:
    found = pages(root)
    assert len(found) == len(jobs({}))
    for page in found.values():
        shown(page)
        tables = re.findall(r"(?m)(?:^\|.*\n)+", page)
        for table in tables:
            bars = {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in table.splitlines()}
            assert len(bars) == 1, table
            assert bars.pop() <= 6, "five columns at most"


def test_names_stand_on_the_pages_as_they_are_long_ones_without_their_middle(root: Path) -> None:
    found = {name: " ".join(shown(page)) for name, page in pages(root).items()}
    for name in ("explanations.md", "drift.md", "explanation_diff.md"):
        for column in (PLAN, AGE, LINES, SLASH):
            assert " ".join(column.split()) in found[name], (name, column)
    assert shortened(WIDE) in found["explanations.md"]
    for name in ("evaluation.md", "explanation_diff.md"):
        for category in CATEGORIES:
            assert shortened(category) in found[name], (name, category)
        assert LONG.strip() not in found[name]
    assert f"f1 of class {CLASSES[1]}" in found["evaluation.md"]
    assert f"{' '.join(PLAN.split())}_{CATEGORIES[0]}_rate" in found["ab_test.md"]
    assert f"{ARM} {ARMS[1]} (treatment) against {ARMS[0]} (control)" in found["ab_test.md"]
    assert shortened(REASON, 300) in found["history.md"]
    assert "Eve | <b>Eve</b>" in found["decision.md"]


def test_descriptions_of_runs_and_versions_hold_no_marks_but_their_links(root: Path) -> None:
    uri = f"sqlite:///{root}/mlflow.db"
    client = mlflow.MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name("churn").experiment_id
    runs = client.search_runs([experiment], "tags.`mxt.job` != ''")
    texts = [run.data.tags["mlflow.note.content"] for run in runs]
    texts.append(client.get_model_version("churn", "2").description)
    assert len(texts) == len(jobs({})) + 1
    for text in texts:
        kinds = {child.type for token in READER.parse(text) for child in token.children or []}
        assert kinds <= {
            "text",
            "text_special",
            "strong_open",
            "strong_close",
            "link_open",
            "link_close",
            "softbreak",
        }
    for path in root.glob("mlartifacts/churn/*/artifacts/findings.json"):
        assert json.loads(path.read_text("utf-8"))["page"]["blocks"]
