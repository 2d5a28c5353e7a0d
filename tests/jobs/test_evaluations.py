"""Evaluations of versions in a store: intervals, segments, a baseline, latency, and bad input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
import pytest
from pydantic import ValidationError

from mxt.errors import ConfigError, DataError, ModelError
from mxt.reports.markdown import render
from runs import CHURN, LATER, SMALL, make, run, train

if TYPE_CHECKING:
    from pathlib import Path

ROWS = {**CHURN, "limit": 2000}
STRATIFIED = {"KIND": "StratifiedSplitter"}
AUC = {"KIND": "SklearnMetric", "name": "roc_auc"}
ACCURACY = {"KIND": "SklearnMetric", "name": "accuracy"}
QUICK = {"resamples": 300}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a good version, a worse one, and one that always predicts the same class."""
    folder = tmp_path_factory.mktemp("evaluations")
    train(folder, alias="Good", splitter=STRATIFIED)
    train(folder, alias="Worse", splitter=STRATIFIED, recipe={**SMALL, "trees": 1, "depth": 1})
    train(folder, alias="Same", splitter=STRATIFIED, recipe={**SMALL, "trees": 1, "learning_rate": 1e-6})
    return folder


USUAL: dict[str, Any] = {
    "inputs": ROWS,
    "splitter": STRATIFIED,
    "alias_or_version": "Good",
    "metrics": [AUC],
    "intervals": QUICK,
}


def evaluate(root: Path, **fields: Any) -> dict[str, Any]:
    return run(root, "EvaluationsJob", **{**USUAL, **fields})


def latest(root: Path) -> Any:
    """The run of the last evaluation."""
    client = mlflow.MlflowClient(f"sqlite:///{root}/mlflow.db")
    experiment = client.get_experiment_by_name("churn")
    return client.search_runs([experiment.experiment_id], "tags.`mxt.job` = 'EvaluationsJob'")[0]


def artifacts_of(root: Path) -> list[str]:
    """The files of the last evaluation's run."""
    client = mlflow.MlflowClient(f"sqlite:///{root}/mlflow.db")
    return [file.path for file in client.list_artifacts(latest(root).info.run_id)]


def test_the_run_records_scores_ends_rows_and_data(root: Path) -> None:
    result = evaluate(root, metrics=[AUC, {"KIND": "BrierMetric"}])
    recorded = latest(root).data
    for label, row in result["evaluations"].iterrows():
        values = [recorded.metrics[name] for name in (label, f"{label}_low", f"{label}_high")]
        assert values == row[["score", "low", "high"]].tolist()
        assert row["low"] < row["score"] < row["high"]
    evaluate(root, alias_or_version="Worse")
    for tag in ("mxt.evaluated_rows", "mxt.data_digest"):
        assert len(recorded.tags[tag]) == 64
        assert latest(root).data.tags[tag] == recorded.tags[tag]
    evaluate(root, splitter={**STRATIFIED, "seed": 1}, rows="training")
    assert latest(root).data.tags["mxt.evaluated_rows"] != recorded.tags["mxt.evaluated_rows"]
    assert latest(root).data.tags["mxt.data_digest"] == recorded.tags["mxt.data_digest"]


def test_tables_page_and_figures_are_kept_with_the_run(root: Path) -> None:
    evaluate(root, segments=[{"column": "Contract"}], latency={"calls": 20})
    kept = {file.path for file in mlflow.MlflowClient().list_artifacts(latest(root).info.run_id)}
    tables = {"evaluations.csv", "segments.csv", "classes.csv", "confidence.csv", "latency.csv"}
    assert tables | {"evaluation.md", "reliability.png", "segments.png"} <= kept
    page = mlflow.artifacts.load_text(f"runs:/{latest(root).info.run_id}/evaluation.md")
    assert "| Contract: Two year | roc_auc |" in page
    assert "keeps all limits" in page


def test_the_order_of_the_rows_does_not_matter(root: Path, tmp_path: Path) -> None:
    table = pd.read_csv(CHURN["path"], nrows=2000, dtype=str, keep_default_na=False)
    shuffled = tmp_path / "shuffled.csv"
    table.sample(frac=1, random_state=0).to_csv(shuffled, index=False)
    metrics = [AUC, {"KIND": "SklearnMetric", "name": "f1"}, {"KIND": "CalibrationErrorMetric"}]
    segments = [{"column": "tenure", "bins": 2}]
    result = evaluate(root, metrics=metrics, segments=segments)
    again = evaluate(root, metrics=metrics, segments=segments, inputs={**CHURN, "path": str(shuffled)})
    pd.testing.assert_frame_equal(result["evaluations"], again["evaluations"], check_exact=True)
    pd.testing.assert_frame_equal(result["findings"].segments, again["findings"].segments, check_exact=True)


