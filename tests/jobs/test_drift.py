"""Drift of long tables: the numbers of the whole table, in the same bytes whoever works on which parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from drift.raw import told
from mxt.errors import DataError
from mxt.registries.loaders import MlflowLoader
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
    [{"part_rows": 250}, {"part_rows": 600, "executor": {"KIND": "ProcessesExecutor", "processes": 2}}],
    ids=["small parts", "two processes"],
)
def test_the_bytes_do_not_depend_on_who_works_on_which_parts(
    fields: dict[str, Any], root: Path, whole: bytes
) -> None:
    found = compare(root, **fields)
    assert (root / OUTPUT).read_bytes() == whole
    assert found["facts"]["rows_the_model_cannot_take"] > 0
    assert not list(root.glob("*.parts"))


def test_shares_are_put_together_by_a_last_run(root: Path, whole: bytes) -> None:
    (root / OUTPUT).unlink(missing_ok=True)
    for share in ("2/2", "1/2"):
        assert compare(root, part_rows=600, shard=share)["facts"]["parts"] > 0
        assert not (root / OUTPUT).exists()
    compare(root, part_rows=600)
    assert (root / OUTPUT).read_bytes() == whole


def test_the_numbers_are_those_of_the_columns_as_a_whole(root: Path) -> None:
    found = compare(root, part_rows=500)["comparisons"]
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
    assert set(found.index) == {*schema.columns, name}
    for row in found.reset_index().itertuples():
        statistic, p_value = told(row.method, before[row.column], after[row.column])
        assert row.statistic == statistic, (row.column, row.method)
        assert pd.isna(row.p_value) if p_value is None else row.p_value == p_value, (row.column, row.method)


def test_parts_of_another_reference_are_done_again(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "reference.csv"
    reference = {"reference": {**CHURN, "path": str(path)}, "part_rows": 600}
    table = pd.read_csv(CHURN["path"], dtype=str)
    table.head(2000).to_csv(path, index=False)
    compare(root, shard="1/2", **reference)
    table.tail(2000).to_csv(path, index=False)
    found = compare(root, **reference)["comparisons"]
    pd.testing.assert_frame_equal(found, compare(root, fresh=True, **reference)["comparisons"])


def test_no_predictions_are_compared_if_the_model_can_take_no_row(root: Path, tmp_path: Path) -> None:
    table = pd.read_csv(CHURN["path"], dtype=str).assign(Contract="weekly")
    table.to_csv(tmp_path / "weekly.csv", index=False)
    weekly = {**CHURN, "path": str(tmp_path / "weekly.csv"), "limit": 900}
    found = compare(root, current=weekly, part_rows=400)
    assert found["facts"]["rows_the_model_cannot_take"] == 900
    assert f"{PROBABILITY}Yes" not in found["comparisons"].index
    with pytest.raises(DataError, match="can take no row of the reference"):
        compare(root, reference=weekly)
    alone = compare(root, reference=weekly, current=weekly, predictions=False)
    assert "rows_the_model_cannot_take" not in alone["facts"]
    assert alone["passed"]
