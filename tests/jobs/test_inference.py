"""Inference: each row gets the model's own prediction, under its id, whatever part it lies in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mxt.errors import DataError
from mxt.jobs.inference import Scoring
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.registries.loaders.mlflow import MlflowLoader
from runs import CHURN, SMALL, run, train

ROWS = 300
INPUTS = pd.DataFrame(
    np.random.default_rng(0).normal(size=(50, 2)), columns=["a", "b"], index=[f"r{row}" for row in range(50)]
)


def test_rows_get_the_models_own_predictions_and_probabilities_and_keep_their_ids() -> None:
    tree = DecisionTreeClassifier(max_depth=2).fit(INPUTS, np.where(INPUTS["a"] > 0, "Yes", "No"))
    done = Scoring(Model(predictor_of(tree, ["a", "b"], ["No", "Yes"]))).do(INPUTS, INPUTS)
    assert done.table is not None
    assert done.table.index.equals(INPUTS.index)
    assert done.table["prediction"].tolist() == tree.predict(INPUTS).tolist()
    np.testing.assert_allclose(done.table["probability_Yes"], tree.predict_proba(INPUTS)[:, 1])
    assert (done.states, done.rows) == ({}, None)


@pytest.mark.parametrize("rows", [1, 7])
def test_the_predictions_of_a_row_do_not_depend_on_its_part(rows: int) -> None:
    tree = DecisionTreeRegressor(max_depth=3).fit(INPUTS, INPUTS["a"] * 2)
    task = Scoring(Model(predictor_of(tree, ["a", "b"], [])))
    whole = task.do(INPUTS, INPUTS).table
    part = task.do(INPUTS[5 : 5 + rows], INPUTS[5 : 5 + rows]).table
    assert whole is not None
    assert part is not None
    pd.testing.assert_frame_equal(part, whole[5 : 5 + rows])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a model of classes and one of numbers."""
    folder = tmp_path_factory.mktemp("inference")
    train(folder, alias="Classes", inputs={**CHURN, "limit": 1000}, metrics=[])
    recipe = {**SMALL, "task": "regression"}
    train(folder, alias="Numbers", inputs={**CHURN, "limit": 1000}, target="MonthlyCharges", recipe=recipe)
    return folder


def score(root: Path, alias: str, **fields: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    """The result of a run that scores the first rows, and its output."""
    defaults = {
        "inputs": {**CHURN, "limit": ROWS},
        "alias_or_version": alias,
        "outputs": {"KIND": "ParquetWriter", "path": "scored.parquet"},
    }
    result = run(root, "InferenceJob", **{**defaults, **fields})
    return result, pd.read_parquet(root / "scored.parquet").set_index("customerID")


def by_mlflow(version: int, method: str) -> np.ndarray[Any, Any]:
    """What plain MLflow predicts for the same rows."""
    uri = f"models:/churn/{version}"
    background = MlflowLoader().load_background(uri)
    assert background is not None
    table = pd.read_csv(CHURN["path"], nrows=ROWS, na_values=["", " "], keep_default_na=False)
    texts = {name: "category" for name in background if background[name].dtype.kind not in "if"}
    known = {name: pd.CategoricalDtype(sorted(background[name].unique())) for name in texts}
    native = mlflow.xgboost.load_model(uri)
    return np.asarray(getattr(native, method)(table[[*background]].astype(known)))


def test_each_row_has_the_probabilities_of_the_model_under_its_id(root: Path) -> None:
    result, scored = score(root, "Classes")
    ids = pd.read_csv(CHURN["path"], nrows=ROWS)["customerID"]
    assert scored.index.tolist() == ids.tolist()
    chances = scored[["probability_No", "probability_Yes"]].to_numpy()
    np.testing.assert_allclose(chances, by_mlflow(1, "predict_proba"), atol=1e-6)
    assert (scored["prediction"] == np.where(chances[:, 1] > 0.5, "Yes", "No")).all()
    assert (result["rows"], result["version"].version) == (ROWS, 1)
    assert result["facts"]["outputs_rows"] == ROWS


def test_each_row_has_the_number_of_a_regression(root: Path) -> None:
    _, scored = score(root, "Numbers")
    np.testing.assert_allclose(scored["prediction"], by_mlflow(2, "predict"), rtol=1e-5)
    assert not scored.filter(like="probability").columns.tolist()


def test_columns_that_the_model_does_not_know_change_nothing(root: Path) -> None:
    _, expected = score(root, "Classes")
    table = pd.read_csv(CHURN["path"], nrows=ROWS, dtype=str, keep_default_na=False)
    table.drop(columns="Churn").assign(surplus="x").iloc[:, ::-1].to_csv(root / "other.csv", index=False)
    _, scored = score(root, "Classes", inputs={**CHURN, "path": "other.csv"})
    pd.testing.assert_frame_equal(scored, expected)


def test_a_row_that_the_model_cannot_take_is_named_and_nothing_is_written(root: Path) -> None:
    table = pd.read_csv(CHURN["path"], nrows=20, dtype=str, keep_default_na=False)
    table.loc[7, "Contract"] = "canary"
    table.to_csv(root / "odd.csv", index=False)
    output = {"KIND": "ParquetWriter", "path": "never.parquet"}
    message = f"1 row: 'Contract' holds a category that .*{table['customerID'][7]}"
    with pytest.raises(DataError, match=message) as caught:
        run(root, "InferenceJob", inputs={**CHURN, "path": "odd.csv"}, alias_or_version=1, outputs=output)
    assert "canary" not in str(caught.value)
    assert not (root / "never.parquet").exists()
