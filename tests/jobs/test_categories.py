"""LightGBM's categories through jobs: a CSV of texts and numbers is scored as the training's types were."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import mlflow
import numpy as np
import pandas as pd
import pytest

from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.registries.savers.mlflow import MlflowSaver
from mxt.schemas import InputsSchema
from mxt.services import MlflowService
from runs import run

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 200
CATEGORIES = {"whole": "category", "text": "category", "digit": "category", "ready": "category"}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": rng.normal(size=ROWS),
            "whole": rng.choice([3, 7, 11], ROWS),
            "flag": rng.random(ROWS) < 0.5,
            "text": rng.choice(list("abc"), ROWS),
            "digit": rng.choice(["1", "2", "5"], ROWS),
            "ready": rng.random(ROWS) < 0.5,
        },
        index=pd.Index([f"r{row}" for row in range(ROWS)], name="id"),
    )


def log(rows: pd.DataFrame, model: Any, known: str) -> None:
    """Register the model's booster, with as much about its inputs as `known` says."""
    with warnings.catch_warnings(action="ignore"), mlflow.start_run():
        if known == "a schema":
            made = Model(predictor_of(model, [*rows.columns], []))
            uri = MlflowSaver().save(made, InputsSchema.infer(rows), rows.head(5), "goal")
            mlflow.register_model(uri, "theirs")
            return
        signature = (
            mlflow.models.infer_signature(rows, np.zeros(len(rows))) if known == "a signature" else None
        )
        mlflow.lightgbm.log_model(
            model.booster_,
            name="model",
            signature=signature,
            registered_model_name="theirs",
            pip_requirements=["lightgbm"],
        )


@pytest.mark.parametrize("known", ["nothing", "a signature", "a schema"])
def test_a_csv_is_scored_and_explained_as_lightgbm_does(known: str, tmp_path: Path) -> None:
    rows = table() if known == "nothing" else table().drop(columns="digit")
    trained = rows.astype({name: kind for name, kind in CATEGORIES.items() if name in rows})
    goal = rows["number"] + (rows["whole"] == 7) + (rows["text"] == "b") * rows["ready"] + rows["flag"]
    if "digit" in rows:
        goal += 2 * (rows["digit"] == "2")
    model = lgb.LGBMRegressor(n_estimators=10, min_child_samples=5, verbose=-1, n_jobs=1).fit(trained, goal)
    service = {"tracking_uri": f"sqlite:///{tmp_path}/mlflow.db", "registry_name": "theirs"}
    started = MlflowService(tracking_uri=service["tracking_uri"])
    started.start()
    mlflow.set_experiment(experiment_id=started.experiment_id)
    log(rows, model, known)
    rows.to_csv(tmp_path / "rows.csv")
    source = {"KIND": "CsvReader", "path": str(tmp_path / "rows.csv"), "id_column": "id"}
    scored, explained, importances = (
        {"KIND": "CsvWriter", "path": str(tmp_path / f"{name}.csv")} for name in ("scored", "rows_", "model")
    )
    common: dict[str, Any] = {"mlflow_service": service, "alias_or_version": 1}
    run(tmp_path, "InferenceJob", inputs=source, outputs=scored, **common)
    outputs = {"models_explanations": importances, "samples_explanations": explained}
    run(tmp_path, "ExplanationsJob", inputs_samples=source, **outputs, **common)
    np.testing.assert_allclose(
        pd.read_csv(scored["path"], index_col="id")["prediction"], model.predict(trained), atol=1e-12
    )
    result = pd.read_csv(explained["path"], index_col="id")[[*rows.columns]]
    np.testing.assert_allclose(result, model.predict(trained, pred_contrib=True)[:, :-1], atol=1e-12)
