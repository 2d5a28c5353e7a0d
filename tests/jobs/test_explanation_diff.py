"""Explanation diff: nothing beside itself, planted changes by name, and versions that cannot be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from mxt.errors import ConfigError, DataError, ModelError
from mxt.findings.tags import LAST
from mxt.registries.loaders.mlflow import MlflowLoader
from runs import CHURN, LATER, SMALL, make, run, train

SEGMENTS = [
    {"column": "Contract"},
    {"column": "tenure", "edges": [0, 36]},
    {"column": "MonthlyCharges", "bins": 3},
]


def table(path: str = CHURN["path"]) -> pd.DataFrame:
    """A shipped table, as a reader would have it."""
    return pd.read_csv(path, keep_default_na=False, na_values=["", " "])


def numbers() -> pd.DataFrame:
    """Rows of it, whose two columns of time and money are of one type."""
    frame = table().head(2000)
    return frame.assign(tenure=frame["tenure"] * 1.0, TotalCharges=frame["TotalCharges"].fillna(0.0))


def reader(root: Path, frame: pd.DataFrame, name: str) -> dict[str, Any]:
    """A table under `root` and what reads it."""
    frame.to_csv(root / name, index=False)
    return {**CHURN, "path": str(root / name)}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Versions of one model: the first, one of other trees, one of two columns exchanged, and others."""
    folder = tmp_path_factory.mktemp("diff")
    train(folder, alias="First")
    train(folder, alias="More", recipe={**SMALL, "trees": 60})
    train(folder, alias="Plain", inputs=reader(folder, numbers(), "plain.csv"))
    swapped = {"tenure": numbers()["TotalCharges"], "TotalCharges": numbers()["tenure"]}
    train(folder, alias="Exchanged", inputs=reader(folder, numbers().assign(**swapped), "swapped.csv"))
    train(folder, alias="Narrow", exclude=["variant", "Contract"])
    train(folder, alias="Line", recipe={"KIND": "LogisticRegressionRecipe"})
    train(folder, alias="Forest", recipe={"KIND": "RandomForestRecipe", "trees": 10})
    train(folder, alias="Number", target="MonthlyCharges", recipe={**SMALL, "task": "regression"})
    train(
        folder, alias="Number2", target="MonthlyCharges", recipe={**SMALL, "task": "regression", "trees": 30}
    )
    train(folder, alias="Three", target="Contract")
    train(folder, alias="Three2", target="Contract", recipe={**SMALL, "trees": 30})
    train(folder, alias="Silent", recipe={**SMALL, "child_weight": 1e9})
    train(folder, alias="Alone")
    return folder


def diff(root: Path, version: str, baseline: str = "First", **fields: Any) -> dict[str, Any]:
    defaults = {"inputs": CHURN, "rows": 1500, "alias_or_version": version, "baseline": baseline}
    return run(root, "ExplanationDiffJob", **{**defaults, **fields})


@pytest.mark.parametrize(
    ("version", "fields"),
    [("First", {}), ("Three", {"ordered": True, "negligible": 0.0}), ("Number", {"tolerance": 0.0})],
)
def test_a_version_beside_itself_has_changed_nothing(
    root: Path, version: str, fields: dict[str, Any]
) -> None:
    result = diff(root, version, version, segments=SEGMENTS, **fields)
    values = result["measures"].set_index("measure")["value"].dropna()
    assert (values.drop("rank_correlation") == 0).all()
    assert (values["rank_correlation"] == 1).all()
    assert result["facts"]["exchanged_roles"] == "none"
    assert (result["roles"]["change"] == 0).all()


def test_exchanged_columns_are_named(root: Path) -> None:
    result = diff(root, "Exchanged", "Plain", inputs=reader(root, numbers(), "rows.csv"))
    assert result["facts"]["exchanged_roles"] == "tenure and TotalCharges (by values)"
    partners = result["roles"].set_index("column")["exchanged_with"]
    assert partners["tenure"] == "TotalCharges"
    assert partners["TotalCharges"] == "tenure"
    assert (partners == "").sum() == len(partners) - 2


