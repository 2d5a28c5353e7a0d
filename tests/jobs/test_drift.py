"""Drift of long tables: the numbers of the whole table, in the same bytes whoever works on which parts."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counted import opened, put
from drift.raw import reference_values
from mxt.errors import ConfigError, DataError
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.schemas.outputs import PROBABILITY
from runs import CHURN, SHIFTED, run, train

OUTPUT = "drift.parquet"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drift")
    train(folder, alias="First")
    return folder


def compare(root: Path, **fields: Any) -> dict[str, Any]:
    """The job's locals; the shifted table misses values, and has categories that the model cannot take."""
    defaults = {
        "current": SHIFTED,
        "alias_or_version": "First",
        "comparisons": {"KIND": "ParquetWriter", "path": OUTPUT},
    }
    return run(root, "DriftJob", **{**defaults, **fields})


@pytest.fixture(scope="module")
def whole(root: Path) -> bytes:
    """The output of one part."""
    compare(root)
    return (root / OUTPUT).read_bytes()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"part_rows": 250}, id="small parts"),
        pytest.param(
            {"part_rows": 600, "executor": {"KIND": "ProcessesExecutor", "processes": 2}},
            id="two processes",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_bytes_do_not_depend_on_who_works_on_which_parts(
    fields: dict[str, Any], root: Path, whole: bytes
) -> None:
    result = compare(root, **fields)
    assert (root / OUTPUT).read_bytes() == whole
    assert result["facts"]["rows_the_model_cannot_take"] > 0
    assert not list(root.glob("*.parts"))


def test_shares_are_put_together_by_a_last_run(root: Path, whole: bytes) -> None:
    (root / OUTPUT).unlink(missing_ok=True)
    for share in ("2/2", "1/2"):
        assert compare(root, part_rows=600, shard=share)["facts"]["parts"] > 0
        assert not (root / OUTPUT).exists()
    compare(root, part_rows=600)
    assert (root / OUTPUT).read_bytes() == whole


def test_the_numbers_are_those_of_the_columns_as_a_whole(root: Path) -> None:
    result = compare(root, part_rows=500)["comparisons"]
    loader, uri = MlflowLoader(), "models:/churn/1"
    schema, model, kept = loader.load_schema(uri), loader.load(uri), loader.load_background(uri)
    assert schema is not None
    assert kept is not None
    samples = [schema.check_types(kept), schema.check_types(pd.read_csv(SHIFTED["path"], na_values=[" "]))]
    taken = [sample[schema.valid_rows(sample)] for sample in samples]
    assert 0 < len(taken[1]) < len(samples[1])
    name = f"{PROBABILITY}Yes"
    for sample, rows in zip(samples, taken, strict=True):
        sample[name] = model.predict(rows)[name]
    before, after = (
        {**sample.drop(columns=name), name: sample.loc[rows.index, name]}
        for sample, rows in zip(samples, taken, strict=True)
    )
    assert set(result.index) == {*schema.columns, name}
    for row in result.reset_index().itertuples():
        statistic, p_value = reference_values(row.method, before[row.column], after[row.column])
        assert row.statistic == statistic, (row.column, row.method)
        assert pd.isna(row.p_value) if p_value is None else row.p_value == p_value, (row.column, row.method)


def test_parts_of_another_reference_are_done_again(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "reference.csv"
    reference = {"reference": {**CHURN, "path": str(path)}, "part_rows": 600}
    table = pd.read_csv(CHURN["path"], dtype=str)
    table.head(2000).to_csv(path, index=False)
    compare(root, shard="1/2", **reference)
    table.tail(2000).to_csv(path, index=False)
    result = compare(root, **reference)["comparisons"]
    pd.testing.assert_frame_equal(result, compare(root, fresh=True, **reference)["comparisons"])


FOREST = {"KIND": "RandomForestRecipe", "trees": 10, "depth": 4}


def write(path: Path, seed: int, rows: int = 1500) -> str:
    """A table of each type, of one distribution; `flag`, `age` and `note` miss values if `seed` is not 0."""
    chance = np.random.default_rng(seed)
    kept = chance.random((3, rows)) > (0.02 if seed else 0)
    age, flag = chance.integers(18, 90, rows), chance.random(rows) < 0.3
    plan = chance.choice(["basic", "premium", "rare"], rows, p=[0.6, 0.399, 0.001])
    columns = {
        "id": np.arange(rows),
        "self": chance.normal(size=rows),
        "age": pa.array(age, mask=~kept[0]),
        "flag": pa.array(flag, mask=~kept[1]),
        "plan": np.array(["rare", *plan[1:]]),
        "note": pa.array([f"text {number}" for number in chance.integers(2**60, size=rows)], mask=~kept[2]),
        "target": np.where(chance.random(rows) < np.where(flag, 0.8, 0.2) + age / 1000, "yes", "no"),
    }
    pq.write_table(pa.table(columns), path)
    return str(path)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of columns of each type, and a table that misses some of their values."""
    folder = tmp_path_factory.mktemp("typed")
    before = {"KIND": "ParquetReader", "path": write(folder / "before.parquet", 0), "id_column": "id"}
    train(folder, alias="First", inputs=before, target="target", exclude=[], recipe=FOREST)
    write(folder / "after.parquet", 1)
    return folder


def test_free_text_rare_categories_and_missing_booleans_are_no_drift(typed: Path) -> None:
    current = {"KIND": "ParquetReader", "path": str(typed / "after.parquet"), "id_column": "id"}
    result = compare(typed, current=current)
    in_parts = compare(typed, current=current, part_rows=50)
    pd.testing.assert_frame_equal(in_parts["comparisons"], result["comparisons"])
    assert result["passed"], result["comparisons"]
    by = result["comparisons"].groupby(level=0)["method"].agg(set).to_dict()
    numbers, either = {"PsiDrift", "KsDrift", "MissingDrift"}, {"PsiDrift", "MissingDrift"}
    assert by == {
        "self": numbers,
        "age": numbers,
        "flag": either,
        "plan": {*either, "UnseenDrift"},
        "note": {"MissingDrift"},
        f"{PROBABILITY}yes": numbers,
    }
    assert 0 < result["facts"]["rows_the_model_cannot_take"] < 300


def test_measures_that_no_column_is_for_are_refused_before_the_work(typed: Path) -> None:
    path = typed / "numbers.parquet"
    table = pd.read_parquet(typed / "before.parquet")
    table[["id", "self", "age", "target"]].to_parquet(path)
    inputs = {"KIND": "ParquetReader", "path": str(path), "id_column": "id"}
    train(typed, alias="Numbers", inputs=inputs, target="target", exclude=[], recipe=FOREST)
    unseen = {"measures": [{"KIND": "UnseenDrift"}], "alias_or_version": "Numbers"}
    absent = {**inputs, "path": str(typed / "absent.parquet")}
    with pytest.raises(ConfigError, match=r"none of UnseenDrift is for columns .* which hold numbers; name"):
        compare(typed, current=absent, **unseen)


def test_measures_for_predictions_alone_need_rows_that_the_model_can_take(typed: Path) -> None:
    table = pd.read_parquet(typed / "before.parquet")[["id", "plan", "target"]]
    inputs = {"KIND": "ParquetReader", "path": str(typed / "texts.parquet"), "id_column": "id"}
    table.to_parquet(inputs["path"])
    train(typed, alias="Texts", inputs=inputs, target="target", exclude=[], recipe=FOREST)
    other = {**inputs, "path": str(typed / "other.parquet")}
    table.assign(plan="other").to_parquet(other["path"])
    wanted = {"measures": [{"KIND": "KsDrift"}], "alias_or_version": "Texts"}
    assert compare(typed, current=inputs, **wanted)["passed"]
    with pytest.raises(DataError, match="can take none of its rows, and KsDrift could only compare"):
        compare(typed, current=other, **wanted)
    with pytest.raises(ConfigError, match=r"none of KsDrift is for columns .* which hold categories; name"):
        compare(typed, current=inputs, predictions=False, **wanted)


def test_no_predictions_are_compared_if_the_model_can_take_no_row(root: Path, tmp_path: Path) -> None:
    table = pd.read_csv(CHURN["path"], dtype=str).assign(Contract="weekly")
    table.to_csv(tmp_path / "weekly.csv", index=False)
    weekly = {**CHURN, "path": str(tmp_path / "weekly.csv"), "limit": 900}
    result = compare(root, current=weekly, part_rows=400)
    assert result["facts"]["rows_the_model_cannot_take"] == 900
    assert f"{PROBABILITY}Yes" not in result["comparisons"].index
    with pytest.raises(DataError, match="can take no row of the reference"):
        compare(root, reference=weekly)
    alone = compare(root, reference=weekly, current=weekly, predictions=False)
    assert "rows_the_model_cannot_take" not in alone["facts"]
    assert alone["passed"]


def test_the_types_of_a_csv_file_are_inferred_once(root: Path, whole: bytes) -> None:
    path = put("shifted.csv", Path(SHIFTED["path"]).read_bytes())
    compare(root, current={**SHIFTED, "path": path})
    assert pq.read_table(root / OUTPUT).equals(pq.read_table(io.BytesIO(whole)))
    # For the types, and for how cells are written; then header and rows of three scans.
    assert opened() <= 2 + 2 * 3
