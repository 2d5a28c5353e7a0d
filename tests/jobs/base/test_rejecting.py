"""Rows that the model cannot take go to an output of their own; the others are worked on as without them."""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from mlflow.models import infer_signature
from pydantic import ValidationError
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from flights import flights, source, train_flights
from mxt.errors import DataError, ModelError
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.streams.admissions import REASONS
from reviews import review
from runs import make, run

if TYPE_CHECKING:
    from mxt.models import Model

NEW, EMPTY = "destination: a category that training did not have", "distance: empty, but training never was"
OTHER = "hour: no number, but training had numbers"
OUTPUT = {"KIND": "ParquetWriter", "path": "scored.parquet"}
REJECTED = {"KIND": "CsvWriter", "path": "rejected.csv"}


def later() -> pd.DataFrame:
    """Flights of which each hundred has five rows that the model cannot take; one breaks two rules."""
    table = flights(300, seed=1).astype({"hour": object})
    for start in range(0, 300, 100):
        table.loc[table.index[start + 10 : start + 13], "destination"] = "canary"
        table.loc[table.index[[start + 12, start + 50]], "distance"] = None
        table.loc[table.index[start + 99], "hour"] = "n/a"
    return table


def is_usual(table: pd.DataFrame) -> pd.Series[bool]:
    usual = table["destination"].ne("canary") & table["distance"].notna() & table["hour"].ne("n/a")
    return usual.astype(bool)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rejecting")
    train_flights(folder)
    return folder


@pytest.fixture(scope="module")
def inputs(root: Path) -> dict[str, Any]:
    return source(root / "later.csv", later())


@pytest.fixture(scope="module")
def others(root: Path) -> dict[str, Any]:
    """A table that has just the rows that the model can take."""
    return source(root / "usual.csv", later()[is_usual(later())])


@pytest.fixture(scope="module")
def usual(root: Path, others: dict[str, Any]) -> pd.DataFrame:
    """The predictions of the rows that the model can take."""
    run(root, "InferenceJob", inputs=others, outputs=OUTPUT)
    return pd.read_parquet(root / "scored.parquet")


def score(root: Path, **fields: Any) -> dict[str, Any]:
    return run(root, "InferenceJob", **{"outputs": OUTPUT, "rejected": REJECTED, **fields})


@dataclass(frozen=True)
class Reference:
    """What a run over all rows in one part came to."""

    facts: dict[str, Any]
    rows: int
    answer: str
    contents: list[bytes]


def contents(root: Path) -> list[bytes]:
    return [(root / name).read_bytes() for name in ("scored.parquet", "rejected.csv")]


@pytest.fixture(scope="module")
def reference(root: Path, inputs: dict[str, Any]) -> Reference:
    """A run over all rows in one part."""
    with make(root, "InferenceJob", inputs=inputs, outputs=OUTPUT, rejected=REJECTED) as job:
        result, answer = job.run(), " ".join(job.context.findings.answer)
    return Reference(result["facts"], result["rows"], answer, contents(root))


def test_the_others_are_scored_as_without_the_rejected_rows(
    reference: Reference, usual: pd.DataFrame
) -> None:
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(reference.contents[0])), usual)
    facts = reference.facts
    assert (facts["inputs_rows"], facts["outputs_rows"], facts["rejected_rows"]) == (300, 285, 15)
    assert reference.rows == 285


def test_each_rejected_row_has_its_id_its_cells_and_its_reasons(reference: Reference) -> None:
    rejected = pd.read_csv(
        io.BytesIO(reference.contents[1]), index_col="flight", keep_default_na=False, na_values=[""]
    )
    assert rejected[REASONS].tolist() == 3 * [NEW, NEW, f"{NEW}; {EMPTY}", EMPTY, OTHER]
    expected = later()[~is_usual(later())].drop(columns="late")
    assert [*rejected] == [*expected, REASONS]
    pd.testing.assert_frame_equal(
        rejected.drop(columns=REASONS).astype({"hour": str}),
        expected.astype({"hour": str}),
        check_dtype=False,
    )