def test_the_cells_of_a_segment_hold_all_rows_and_the_model_need_not_know_the_column(root: Path) -> None:
    result = evaluate(root, segments=[{"column": "variant"}, {"column": "Contract", "metrics": [ACCURACY]}])
    segments = result["findings"].segments
    for column in ("variant", "Contract"):
        assert segments.loc[column, "rows"].sum() == len(result["predictions"]) == 400
    assert result["passed"]


def test_a_cell_beyond_its_limit_fails_and_one_of_few_rows_does_not(root: Path) -> None:
    impossible = {**ACCURACY, "minimum": 1.0}
    segment = {"column": "Contract", "metrics": [impossible], "minimum_rows": 100}
    result = evaluate(root, segments=[segment])
    assert not result["passed"]
    broken = (result["findings"].segments["outcome"] == "broken").sum()
    assert result["facts"]["beyond_limits"] == f"accuracy in {broken} cells of Contract"
    few = evaluate(root, segments=[{**segment, "minimum_rows": 401}])
    assert few["passed"]
    assert few["facts"]["insufficient_cells"] == few["facts"]["cells"] == 3


def test_a_version_is_compared_with_another_on_the_same_rows(root: Path) -> None:
    better = evaluate(root, baseline={"alias_or_version": "Worse", "demand": "better"})
    assert better["passed"]
    row = better["evaluations"].loc["roc_auc"]
    assert row["better_by"] == pytest.approx(row["score"] - row["baseline"], abs=1e-12)
    assert 0 < row["better_by_low"] < row["better_by"] < row["better_by_high"]
    worse = evaluate(root, alias_or_version="Worse", baseline={"alias_or_version": "Good"})
    assert not worse["passed"]
    assert worse["facts"]["beyond_limits"] == "roc_auc (not_surely_worse than the baseline)"
    assert worse["facts"]["baseline"] == 1
    recorded = latest(root)
    assert recorded.data.tags["mxt.model_version"] == "2", "the run is of the version evaluated"


def test_a_missing_baseline_is_an_error_unless_a_first_version_is_allowed(root: Path) -> None:
    with pytest.raises(ModelError, match=r"no alias 'Champion'; set `allow_first: true`"):
        evaluate(root, baseline={})
    first = evaluate(root, baseline={"allow_first": True})
    assert first["passed"]
    assert first["facts"]["baseline"] == "none yet"
    with pytest.raises(ModelError, match="no alias or version '99'"):
        evaluate(root, baseline={"alias_or_version": 99, "allow_first": True})


def test_latency_is_kept_apart_from_scores_and_can_fail(root: Path) -> None:
    writer = {"KIND": "CsvWriter", "path": "scores.csv"}
    slow = {"rows": [1, 100], "calls": 20, "warm_up": 2, "maximum_p95_ms": 0.0001}
    result = evaluate(root, latency=slow, evaluations=writer)
    assert not result["passed"]
    latency = result["findings"].latency
    assert latency.index.tolist() == [1, 1, 1, 100, 100, 100]
    assert (latency["milliseconds"] > 0).all()
    assert "p95 of 100 rows" in result["facts"]["beyond_limits"]
    assert "milliseconds" not in (root / "scores.csv").read_text()
    assert evaluate(root, latency={**slow, "maximum_p95_ms": 60_000})["passed"]


def test_a_batch_larger_than_the_table_is_refused(root: Path) -> None:
    with pytest.raises(DataError, match="A call of 5000 rows cannot be timed with 400"):
        evaluate(root, latency={"rows": [5000]})


def test_a_model_that_always_says_the_same_has_no_precision(root: Path) -> None:
    with pytest.raises(DataError, match="precision is not defined for these 400 predictions"):
        evaluate(root, alias_or_version="Same", metrics=[{"KIND": "SklearnMetric", "name": "precision"}])
    result = evaluate(root, alias_or_version="Same", metrics=[ACCURACY])
    assert result["evaluations"].loc["accuracy", "low"] > 0.6
    assert result["findings"].classes.loc["Yes", "predicted"] == 0


