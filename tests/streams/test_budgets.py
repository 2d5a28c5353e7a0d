"""Budgets: how many rows the seconds cover, and a sample with the same bytes in any parts and processes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError
from xgboost import Booster

from mxt.errors import ConfigError
from mxt.executors.serial import SerialExecutor
from mxt.streams.budgets import covered
from mxt.streams.plans import StreamPlan
from runs import CHURN, run, train
from streams.slow import IDLE_ROW, PART, ROW, Slow, stream

if TYPE_CHECKING:
    from clocks import Clock

ROWS = 1200
NAMES = ("samples_explanations", "models_explanations")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("budgets")
    train(folder, alias="First")
    return folder


def explain(root: Path, **fields: Any) -> dict[str, Any]:
    outputs = {name: {"KIND": "ParquetWriter", "path": f"{name}.parquet"} for name in NAMES}
    inputs = {**CHURN, "limit": ROWS}
    importances = [{"KIND": "ShapImportance"}]
    defaults = {"inputs_samples": inputs, "alias_or_version": "First", "importances": importances}
    return run(root, "ExplanationsJob", **{**defaults, **outputs, **fields})


def content(root: Path) -> list[bytes]:
    return [(root / f"{name}.parquet").read_bytes() for name in NAMES]


def tables(root: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    samples, model = (pd.read_parquet(root / f"{name}.parquet") for name in NAMES)
    return samples.set_index("customerID"), model.set_index("feature")


@pytest.fixture(scope="module")
def whole(root: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    explain(root)
    return tables(root)


@pytest.fixture(scope="module")
def reference(root: Path) -> list[bytes]:
    facts = explain(root, budget={"rows": 120})["facts"]
    described = pq.read_schema(root / "samples_explanations.parquet").metadata[b"mxt.sample"].decode()
    assert described == facts["sample"]
    return content(root)


def test_only_the_sample_is_explained_and_as_it_would_be_among_all(
    root: Path, whole: tuple[pd.DataFrame, pd.DataFrame], reference: list[bytes]
) -> None:
    assert content(root) == reference
    samples, model = tables(root)
    assert 90 < len(samples) < 150
    pd.testing.assert_frame_equal(samples, whole[0].loc[samples.index])
    assert (model["n"] == len(samples)).all()
    described = pq.read_schema(root / "models_explanations.parquet").metadata[b"mxt.sample"].decode()
    assert described.startswith(f"{len(samples)} of {ROWS} rows, drawn by id with seed 0 and rate 0.1, ")


@pytest.mark.parametrize(
    "fields",
    [
        {"part_rows": 20},
        {"part_rows": 500},
        pytest.param({"executor": {"KIND": "ProcessesExecutor", "processes": 2}}, marks=pytest.mark.slow),
    ],
    ids=["parts with no row of the sample", "large parts", "two processes"],
)
def test_the_bytes_do_not_depend_on_who_works_on_which_parts(
    fields: dict[str, Any], root: Path, reference: list[bytes]
) -> None:
    explain(root, budget={"rows": 120}, **fields)
    assert content(root) == reference


def test_shares_heed_one_plan(root: Path, reference: list[bytes]) -> None:
    for share in ("2/2", "1/2"):
        explain(root, budget={"rows": 120}, part_rows=100, shard=share)
    explain(root, budget={"rows": 120}, part_rows=100)
    assert content(root) == reference


SLOW = {"KIND": "PermutationExplainer", "orders": 2, "background_rows": 10}
PREDICTION = 2e-4
"""Seconds that the model takes for a row, by the clock of a test."""


@pytest.fixture
def paced(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let predictions take as long on any machine."""
    predict = Booster.predict

    def slept(booster: Booster, matrix: Any, *words: Any, **options: Any) -> Any:
        clock.sleep(PREDICTION * matrix.num_row())
        return predict(booster, matrix, *words, **options)

    monkeypatch.setattr(Booster, "predict", slept)


@pytest.mark.usefixtures("paced")
def test_seconds_cover_some_rows_and_later_runs_heed_the_plan_of_the_first(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fields = {"budget": {"seconds": 10}, "explainer": SLOW, "part_rows": 600}
    explain(root, **fields, shard="1/2")
    log = capfd.readouterr().err
    planned = next(
        line for line in log.splitlines() if "rows are explained, since the budget of 10 s" in line
    )
    (plan,) = (root / "samples_explanations.parquet.parts").glob("plan-*")
    sample = StreamPlan.from_json(plan.read_text()).sample
    assert sample is not None
    rate = sample.rate
    assert f"about {rate * ROWS:.0f} of {ROWS}" in planned
    facts = explain(root, **fields)["facts"]
    assert "rows are explained, since" not in capfd.readouterr().err
    assert facts["sample_rate"] == rate
    assert len(tables(root)[0]) == facts["samples_explanations_rows"] < ROWS
    assert "a row" in facts["sample"]


def test_what_a_budget_covers_whole_is_no_sample(
    root: Path, whole: tuple[pd.DataFrame, pd.DataFrame], capfd: pytest.CaptureFixture[str]
) -> None:
    facts = explain(root, budget={"rows": ROWS})["facts"]
    assert "the budget covers all 1200 rows" in capfd.readouterr().err
    assert "sample" not in facts
    pd.testing.assert_frame_equal(tables(root)[1], whole[1])


@pytest.mark.usefixtures("paced")
def test_too_few_seconds_are_refused_with_how_many_are_needed(root: Path) -> None:
    message = "0.01 s are not enough to explain 30 of 1200 rows.*give at least [0-9]+ seconds"
    with pytest.raises(ConfigError, match=message):
        explain(root, budget={"seconds": 0.01}, explainer=SLOW)
    assert not list(root.glob("*.parts"))


@pytest.mark.parametrize("budget", [{}, {"rows": 100, "seconds": 5}])
def test_a_budget_is_of_seconds_or_of_rows(root: Path, budget: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="either seconds or rows"):
        explain(root, budget=budget)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("seconds", [20.0, 40.0])
@pytest.mark.parametrize("longest", [250, 1000])
def test_the_rows_covered_take_the_seconds_that_are_left(
    seconds: float, longest: int, tmp_path: Path
) -> None:
    """What explaining will take is known: 0.1 s a part, 0.0001 s a row, and 0.02 s a row explained."""
    work = stream(tmp_path, Slow(ROW, [True]), 2000, 250)
    idle = replace(work, workload=replace(work.workload, task=Slow(IDLE_ROW, [True]), part_rows=longest))
    begun = time.monotonic()
    rows, why = covered(seconds, (work, idle), SerialExecutor(), 2000, begun)
    spent = time.monotonic() - begun
    assert spent < seconds / 3
    parts = max(2000 / longest, rows / 250)
    taken = spent + parts * PART + 2000 * IDLE_ROW + rows * (ROW - IDLE_ROW)
    assert 0.8 * seconds < taken <= seconds
    assert why.startswith(f"the budget of {seconds:g} s covers 0.02")
