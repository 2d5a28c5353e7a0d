"""What a job says before a fit: of the target, and of columns without a value; then a life on odd columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.splitters.base import shuffled
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.errors import DataError
from mxt.jobs.base.learning import check_target, empty_columns, inferred_schema, refuse_lost_classes
from mxt.models.xgboost import XgboostRecipe
from mxt.registries.rows import digest_of
from mxt.registries.versions import HELD_OUT_TAG
from runs import SMALL, make, run

ROWS = 60
CHANCE = np.random.default_rng(0)
ODD = pd.DataFrame(
    {
        "row": CHANCE.normal(size=ROWS),
        "class": CHANCE.choice(["u", "v"], ROWS),
        'weight "w" [kg], <net>': CHANCE.normal(size=ROWS),
        "empty": [None] * ROWS,
        "same": 1,
    }
)
LABELS = np.where(ODD["row"] + ODD['weight "w" [kg], <net>'] > 0, "Yes", "No")
TABLE = pd.DataFrame(
    {"y": [*["a"] * 6, *["b"] * 3, "c"]}, index=pd.Index([f"r{n}" for n in range(10)], name="id")
)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            ["a"] * 9 + ["b"],
            r"class 'b' of the target 'y' has a single row \(id 'r9'\).*filters: \[\[",
        ),
        ([1] * 8 + [7, 8], r"classes 7, 8 .* each have a single row \(ids 'r8', 'r9'\).*`task: regression`"),
        ([*range(10)], "the 10 classes of the target 'y' each have a single row"),
        (
            [*"aabb", None, *"aabbb"],
            r"1 row has no 'y'.*\(id 'r4'\). Leave .*filters: \[\[y, \"!=\", \"\"\]\]",
        ),
        ([1, 2, None, *[1] * 7], r"`filters: \[\[y, not in, \[\]\]\]` in the reader"),
    ],
)
def test_a_target_is_refused_with_the_line_that_mends_it(cells: list[Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        check_target(TABLE.assign(y=cells), "y", XgboostRecipe(), "t.csv")


@pytest.mark.parametrize(("written", "meant"), [("Y", "y"), ("churned", "Churn")])
def test_a_target_that_is_absent_may_be_a_column_of_almost_that_name(written: str, meant: str) -> None:
    table = TABLE.assign(Churn=1)
    with pytest.raises(DataError, match=f"'{written}' is missing; .* Perhaps '{meant}' was meant"):
        check_target(table, written, XgboostRecipe(), "t.csv")


def test_a_class_whose_rows_are_all_held_out_is_named() -> None:
    with pytest.raises(DataError, match=r"HoldoutSplitter holds out every row of the class 'c' .*Stratified"):
        refuse_lost_classes(TABLE["y"].head(9), TABLE["y"], HoldoutSplitter(), XgboostRecipe())
    refuse_lost_classes(TABLE["y"], TABLE["y"], HoldoutSplitter(), XgboostRecipe())


def test_columns_without_a_value_are_named_unless_they_are_left_out_already(warned: list[str]) -> None:
    assert empty_columns(ODD.assign(other=None), "row", ["other"], "t.csv") == ["empty"]
    assert warned[0].startswith("t.csv: no row has a value in 'empty', so the model leaves it out; later")


def test_a_table_of_which_no_column_is_left_is_refused() -> None:
    with pytest.raises(DataError, match="no column is left to learn from: of 5 one is the target"):
        inferred_schema(ODD, "row", ["class", ODD.columns[2], "same"], "t.csv")


@pytest.mark.parametrize("kind", ["TrainingJob", "TuningJob"])
def test_a_target_of_many_numbers_is_refused_before_any_fit(kind: str, tmp_path: Path) -> None:
    ODD.assign(y=range(ROWS)).to_csv(tmp_path / "t.csv", index=False)
    more = {"search": {"KIND": "GridSearch", "values": {"depth": [2, 3]}}} if kind == "TuningJob" else {}
    with (
        make(tmp_path, kind, inputs=reader(tmp_path), target="y", recipe=SMALL, **more) as job,
        pytest.raises(DataError, match="60 different numbers: write `task: regression`"),
    ):
        job.run()


def test_a_target_that_is_named_twice_is_a_fault_of_the_config(tmp_path: Path) -> None:
    table = {"KIND": "CsvReader", "path": "t.csv"}
    with pytest.raises(ValueError, match="`target` names a column that `exclude` names too"):
        make(tmp_path, "TrainingJob", inputs=table, target="y", recipe=SMALL, exclude=["y"])
    with pytest.raises(ValueError, match=r"`target` names a column that `inputs\.id_column` names too"):
        make(tmp_path, "TrainingJob", inputs={**table, "id_column": "y"}, target="y", recipe=SMALL)


def test_the_record_of_held_out_rows_has_classes_as_the_table_stores_them(tmp_path: Path) -> None:
    ODD.assign(y=(LABELS == "Yes").astype(float)).to_parquet(tmp_path / "t.parquet")
    source = {"KIND": "ParquetReader", "path": str(tmp_path / "t.parquet")}
    made = run(tmp_path, "TrainingJob", inputs=source, target="y", recipe={**SMALL, "trees": 2}, positive=1)
    assert made["model"].predictor.classes == [0, 1]
    table = shuffled(ParquetReader(path=str(tmp_path / "t.parquet")).read(), 0)
    assert made["version"].tags[HELD_OUT_TAG] == digest_of(HoldoutSplitter().split(table, "y").test)


@pytest.mark.parametrize(
    "recipe", ["XgboostRecipe", pytest.param("LogisticRegressionRecipe", marks=pytest.mark.slow)]
)
def test_odd_columns_live_through_every_job_under_their_own_names(recipe: str, tmp_path: Path) -> None:
    ODD.assign(y=LABELS).to_csv(tmp_path / "t.csv", index=False)
    ODD.assign(empty="filled now").to_csv(tmp_path / "later.csv", index=False)
    fields = {"trees": 5} if recipe == "XgboostRecipe" else {}
    made = run(
        tmp_path,
        "TrainingJob",
        inputs=reader(tmp_path),
        target="y",
        recipe={"KIND": recipe, **fields},
        alias="Challenger",
    )
    names = ["row", "class", 'weight "w" [kg], <net>', "same"]
    assert made["model"].predictor.columns == names
    served: dict[str, Any] = {"alias_or_version": "Challenger"}
    written = {
        name: {"KIND": "ParquetWriter", "path": str(tmp_path / f"{name}.parquet")}
        for name in ("models_explanations", "samples_explanations", "comparisons", "outputs")
    }
    explained = {name: written[name] for name in ("models_explanations", "samples_explanations")}
    later = reader(tmp_path, "later.csv")
    run(tmp_path, "ExplanationsJob", inputs_samples=later, **explained, **served)
    run(tmp_path, "InferenceJob", inputs=later, outputs=written["outputs"], **served)
    run(tmp_path, "DriftJob", current=later, comparisons=written["comparisons"], **served)
    samples = pd.read_parquet(tmp_path / "samples_explanations.parquet")
    assert {"row_id", "row", "class_contribution", names[2]} <= {*samples}
    assert samples["row_id"].tolist() == [*range(ROWS)]
    outputs = pd.read_parquet(tmp_path / "outputs.parquet")
    own = made["model"].predict(ODD)
    np.testing.assert_allclose(outputs["probability_Yes"], own["probability_Yes"])
    features = pd.read_parquet(tmp_path / "models_explanations.parquet")["feature"]
    assert {*features} == {*names}


def reader(root: Path, name: str = "t.csv") -> dict[str, str]:
    """The reader of a table in a test's folder."""
    return {"KIND": "CsvReader", "path": str(root / name)}
