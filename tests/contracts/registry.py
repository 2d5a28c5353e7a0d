"""One small model in a store of its own, for the contracts of savers, loaders and registers."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import TypeVar

import mlflow
import numpy as np
import pandas as pd
import yaml
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from blank import blank_store
from mxt.datasets.fitted import FittedRows
from mxt.kinds import Kind, members
from mxt.kinds.texts import example_of
from mxt.models import Model
from mxt.predictors.sklearn import SklearnPredictor
from mxt.registries.savers.base import Saver
from mxt.schemas import InputsSchema
from mxt.services import MlflowService

Family = TypeVar("Family", bound=Kind)

ROWS = pd.DataFrame({"plan": ["a", "b", "c", "b"] * 5, "months": np.arange(20.0)})
FITTED = FittedRows(np.arange(3, dtype=np.uint64), 3, "a table", "left", ("plan", "months"))
NAME = "contract"
MARK = "mark-7f3a9"
"""A cell of the sample that a model is saved with."""


def every(family: type[Family]) -> dict[str, Family]:
    """Every member of a family, made from its own example."""
    return {name: kind(**yaml.safe_load(example_of(kind))) for name, kind in members(family).items()}


@functools.cache
def model() -> Model:
    """A fitted pipeline, with the rows that stand for its population."""
    encoding = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["plan"]), remainder="passthrough"
    )
    pipeline = make_pipeline(encoding, LogisticRegression())
    fitted = pipeline.fit(ROWS, np.where(ROWS["months"] > 9, "yes", "no"))
    return Model(SklearnPredictor(fitted, []), ROWS.head(6), "yes")


@functools.cache
def _service() -> MlflowService:
    folder = Path(tempfile.mkdtemp(prefix="mxt-contract-"))
    return MlflowService(tracking_uri=f"sqlite:///{blank_store(folder)}", experiment_name=NAME)


def store() -> mlflow.MlflowClient:
    """A client of the store, which MLflow's own functions use from here on too."""
    _service().start()
    mlflow.set_experiment(experiment_id=_service().experiment_id)
    return _service().client()


def save(saver: Saver, saved: Model, fitted: FittedRows | None = None) -> tuple[str, str]:
    """The URI of a model saved in a run of its own, and the run's id; its sample is not among its rows."""
    sample = pd.DataFrame({"plan": ["a", MARK], "months": [1.0, 2.0]})
    with mlflow.start_run() as run:
        return saver.save(saved, InputsSchema.infer(ROWS), sample, "left", fitted), run.info.run_id


def version(saver: Saver, saved: Model, fitted: FittedRows | None = None) -> str:
    """The URI of a model as a version of a registered model."""
    return f"models:/{NAME}/{mlflow.register_model(save(saver, saved, fitted)[0], NAME).version}"
