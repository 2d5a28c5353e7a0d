"""Running jobs in the test's own process, on a store of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from blank import blank_store
from conftest import REPOSITORY
from mxt.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from mxt.jobs.base import Job

CHURN: dict[str, Any] = {
    "KIND": "CsvReader",
    "path": str(REPOSITORY / "data" / "churn.csv"),
    "id_column": "customerID",
    "missing": ["", " "],
}
SHIFTED = {**CHURN, "path": str(REPOSITORY / "data" / "churn_shifted.csv")}
LATER = {**CHURN, "path": str(REPOSITORY / "data" / "churn_later.csv")}
"""Customers that no version of `train` was fitted to."""
SMALL = {"KIND": "XgboostRecipe", "trees": 20, "depth": 3, "learning_rate": 0.3}


def make(root: Path, kind: str, **fields: Any) -> Job:
    """A job as a config under `root` would make it, where MLflow has a store."""
    blank_store(root)
    service = {"registry_name": "churn", "experiment_name": "churn", **fields.pop("mlflow_service", {})}
    content = {"job": {"KIND": kind, "mlflow_service": service, **fields}}
    return Settings.model_validate_json(json.dumps(content), context={"root": str(root)}).job


def run(root: Path, kind: str, **fields: Any) -> dict[str, Any]:
    """The locals of a job that ran."""
    with make(root, kind, **fields) as job:
        return job.run()


def train(root: Path, **fields: Any) -> dict[str, Any]:
    """Train on the shipped table; the version gets the alias Challenger."""
    defaults = {
        "inputs": {**CHURN, "limit": 2000},
        "target": "Churn",
        "exclude": ["variant"],
        "recipe": SMALL,
    }
    return run(root, "TrainingJob", **{"alias": "Challenger", **defaults, **fields})
