"""Inference: each row gets the model's own prediction, under its id and whatever else the table holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.registries.loaders.mlflow import MlflowLoader
from runs import CHURN, SMALL, run, train

ROWS = 300


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
    table.drop(columns="Churn").assign(secret="x").iloc[:, ::-1].to_csv(root / "other.csv", index=False)
    _, scored = score(root, "Classes", inputs={**CHURN, "path": "other.csv"})
    pd.testing.assert_frame_equal(scored, expected)


def test_a_row_that_the_model_cannot_take_is_named_and_nothing_is_written(root: Path) -> None:
    table = pd.read_csv(CHURN["path"], nrows=20, dtype=str, keep_default_na=False)
    table.loc[7, "Contract"] = "canary"
    table.to_csv(root / "odd.csv", index=False)
    output = {"KIND": "ParquetWriter", "path": "never.parquet"}
    with pytest.raises(
        DataError, match=f"'Contract' breaks isin in 1 row .*{table['customerID'][7]}"
    ) as caught:
        run(root, "InferenceJob", inputs={**CHURN, "path": "odd.csv"}, alias_or_version=1, outputs=output)
    assert "canary" not in str(caught.value)
    assert not (root / "never.parquet").exists()
