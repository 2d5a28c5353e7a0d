"""Budgets: a sample that depends on ids and seed alone, and importances that say how sure they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError
from xgboost import Booster, XGBClassifier

from mxt.datasets.splitters.base import draw, lowest_share
from mxt.errors import ConfigError
from mxt.explainers.tree import TreeExplainer
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.stats.intervals import interval
from mxt.stats.strata import Strata
from mxt.streams.budgets import BANDS, Sample, edges
from mxt.streams.plans import Plan
from runs import CHURN, run, train

if TYPE_CHECKING:
    from clocks import Clock

ROWS = 3000
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
    found = explain(root, budget={"rows": 300})
    told = pq.read_schema(root / "samples_explanations.parquet").metadata[b"mxt.sample"].decode()
    assert told == found["facts"]["sample"]
    return content(root)


def test_only_the_sample_is_explained_and_as_it_would_be_among_all(
    root: Path, whole: tuple[pd.DataFrame, pd.DataFrame], reference: list[bytes]
) -> None:
    assert content(root) == reference
    samples, model = tables(root)
    assert 240 < len(samples) < 360
    pd.testing.assert_frame_equal(samples, whole[0].loc[samples.index])
    assert (model["n"] == len(samples)).all()
    told = pq.read_schema(root / "models_explanations.parquet").metadata[b"mxt.sample"].decode()
    assert told.startswith(f"{len(samples)} of {ROWS} rows, drawn by id with seed 0 and rate 0.1, ")


@pytest.mark.parametrize(
    "fields",
    [{"part_rows": 20}, {"part_rows": 700}, {"executor": {"KIND": "ProcessesExecutor", "processes": 2}}],
    ids=["parts with no row of the sample", "large parts", "two processes"],
)
def test_the_bytes_do_not_depend_on_who_works_on_which_parts(
    fields: dict[str, Any], root: Path, reference: list[bytes]
) -> None:
    explain(root, budget={"rows": 300}, **fields)
    assert content(root) == reference


def test_shares_heed_one_plan(root: Path, reference: list[bytes]) -> None:
    for share in ("2/2", "1/2"):
        explain(root, budget={"rows": 300}, part_rows=100, shard=share)
    explain(root, budget={"rows": 300}, part_rows=100)
    assert content(root) == reference


def test_nineteen_intervals_of_twenty_hold_what_all_rows_tell() -> None:
    """Of a model of three classes, whose contributions to all rows are known."""
    chance = np.random.default_rng(3)
    inputs = pd.DataFrame(chance.normal(size=(1500, 3)), columns=[*"abc"])
    target = np.digitize(inputs["a"] + 0.5 * inputs["b"] ** 2, [-0.2, 0.8])
    model = Model(predictor_of(XGBClassifier(n_estimators=6, max_depth=3).fit(inputs, target), [*"abc"], []))
    sizes = np.abs(model.explain(inputs, TreeExplainer()).values)
    predictor, predictions = model.predictor, model.predict(inputs)
    sample = Sample(0.1, len(inputs), 0, edges(predictor, predictions[:500]), "")
    held, near, simple = [], [], []
    for seed in range(200):
        taken = replace(sample, seed=seed).takes(inputs.index)
        strata = Strata.of(sample.bands(predictor, predictions), taken, sizes[taken], BANDS)
        for output in range(3):
            means, errors, freedom = strata.means(output)
            truth, found = sizes[:, :, output].mean(axis=0), interval(means, errors, freedom)
            held.append((found.low <= truth) & (truth <= found.high))
            near.append(means - truth)
            simple.append(sizes[taken][:, :, output].mean(axis=0) - truth)
    assert 0.9 <= np.mean(held) <= 0.99
    assert np.mean(np.square(near)) < np.mean(np.square(simple))


def test_a_sample_takes_no_rows_because_a_splitter_did() -> None:
    """Rows held out for a test, by the same seed, are in the sample as often as others."""
    ids = pd.RangeIndex(20_000)
    held_out = lowest_share(draw(ids, 0), 0.2)
    taken = Sample(0.1, len(ids), 0, [], "").takes(ids)
    assert taken[held_out].mean() == pytest.approx(0.1, abs=0.02)
    assert taken.mean() == pytest.approx(0.1, abs=0.01)


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
    fields = {"budget": {"seconds": 10}, "explainer": SLOW, "part_rows": 1500}
    explain(root, **fields, shard="1/2")
    told = capfd.readouterr().err
    planned = next(
        line for line in told.splitlines() if "rows are explained, since the budget of 10 s" in line
    )
    (plan,) = (root / "samples_explanations.parquet.parts").glob("plan-*")
    sample = Plan.from_json(plan.read_text()).sample
    assert sample is not None
    rate = sample.rate
    assert f"about {rate * ROWS:.0f} of {ROWS}" in planned
    found = explain(root, **fields)
    assert "rows are explained, since" not in capfd.readouterr().err
    assert found["facts"]["sample_rate"] == rate
    assert len(tables(root)[0]) == found["facts"]["samples_explanations_rows"] < ROWS
    assert "a row" in found["facts"]["sample"]


def test_what_a_budget_covers_whole_is_no_sample(
    root: Path, whole: tuple[pd.DataFrame, pd.DataFrame], capfd: pytest.CaptureFixture[str]
) -> None:
    found = explain(root, budget={"rows": ROWS})
    assert "the budget covers all 3000 rows" in capfd.readouterr().err
    assert "sample" not in found["facts"]
    pd.testing.assert_frame_equal(tables(root)[1], whole[1])


@pytest.mark.usefixtures("paced")
def test_too_few_seconds_are_refused_with_how_many_are_needed(root: Path) -> None:
    told = "0.01 s are not enough to explain 30 of 3000 rows.*give at least [0-9]+ seconds"
    with pytest.raises(ConfigError, match=told):
        explain(root, budget={"seconds": 0.01}, explainer=SLOW)
    assert not list(root.glob("*.parts"))


@pytest.mark.parametrize("budget", [{}, {"rows": 100, "seconds": 5}])
def test_a_budget_is_of_seconds_or_of_rows(root: Path, budget: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="either seconds or rows"):
        explain(root, budget=budget)