def test_the_most_frequent_rules_are_in_the_answer_and_no_cell(reference: Reference) -> None:
    rules = f"{NEW} (9 rows); {EMPTY} (6 rows); {OTHER} (3 rows)"
    assert f"rejected.csv: {rules}." in reference.answer
    assert "15 of 300 rows went to" in reference.answer
    assert "canary" not in reference.answer


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"part_rows": 17}, id="small parts"),
        pytest.param({"memory_limit": "20GB"}, id="pilots", marks=pytest.mark.slow),
        pytest.param({"part_rows": 1}, id="parts of a row", marks=pytest.mark.slow),
        pytest.param(
            {"part_rows": 40, "executor": {"KIND": "ProcessesExecutor", "processes": 2}},
            id="processes",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_bytes_do_not_depend_on_the_parts(
    fields: dict[str, Any], root: Path, inputs: dict[str, Any], reference: Reference
) -> None:
    score(root, inputs=inputs, **fields)
    assert contents(root) == reference.contents


@pytest.mark.slow
def test_shares_are_put_together(root: Path, inputs: dict[str, Any], reference: Reference) -> None:
    (root / "rejected.csv").unlink()
    for share in ("2/2", "1/2"):
        score(root, inputs=inputs, part_rows=150, shard=share)
        assert not (root / "rejected.csv").exists()
    score(root, inputs=inputs, part_rows=150)
    assert contents(root) == reference.contents


def test_mended_rows_can_be_scored(root: Path, reference: Reference) -> None:
    content = io.BytesIO(reference.contents[1])
    rejected = pd.read_csv(content, index_col="flight", dtype=str, keep_default_na=False)
    mended = rejected.replace({"canary": "BOS", "n/a": "3"}).assign(distance="900.5")
    result = score(root, inputs=source(root / "mended.csv", mended, reading="exact"))
    assert (result["rows"], result["facts"]["rejected_rows"]) == (15, 0)


def test_a_table_without_ids_has_the_number_of_each_row(root: Path, inputs: dict[str, Any]) -> None:
    score(root, inputs={**inputs, "id_column": None}, part_rows=40)
    rejected = pd.read_csv(root / "rejected.csv")
    assert rejected["row"].tolist() == np.flatnonzero(~is_usual(later())).tolist()


def test_too_many_rejected_rows_end_the_job_and_name_the_line_that_allows_them(
    root: Path, inputs: dict[str, Any]
) -> None:
    rejected = {**REJECTED, "path": "never.csv"}
    with pytest.raises(
        DataError, match=r"cannot take 15 of 300 rows: destination: .*`max_rejected_share: 0.05`"
    ):
        score(root, inputs=inputs, rejected=rejected, max_rejected_share=0.04)
    assert not (root / "never.csv").exists()
    score(root, inputs=inputs, rejected=rejected, max_rejected_share=0.05)


def test_a_job_goes_on_from_its_parts_when_more_rows_may_be_rejected(
    root: Path, inputs: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DataError):
        score(root, inputs=inputs, part_rows=50, max_rejected_share=0)
    capfd.readouterr()
    score(root, inputs=inputs, part_rows=50)
    assert "6 parts are finished already" in capfd.readouterr().err


@pytest.mark.parametrize("part_rows", [None, pytest.param(10, marks=pytest.mark.slow)])
def test_a_table_without_a_row_that_the_model_can_take_is_refused(
    part_rows: int | None, root: Path, tmp_path: Path
) -> None:
    table = source(tmp_path / "bad.csv", later().assign(destination="canary"))
    with pytest.raises(DataError, match="can take none of the 300 rows: destination: a category"):
        score(root, inputs=table, max_rejected_share=1, part_rows=part_rows)


def test_without_an_output_for_them_rows_end_the_job_which_names_the_line(root: Path, tmp_path: Path) -> None:
    table = source(tmp_path / "new.csv", flights(20, seed=1).assign(destination=["canary", *["BOS"] * 19]))
    with pytest.raises(DataError) as caught:
        run(root, "InferenceJob", inputs=table, outputs=OUTPUT)
    assert "a category that training did not have (id 'f1-0000')" in str(caught.value)
    assert "`rejected: {KIND: CsvWriter, path: outputs/rejected.csv}`" in str(caught.value)
    assert "`unseen: missing`" in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("destination", ["BOS", "canary"])
def test_a_new_category_may_be_missing_only_where_there_is_one(
    destination: str, root: Path, tmp_path: Path
) -> None:
    table = flights(20, seed=1).astype({"hour": object})
    table.iloc[3, 2] = "n/a"
    table.iloc[4, 0] = destination
    inputs = source(tmp_path / "other.csv", table)
    for part_rows, hour in ((None, "1 of 20 values of hour is no number"), (2, "Only the first 2 rows")):
        with pytest.raises(DataError) as caught:
            run(root, "InferenceJob", inputs=inputs, outputs=OUTPUT, part_rows=part_rows)
        message = str(caught.value)
        assert "column 'hour' is of type str, expected int64" in message
        assert "outputs/rejected.csv" in message
        assert hour in message
        seen = destination == "canary" and part_rows is None
        assert (f"{NEW} (1 row, id 'f1-0004')" in message) is seen
        assert ("unseen: missing" in message) is seen


def test_a_job_that_rejects_nothing_names_no_line_that_it_does_not_have(root: Path, tmp_path: Path) -> None:
    table = flights(20, seed=1).astype({"hour": object})
    table.iloc[3, 2], table.iloc[4, 0] = "n/a", "canary"
    inputs = source(tmp_path / "other.csv", table)
    metrics = {"metrics": [{"KIND": "BrierMetric"}]}
    current = {"current": inputs, "comparisons": {**OUTPUT, "path": str(tmp_path / "c.parquet")}}
    for kind, fields in (("EvaluationsJob", {"inputs": inputs, **metrics}), ("DriftJob", current)):
        with pytest.raises(DataError, match="column 'hour' is of type str") as caught:
            run(root, kind, **fields)
        assert not [line for line in ("rejected", "unseen") if line in str(caught.value)]


def test_a_fault_of_a_whole_column_is_none_that_rejecting_would_help(root: Path, tmp_path: Path) -> None:
    table = source(tmp_path / "other.csv", flights(20, seed=1).assign(hour="canary"))
    for more in ({}, {"rejected": REJECTED}):
        with pytest.raises(DataError) as caught:
            run(root, "InferenceJob", inputs=table, outputs=OUTPUT, **more)
        assert "outputs/rejected.csv" not in str(caught.value)


@pytest.mark.parametrize("kind", ["InferenceJob", "ExplanationsJob"])
def test_new_categories_are_missing_if_the_config_says_so(
    kind: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = flights(60, seed=1)
    table.iloc[:5, 0] = "canary"
    inputs = source(tmp_path / "new.csv", table)
    names = {"inputs": inputs, "outputs": OUTPUT} if kind == "InferenceJob" else explained(inputs)
    result = run(root, kind, unseen="missing", part_rows=7, **names)
    model, missing = champion(), table.copy()
    new = ~missing["tail"].isin(flights()["tail"])
    missing.loc[missing["destination"] == "canary", "destination"] = None
    if kind == "InferenceJob":
        scored = pd.read_parquet(root / "scored.parquet").set_index("flight")
        pd.testing.assert_frame_equal(scored, model.predict(missing), check_dtype=False)
    else:
        rows = pd.read_parquet(root / "rows.parquet").set_index("flight")
        expected = model.explain_samples(missing)
        pd.testing.assert_frame_equal(rows, expected, check_dtype=False)
        assert result["facts"]["relative_residual"] < 1e-5
    assert result["facts"]["unseen_as_missing"].startswith("destination 5")
    assert new.sum() <= int(result["facts"]["unseen_as_missing"].rpartition(" ")[2])
    assert "count as missing, in cells: destination 5" in capsys.readouterr().err


def champion() -> Model:
    """The model as a job serves it, to which new destinations are missing too."""
    return MlflowLoader().load("models:/churn/1").opened(["tail", "destination"])


def explained(inputs: dict[str, Any]) -> dict[str, Any]:
    names = {"models_explanations": "model.parquet", "samples_explanations": "rows.parquet"}
    writers = {role: {"KIND": "ParquetWriter", "path": path} for role, path in names.items()}
    return {"inputs_samples": inputs, **writers}


@pytest.mark.parametrize("budget", [None, pytest.param({"rows": 100}, marks=pytest.mark.slow)])
def test_explanations_and_importances_are_of_the_other_rows(
    budget: dict[str, int] | None, root: Path, inputs: dict[str, Any], others: dict[str, Any]
) -> None:
    more: dict[str, Any] = {} if budget is None else {"budget": budget, "part_rows": 40}
    if budget is None:
        more["importances"] = [{"KIND": "ShapImportance"}, {"KIND": "PermutationImportance"}]
    outcomes = []
    for table in (inputs, others):
        result = run(root, "ExplanationsJob", rejected=REJECTED, **explained(table), **more)
        outcomes.append((result, pd.read_parquet(root / "rows.parquet").set_index("flight")))
    (result, rows), (other, expected) = outcomes
    assert (result["facts"]["rejected_rows"], other["facts"]["rejected_rows"]) == (15, 0)
    shared = rows.index.intersection(expected.index)
    pd.testing.assert_frame_equal(rows.loc[shared], expected.loc[shared])
    if budget is None:
        assert rows.index.equals(expected.index)
        pd.testing.assert_frame_equal(result["models_explanations"], other["models_explanations"])
    else:
        assert set(rows.index) <= set(later().index[is_usual(later())])
        assert len(rows) < 285


DAYS = {"since": "last", "watermark": "day"}


def days(path: Path, number: int) -> dict[str, Any]:
    """The later flights of the first days, of which each hundred is one."""
    table = later().assign(day=np.repeat([1, 2, 3], 100)).head(100 * number)
    return source(path / "days.csv", table.drop(columns="late"))


def test_increments_add_their_rejected_rows_which_count_as_done(root: Path, tmp_path: Path) -> None:
    output, rejected = (
        {"KIND": "CsvWriter", "path": str(tmp_path / name)} for name in ("scored.csv", "rejected.csv")
    )
    fields: dict[str, Any] = {"outputs": output, "rejected": rejected, **DAYS}
    for number in (1, 3):
        result = score(root, inputs=days(tmp_path, number), **fields)
    assert (result["facts"]["rejected_rows"], result["facts"]["outputs_rows"]) == (10, 190)
    assert (
        pd.read_csv(tmp_path / "rejected.csv")["flight"].tolist()
        == later().index[~is_usual(later())].tolist()
    )
    assert len(pd.read_csv(tmp_path / "scored.csv")) == 285
    again = score(root, inputs=days(tmp_path, 3), **fields)
    assert "nothing_to_do" in again["facts"]


def odd_days(path: Path, rows: int = 1) -> dict[str, Any]:
    """The first day, and a second day of a few rows that the model cannot take."""
    table = later().assign(day=1).head(100)
    odd = flights(rows, seed=2).assign(day=2, destination="canary")
    return source(path / "days.csv", pd.concat([table, odd]).drop(columns="late"))


@pytest.mark.parametrize("writer", ["CsvWriter", pytest.param("ParquetWriter", marks=pytest.mark.slow)])
def test_new_rows_of_which_the_model_can_take_none_are_rejected_and_count_as_done(
    writer: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fields: dict[str, Any] = {
        "outputs": {"KIND": writer, "path": str(tmp_path / "scored")},
        "rejected": {"KIND": "CsvWriter", "path": str(tmp_path / "rejected.csv")},
        **DAYS,
    }
    score(root, inputs=days(tmp_path, 1), **fields)
    before = (tmp_path / "scored").read_bytes()
    facts = score(root, inputs=odd_days(tmp_path, 3), **fields)["facts"]
    assert (facts["inputs_rows"], facts["rejected_rows"], facts["outputs_rows"]) == (3, 3, 0)
    assert "3 of 3 rows went to" in capsys.readouterr().err
    assert pd.read_csv(tmp_path / "rejected.csv")[REASONS].tolist()[5:] == [NEW] * 3
    if writer == "CsvWriter":
        assert (tmp_path / "scored").read_bytes() == before
    else:
        assert len(pd.read_parquet(tmp_path / "scored")) == 95
    assert "nothing_to_do" in score(root, inputs=odd_days(tmp_path, 3), **fields)["facts"]


def test_the_share_counts_in_increments_of_many_rows(root: Path, tmp_path: Path) -> None:
    fields: dict[str, Any] = {
        "outputs": {"KIND": "CsvWriter", "path": str(tmp_path / "scored.csv")},
        "rejected": {"KIND": "CsvWriter", "path": str(tmp_path / "rejected.csv")},
        **DAYS,
    }
    score(root, inputs=days(tmp_path, 1), **fields)
    with pytest.raises(DataError, match=r"cannot take 100 of 100 rows: .*`max_rejected_share: 1`"):
        score(root, inputs=odd_days(tmp_path, 100), **fields)
    assert score(root, inputs=odd_days(tmp_path, 99), **fields)["facts"]["rejected_rows"] == 99


def test_explanations_of_new_rows_of_which_none_is_left_keep_the_importances(
    root: Path, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {"rejected": {**REJECTED, "path": str(tmp_path / "rejected.csv")}, **DAYS}
    run(root, "ExplanationsJob", fresh=True, **explained(days(tmp_path, 1)), **fields)
    rows, importances = pd.read_parquet(root / "rows.parquet"), (root / "model.parquet").read_bytes()
    for _ in range(2):
        result = run(root, "ExplanationsJob", budget={"rows": 50}, **explained(odd_days(tmp_path)), **fields)
    assert "nothing_to_do" in result["facts"]
    pd.testing.assert_frame_equal(pd.read_parquet(root / "rows.parquet"), rows)
    assert (root / "model.parquet").read_bytes() == importances


def test_a_run_that_died_after_its_rejected_rows_were_added_does_not_add_them_again(
    root: Path, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {
        "outputs": {"KIND": "CsvWriter", "path": str(tmp_path / "scored.csv")},
        "rejected": {"KIND": "CsvWriter", "path": str(tmp_path / "rejected.csv")},
        **DAYS,
    }
    score(root, inputs=days(tmp_path, 1), **fields)
    before = (tmp_path / "scored.csv").read_bytes(), (tmp_path / "scored.csv-metadata.json").read_bytes()
    score(root, inputs=days(tmp_path, 2), **fields)
    (tmp_path / "scored.csv").write_bytes(before[0])
    (tmp_path / "scored.csv-metadata.json").write_bytes(before[1])
    score(root, inputs=days(tmp_path, 3), **fields)
    assert (
        pd.read_csv(tmp_path / "rejected.csv")["flight"].tolist()
        == later().index[~is_usual(later())].tolist()
    )
    assert len(pd.read_csv(tmp_path / "scored.csv")) == 285


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_rejected_share": 0.2, "rejected": None}, "write `rejected: "),
        ({"rejected": OUTPUT}, "which outputs writes; name another place for rejected"),
        ({"max_rejected_share": 2}, "less than or equal to 1"),
        ({"unseen": "ignore"}, "'refuse' or 'missing'"),
    ],
)
def test_a_config_that_cannot_be_meant_is_refused(
    fields: dict[str, Any], message: str, root: Path, inputs: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError, match=message):
        make(root, "InferenceJob", **{"inputs": inputs, "outputs": OUTPUT, "rejected": REJECTED, **fields})


def test_a_config_that_rejects_nothing_is_recorded_as_before(root: Path, inputs: dict[str, Any]) -> None:
    job = make(root, "InferenceJob", inputs=inputs, outputs=OUTPUT)
    assert not {"rejected", "max_rejected_share", "unseen"} & json.loads(job.model_dump_json()).keys()


@pytest.fixture(scope="module")
def theirs(root: Path) -> Path:
    """The same store with models that others logged with a signature alone."""
    table = flights()
    inputs, late = table[["destination", "hour", "distance"]], table["late"].eq("yes").astype(int)
    categories = inputs.astype({"destination": "category"})
    booster = xgb.XGBClassifier(n_estimators=3, enable_categorical=True).fit(categories, late)
    signature = infer_signature(inputs, late)
    with warnings.catch_warnings(action="ignore"), make(root, "HistoryJob", alias="Champion"):
        options: dict[str, Any] = {"name": "model", "signature": signature, "pip_requirements": []}
        mlflow.xgboost.log_model(booster, registered_model_name="booster", **options)
        encoder = OneHotEncoder()
        columns = [("texts", encoder, ["destination"]), ("numbers", "passthrough", ["hour", "distance"])]
        model = make_pipeline(ColumnTransformer(columns), LogisticRegression(max_iter=20)).fit(inputs, late)
        mlflow.sklearn.log_model(
            model, registered_model_name="pipeline", serialization_format="cloudpickle", **options
        )
        review("models:/pipeline/1", root)
    return root


def score_theirs(root: Path, name: str, **fields: Any) -> pd.DataFrame:
    table = flights(60, seed=1)
    table.iloc[:5, 0] = "canary"
    inputs = source(root / "theirs.csv", table)
    service = {"registry_name": name, "experiment_name": "theirs"}
    options = {"alias_or_version": 1, "mlflow_service": service, **fields}
    run(root, "InferenceJob", inputs=inputs, outputs=OUTPUT, **options)
    return pd.read_parquet(root / "scored.parquet")


@pytest.mark.parametrize("name", ["booster", "pipeline"])
def test_rows_that_a_model_of_others_refuses_are_rejected(name: str, theirs: Path) -> None:
    scored = score_theirs(theirs, name, rejected=REJECTED, part_rows=20)
    rejected = pd.read_csv(theirs / "rejected.csv")
    assert rejected[REASONS].tolist() == [NEW] * 5
    assert not {*rejected["flight"]} & {*scored["flight"]}
    assert len(scored) == 55


def test_a_model_of_others_refuses_new_categories_unless_they_are_missing(theirs: Path) -> None:
    with pytest.raises(DataError, match=r"category that training did not have .*`unseen: missing`"):
        score_theirs(theirs, "booster")
    assert len(score_theirs(theirs, "booster", unseen="missing")) == 60


def test_a_model_that_refuses_missing_values_cannot_take_new_categories_for_them(theirs: Path) -> None:
    with pytest.raises(ModelError, match=r"unseen: missing: pipeline version 1 refuses .* in destination"):
        score_theirs(theirs, "pipeline", unseen="missing")


def test_a_text_among_the_numbers_of_a_jsonl_file_is_one_row(root: Path, reference: Reference) -> None:
    table = later().reset_index().replace({np.nan: None})
    lines = [json.dumps(row) for row in table.to_dict("records")]
    (root / "later.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    inputs = {"KIND": "JsonlReader", "path": str(root / "later.jsonl"), "id_column": "flight"}
    with pytest.raises(DataError, match=r"cannot be read by JsonlReader .* write `rejected: "):
        run(root, "InferenceJob", inputs=inputs, outputs=OUTPUT)
    result = score(root, inputs=inputs, part_rows=70)
    assert result["facts"]["rejected_rows"] == 15
    expected = pd.read_parquet(io.BytesIO(reference.contents[0]))
    pd.testing.assert_frame_equal(pd.read_parquet(root / "scored.parquet"), expected)