@pytest.mark.parametrize("version", ["More", "Line"])
def test_another_recipe_is_no_exchange(root: Path, version: str) -> None:
    result = diff(root, version)
    assert result["facts"]["exchanged_roles"] == "none"
    assert 0 < result["facts"]["changed_decisions"] < 0.2


def test_measures_are_those_of_the_predictions_and_of_segments(root: Path) -> None:
    later = table(LATER["path"]).dropna()
    result = diff(root, "More", segments=SEGMENTS, rows=8000, inputs=reader(root, later, "whole.csv"))
    measures = result["measures"]
    rows = later.set_index("customerID")
    decided = [
        MlflowLoader().load(f"models:/churn/{version}").predict(rows)["prediction"] for version in (1, 2)
    ]
    segment = measures[measures["measure"] == "changed_decisions"].set_index("group")
    counts = rows["Contract"].value_counts()
    for name, count in counts.items():
        assert segment.loc[name, "rows"] == count
    whole = segment.loc["all rows", "value"]
    assert whole == np.mean(decided[0] != decided[1])
    parts = segment.loc[counts.index]
    assert whole == pytest.approx(np.average(parts["value"], weights=parts["rows"]), abs=1e-12)
    few = measures[measures["group"] == "below 0"]
    assert (few["rows"] == 0).all()
    assert not few["sufficient"].any()
    assert few["value"].isna().all()


def test_a_limit_that_is_exceeded_is_a_no(root: Path) -> None:
    kept = diff(root, "More", max_changed_decisions=0.5, max_sign_flips=0.5)
    assert kept["passed"]
    result = diff(root, "More", max_changed_decisions=0.001, max_changed_reasons=1.0)
    assert not result["passed"]
    assert result["facts"]["beyond_limits"] == "changed_decisions (at most 0.001)"


def test_the_whole_interval_keeps_a_limit_if_the_config_says_so(root: Path) -> None:
    measures = diff(root, "More")["measures"].set_index("measure")
    limit = measures.loc["changed_decisions", ["value", "ci_high"]].mean()
    assert diff(root, "More", max_changed_decisions=limit)["passed"]
    result = diff(root, "More", max_changed_decisions=limit, whole_interval=True)
    assert not result["passed"]
    assert result["facts"]["beyond_limits"].startswith("changed_decisions (at most ")


@pytest.mark.parametrize("limits", [{}, {"max_changed_decisions": 1.0, "max_sign_flips": 1.0}])
def test_too_few_rows_keep_no_limit_and_leave_nothing_to_a_gate(root: Path, limits: dict[str, Any]) -> None:
    few = "too few rows (29, at least 30 are needed)"
    fields = {"inputs": {**LATER, "limit": 29}, "alias_or_version": "Alone", "baseline": "First"}
    with make(root, "ExplanationDiffJob", **fields, **limits) as job:
        result = job.run()
        made = job.context.client.get_run(job.context.run.run_id)
    assert result["passed"] == (not limits)
    assert result["facts"]["insufficient"] == few
    assert result["facts"].get("beyond_limits") == (few if limits else None)
    assert not made.data.metrics
    assert not result["measures"]["sufficient"].any()
    version = mlflow.MlflowClient().get_model_version_by_alias("churn", "Alone")
    assert f"{LAST}ExplanationDiffJob" not in version.tags
    assert diff(root, "More", inputs={**LATER, "limit": 30}, **limits)["passed"]


def test_an_unknown_share_keeps_no_limit(root: Path) -> None:
    """A version that says the same of every row has no contribution that could flip."""
    result = diff(root, "Silent", max_changed_decisions=1.0, max_sign_flips=1.0)
    assert not result["passed"]
    assert result["facts"]["beyond_limits"] == "sign_flips (unknown, at most 1)"
    assert "sign_flips" not in result["facts"]
    assert diff(root, "Silent", max_changed_decisions=1.0)["passed"]


