"""A real store with versions that cost next to nothing: their models hold facts, and no library's object."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow

from mxt.registries.versions import Pinned, pin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mxt.services import MlflowService


class OnlyFacts:
    """A flavour that no library loads, with the functions that MLflow calls."""

    @staticmethod
    def save_model(path: str, mlflow_model: Any, signature: Any = None) -> None:
        Path(path).mkdir()
        mlflow_model.signature = signature
        mlflow_model.add_flavor("facts", answer=42)
        mlflow_model.save(f"{path}/MLmodel")


@dataclass(frozen=True)
class Registry:
    """A store, and a registry of models, in a folder of their own."""

    service: MlflowService

    @property
    def client(self) -> mlflow.MlflowClient:
        """A client of the store; MLflow's own functions use the same store from now on."""
        mlflow.set_tracking_uri(self.service.tracking_uri)
        mlflow.set_registry_uri(self.service.tracking_uri)
        return self.service.client()

    def run(
        self, tags: Mapping[str, str] | None = None, ended: int | None = None, **artifacts: object
    ) -> str:
        """A run that has ended, with artifacts of JSON by their names without the ending; its id.

        Args:
            tags: Of the run.
            ended: When it ended, in milliseconds; now if left out.
            artifacts: By their names.
        """
        client = self.client
        run_id = str(client.create_run(self.service.experiment_id, tags=dict(tags or {})).info.run_id)
        for name, content in artifacts.items():
            client.log_text(run_id, json.dumps(content), f"{name}.json")
        client.set_terminated(run_id, "FINISHED", ended)
        return run_id

    def version(
        self, name: str, tags: Mapping[str, str] | None = None, run_id: str | None = None, **logged: Any
    ) -> Pinned:
        """A new version of a registered model, with what its MLmodel file holds beside the flavour."""
        client = self.client
        with mlflow.start_run(run_id=run_id, experiment_id=self.service.experiment_id):
            info = mlflow.models.Model.log(None, OnlyFacts, name="model", **logged)
        number = mlflow.register_model(info.model_uri, name, tags=dict(tags or {})).version
        return pin(client, name, int(number))