def test_a_segment_of_many_values_has_its_largest_and_the_others_as_one(root: Path) -> None:
    result = evaluate(root, segments=[{"column": "TotalCharges"}])
    segments = result["findings"].segments
    cells = [*dict.fromkeys(cell for _, cell in segments.index)]
    assert len(cells) == 21 + ("missing" in cells)
    (others,) = (cell for cell in cells if cell.startswith("other ("))
    assert segments.loc[("TotalCharges", others), "rows"] > 300
    page = mlflow.artifacts.load_text(f"runs:/{latest(root).info.run_id}/evaluation.md")
    assert "with most rows have a group each, the others one." in page


@pytest.mark.parametrize(
    ("fields", "kind", "message"),
    [
        (
            {"metrics": [{"KIND": "SklearnMetric", "name": "r2"}]},
            DataError,
            "r2 is not defined .* for numbers",
        ),
        ({"segments": [{"column": "Planet"}]}, ConfigError, "No column 'Planet'.*'tenure'"),
        ({"inputs": {**ROWS, "filters": [["Churn", "==", "No"]]}}, DataError, "'Churn' is the same in all"),
        (
            {"inputs": {**ROWS, "missing": ["", " ", "Yes"]}},
            DataError,
            "have no 'Churn', which may not be missing",
        ),
    ],
)
def test_bad_input_is_named(root: Path, fields: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        evaluate(root, **fields)


def test_two_metrics_of_one_name_are_refused(root: Path) -> None:
    with pytest.raises(ValidationError, match="two metrics are called roc_auc"):
        evaluate(root, metrics=[AUC, AUC])


def test_numbers_are_evaluated_too(root: Path) -> None:
    recipe = {**SMALL, "task": "regression"}
    train(
        root,
        alias="Numbers",
        target="MonthlyCharges",
        recipe=recipe,
        mlflow_service={"registry_name": "charges"},
    )
    result = evaluate(
        root,
        mlflow_service={"registry_name": "charges"},
        alias_or_version="Numbers",
        splitter=None,
        inputs={**LATER, "limit": 2000},
        metrics=[{"KIND": "SklearnMetric", "name": "r2", "minimum": 0.5}],
        segments=[{"column": "Contract", "metrics": [{"KIND": "SklearnMetric", "name": "neg_max_error"}]}],
        baseline={"alias_or_version": "Numbers"},
    )
    assert result["passed"]
    assert result["findings"].classes is None
    assert result["findings"].confidence is None
    assert set(result["findings"].segments["method"]) == {"bca"}


def test_error_cases_are_written_and_the_page_counts_them_without_a_cell(root: Path) -> None:
    written = {"KIND": "CsvWriter", "path": str(root / "error_cases.csv")}
    with make(root, "EvaluationsJob", **USUAL, error_cases=written, cases=30) as job:
        found = job.run()
        page = render(job.context.findings.page)
    table, predictions = pd.read_csv(root / "error_cases.csv", index_col="customerID"), found["predictions"]
    assert len(table) == 30
    assert table["loss"].is_monotonic_decreasing
    assert (table["truth"] != table["prediction"]).all()
    assert (table["prediction"] == predictions.loc[table.index, "prediction"]).all()
    facts = found["facts"]
    assert (facts["error_cases_rows"], facts["error_cases_method"]) == (30, "exact, along the trees' paths")
    assert facts["wrong_predictions"] > 30
    assert f"{facts['wrong_predictions']} of 400 predictions are wrong" in page
    assert f"| {table.index[0]} |" in page
    cells = {"Month-to-month", "Two year", "Fiber optic", "DSL"} & {*table["value_1"]}
    assert cells
    assert not any(cell in page for cell in cells)
    assert not any("error_cases" in artifact for artifact in artifacts_of(root))


def test_error_cases_are_the_same_bytes_whatever_the_order_of_rows(root: Path) -> None:
    table = pd.read_csv(CHURN["path"], nrows=2000, dtype=str, keep_default_na=False)
    written = []
    for name, rows in (("forth", table), ("back", table.iloc[::-1])):
        rows.to_csv(root / f"{name}.csv", index=False)
        inputs = {**CHURN, "path": str(root / f"{name}.csv")}
        writer = {"KIND": "CsvWriter", "path": str(root / f"{name}_cases.csv")}
        evaluate(root, inputs=inputs, error_cases=writer, cases=20)
        written.append((root / f"{name}_cases.csv").read_bytes())
    assert written[0] == written[1]


def test_a_config_without_error_cases_has_the_digest_of_before(root: Path) -> None:
    job = make(root, "EvaluationsJob", **USUAL)
    assert not {"error_cases", "cases", "explainer"} & {*job.model_dump(mode="json")}