def test_the_run_and_the_version_record_the_diff(root: Path) -> None:
    result = diff(root, "More", differences={"KIND": "CsvWriter", "path": "diff.csv"})
    client = mlflow.MlflowClient()
    version = client.get_model_version_by_alias("churn", "More")
    made = client.get_run(version.tags[f"{LAST}ExplanationDiffJob"])
    assert made.data.tags["mxt.baseline_version"] == "1"
    for name in ("changed_decisions", "changed_reasons", "sign_flips", "rank_correlation"):
        assert made.data.metrics[name] == pytest.approx(result["facts"][name], abs=1e-4)
    files = {file.path for file in client.list_artifacts(made.info.run_id)}
    assert {f"explanation_diff.{kind}" for kind in ("csv", "md", "png")} <= files
    assert "explanation_roles.csv" in files
    assert len(pd.read_csv(root / "diff.csv")) == 4
    page = Path(
        mlflow.artifacts.download_artifacts(run_id=made.info.run_id, artifact_path="explanation_diff.md")
    )
    assert "churn version 2 decides" in page.read_text()


def test_the_order_of_rows_changes_nothing(root: Path) -> None:
    turned = reader(root, table().sample(frac=1, random_state=0), "turned.csv")
    first, second = (diff(root, "More", inputs=rows, segments=SEGMENTS) for rows in (CHURN, turned))
    pd.testing.assert_frame_equal(first["measures"], second["measures"], check_exact=True)
    pd.testing.assert_frame_equal(first["roles"], second["roles"], check_exact=True)


def test_a_column_of_one_version_is_named_and_changes_reasons(root: Path) -> None:
    result = diff(root, "Narrow")
    assert result["facts"]["columns_of_one_version"] == "Contract"
    roles = result["roles"].set_index("column")
    assert not roles.loc["Contract", "both_versions"]
    assert roles.loc["Contract", "share_after"] == 0
    assert result["facts"]["changed_reasons"] > 0.5
    assert diff(root, "First", "Narrow")["facts"]["columns_of_one_version"] == "Contract"


def test_numbers_change_beyond_a_tolerance(root: Path) -> None:
    changed = [
        diff(root, "Number2", "Number", tolerance=tolerance)["facts"]["changed_decisions"]
        for tolerance in (0.0, 1.0, 1000.0)
    ]
    assert changed[0] > changed[1] > changed[2] == 0


def test_reasons_of_several_classes_are_those_of_the_decision(root: Path) -> None:
    result = diff(root, "Three2", "Three")
    assert 0 < result["facts"]["changed_decisions"] < 0.2
    assert 0 < result["facts"]["rank_correlation"] < 1


@pytest.mark.parametrize(
    ("version", "baseline", "fields", "error", "words"),
    [
        (
            "Forest",
            "First",
            {},
            ModelError,
            r"version 7 are in probability.*1, in log-odds.*unit: prob",
        ),
        (
            "Three",
            "First",
            {},
            ModelError,
            r"version 10 decides between classes such as.*baseline",
        ),
        ("Number", "First", {}, ModelError, r"version 8 decides between numbers"),
        ("Number2", "Number", {}, ConfigError, r"give the job its `tolerance`"),
        ("First", "Nobody", {}, ModelError, r"no alias or version 'Nobody'. Aliases: .*First \(1\)"),
        ("First", "More", {"segments": [{"column": "religion"}]}, ConfigError, r"No column 'religion'"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    root: Path, version: str, baseline: str, fields: dict[str, Any], error: type, words: str
) -> None:
    with pytest.raises(error, match=words):
        diff(root, version, baseline, **fields)


def test_units_that_differ_can_be_put_into_probability(root: Path) -> None:
    result = diff(root, "Forest", explainer={"KIND": "AutoExplainer", "unit": "probability"})
    assert result["facts"]["unit"] == "probability"


def test_rows_that_one_version_cannot_take_are_refused(root: Path) -> None:
    rows = reader(root, table().head(100).drop(columns="Contract"), "narrow.csv")
    with pytest.raises(DataError, match="'Contract'"):
        diff(root, "Narrow", inputs=rows)


def test_segments_of_one_column_are_refused(tmp_path: Path) -> None:
    segments = [{"column": "tenure", "edges": [12]}, {"column": "tenure", "edges": [12, 36]}]
    with pytest.raises(ValidationError, match=r"rows are grouped twice by 'tenure'; name each column once"):
        make(tmp_path, "ExplanationDiffJob", inputs=CHURN, segments=segments)
