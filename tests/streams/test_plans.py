"""Plans: longer parts where a sample is explained, and the form in which a plan is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mxt.executors.processes import ProcessesExecutor
from mxt.executors.serial import SerialExecutor
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.streams.budgets import Budget
from mxt.streams.plans import Bounds, StreamPlan, settle
from mxt.streams.samples import RowSample, Sampling
from streams.slow import ROW, Slow, stream

if TYPE_CHECKING:
    from pathlib import Path

    from mxt.executors.base import Executor

ROWS = 70_000


def settled(folder: Path, classes: int, executor: Executor, *, fixed: bool = False) -> StreamPlan:
    """The plan of 70,000 rows with three columns, of which about 70 are explained."""
    work = stream(folder, Slow(ROW), ROWS, 250)
    inputs = pd.read_parquet(folder / "x.parquet")[: 20 * classes]
    fitted = DecisionTreeClassifier(max_depth=3).fit(inputs, np.arange(len(inputs)) % classes)
    model = Model(predictor_of(fitted, [*"abc"], []))
    return settle(work, executor, Bounds(fixed=fixed, budget=Budget(rows=70), model=model))


@pytest.mark.parametrize(
    ("classes", "executor", "fields", "rows"),
    [
        (2, SerialExecutor(), {}, ROWS // 4),
        (2, ProcessesExecutor(processes=3), {}, ROWS // 12),
        (200, SerialExecutor(), {}, 1_310_720 // 600),
        (200, SerialExecutor(), {"fixed": True}, 250),
    ],
    ids=["parts enough for one", "parts enough for three", "many classes", "rows of a part that are named"],
)
def test_parts_of_a_sample_are_longer_but_not_beyond_memory_or_workers(
    classes: int, executor: Executor, fields: dict[str, Any], rows: int, tmp_path: Path
) -> None:
    plan = settled(tmp_path, classes, executor, **fields)
    assert plan.sample is not None
    assert plan.sample.rate == pytest.approx(0.001)
    assert plan.rows == rows


def test_a_budget_of_all_rows_leaves_the_parts_as_they_are(tmp_path: Path) -> None:
    work = stream(tmp_path, Slow(ROW), 100, 50)
    inputs = pd.read_parquet(tmp_path / "x.parquet")
    model = Model(predictor_of(DecisionTreeClassifier().fit(inputs, inputs["a"] > 0), [*"abc"], []))
    plan = settle(work, SerialExecutor(), Bounds(fixed=False, budget=Budget(rows=100), model=model))
    assert plan == StreamPlan(50)


KEPT = (
    '{"rows": 500, "processes": 2, "sample": {"rate": 0.25, "rows": 4000, "seed": 3, '
    '"edges": [[0.1, 0.5]], "why": "the budget is 1000 rows"}}'
)
"""A plan as earlier releases kept it beside the parts."""


def test_a_plan_is_kept_in_the_form_of_earlier_releases() -> None:
    plan = StreamPlan(500, 2, RowSample(0.25, 4000, 3, [[0.1, 0.5]], "the budget is 1000 rows"))
    assert plan.to_json() == KEPT
    assert StreamPlan.from_json(KEPT) == plan
    assert json.loads(StreamPlan(60).to_json()) == {"rows": 60, "processes": None, "sample": None}


def test_a_plan_sets_the_parts_the_sample_and_the_processes(tmp_path: Path) -> None:
    plan = StreamPlan.from_json(KEPT)
    work = stream(tmp_path, Slow(ROW), 40, 10).workload
    inputs = pd.read_parquet(tmp_path / "x.parquet")
    model = Model(predictor_of(DecisionTreeClassifier().fit(inputs, inputs["a"] > 0), [*"abc"], []))
    sampled = plan.workload(work, model)
    assert sampled.part_rows == 500
    assert isinstance(sampled.task, Sampling)
    assert plan.executor(ProcessesExecutor(processes=8)).workers == 2
    assert plan.executor(ProcessesExecutor(processes=1)).workers == 1
    assert plan.executor(SerialExecutor()) == SerialExecutor()
    assert plan.expected(work) == 1000
    assert StreamPlan(60).expected(work) == 40
