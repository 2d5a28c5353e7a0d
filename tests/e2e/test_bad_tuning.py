"""What can go wrong with a search: one sentence, the right exit code, nothing registered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import mlflow
import pandas as pd
import pytest

from conftest import make_project

if TYPE_CHECKING:
    from conftest import Project


def search(kind: str, values: str) -> str:
    """An override that searches in three folds."""
    return f"job.search={{KIND: {kind}, folds: 3, values: {values}}}"


QUICK = ("job.metrics=[]", "job.workers=1")
GRID = search("GridSearch", "{depth: [1, 2]}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with broken tables beside the shipped one."""
    project = make_project(tmp_path_factory.mktemp("tuning"))
    rows = pd.read_csv(project.root / "data" / "churn.csv", nrows=120, dtype=str, keep_default_na=False)
    rare = rows["Churn"].where(rows["Churn"] == "No", "No")
    tables = {
        "one_class": rows.assign(Churn="No"),
        "rare": rows.assign(Churn=["Yes", "Yes", "Yes", *rare[3:]]),
        "no_target": rows.assign(Churn=["", *rows["Churn"][1:]]),
        "few": rows.groupby("Churn").head(4),
        "numbers": rows.assign(Churn=[f"{number}.5" for number in range(len(rows))]),
    }
    for name, table in tables.items():
        table.to_csv(project.root / "data" / f"{name}.csv", index=False)
    return project


FAULTS = {
    "unknown field": (
        [search("GridSearch", "{depht: [1]}")],
        2,
        r"job.search.values.depht\[0\]: XgboostRecipe has no field 'depht'; perhaps 'depth' was meant$",
    ),
    "wrong value": (
        [search("GridSearch", "{depth: [1, 99]}")],
        2,
        r"job.search.values.depth\[1\]: XgboostRecipe cannot take depth: 99 \(Input should be less than",
    ),
    "no values": ([search("GridSearch", "{depth: []}")], 2, r"job.search.values.depth: .*at least 1 item"),
    "no fields": ([search("GridSearch", "{}")], 2, r"job.search.values: .*at least 1 item"),
    "twice": ([search("GridSearch", "{depth: [1, 1]}")], 2, r"the value 1 stands there twice"),
    "fixed": ([search("GridSearch", "{seed: [1, 2]}")], 2, r"seed is the same in all trials"),
    "unknown KIND": ([search("GirdSearch", "{depth: [1]}")], 2, r"did you mean 'GridSearch'"),
    "endless": ([search("HalvingSearch", "{l2: {low: 1, high: 3}}")], 2, r"say how many to draw"),
    "no range": ([search("RandomSearch", "{l2: {low: 3, high: 1}}")], 2, r"low must lie below high"),
    "wrong end": ([search("RandomSearch", "{depth: {low: 1, high: 99}}")], 2, r"values.depth.high: .*: 99"),
    "one fold": ([GRID, "job.search.folds=1"], 2, r"job.search.folds: .*greater than or equal to 2"),
    "no metric": ([GRID, "job.metrics=[{KIND: SklearnMetric, name: roc_aux}]"], 2, r"scorer 'roc_aux'"),
    "one class": ([GRID, "job.inputs.path=data/one_class.csv"], 3, r"'Churn' is the same in all 120 rows"),
    "no target": ([GRID, "job.inputs.path=data/no_target.csv"], 3, r"1 row has no 'Churn', which may not"),
    "rare class": ([GRID, "job.inputs.path=data/rare.csv"], 3, r"at least 3 rows of the rarest class in"),
    "doubles": (
        [GRID, "job.inputs.path=data/numbers.csv", "job.splitter={KIND: HoldoutSplitter}"],
        3,
        r"holds 120 different numbers: write `task: regression` in the recipe",
    ),
    "few rows": (
        [search("HalvingSearch", "{depth: [1, 2]}"), "job.search.first_rows=9000"],
        3,
        r"first_rows is 9000, and there are only 5634 rows in training",
    ),
    "all fail": (
        [search("GridSearch", "{calibration: [sigmoid]}"), "job.inputs.limit=300", "job.target=Contract"],
        4,
        r"All trials failed; trial 1 of 1 since: Sigmoid calibration needs two classes",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence(fault: str, project: Project) -> None:
    words, code, message = FAULTS[fault]
    ended = project.here("tuning", *QUICK, *words)
    assert ended.code == code, ended.err
    assert re.search(message, ended.outcome["error"], re.MULTILINE), ended.outcome["error"]
    assert "Traceback" not in ended.err


def test_eight_rows_are_enough_to_tune_on(project: Project) -> None:
    words = ["job.inputs.path=data/few.csv", "job.splitter.test_share=0.5", "job.search.folds=2"]
    ended = project.here("tuning", *QUICK, GRID, *words)
    assert ended.code == 0, ended.err
    assert ended.outcome["facts"]["trials"] == 2


def test_a_fault_of_a_search_stops_check(project: Project) -> None:
    ended = project.mxt("--check", "confs/tuning.yaml", search("GridSearch", "{depth: [1, 99]}"))
    assert ended.code == 2
    assert "job.search.values.depth[1]: XgboostRecipe cannot take depth: 99" in ended.err


def test_nothing_is_registered_by_a_search_that_fails(project: Project) -> None:
    before = len(mlflow.MlflowClient().search_model_versions("name='churn'"))
    ended = project.here("tuning", *QUICK, GRID, "job.inputs.path=data/rare.csv")
    assert ended.code == 3
    assert len(mlflow.MlflowClient().search_model_versions("name='churn'")) == before
