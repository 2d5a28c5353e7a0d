"""Registering saved models in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.redaction import shown
from mxt.registries.registers.base import Register
from mxt.registries.versions import Pinned, pin

if TYPE_CHECKING:
    from mlflow import MlflowClient


class MlflowRegister(Register):
    """Registers in MLflow's model registry.

    Example:
        {KIND: MlflowRegister, tags: {team: churn}}
    """

    KIND: Literal["MlflowRegister"] = "MlflowRegister"

    def register(
        self, client: MlflowClient, name: str, uri: str, run_id: str, tags: dict[str, str]
    ) -> Pinned:
        from mlflow.exceptions import MlflowException

        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        model_id = uri.removeprefix("models:/")
        known = {key: shown(value) for key, value in (self.tags | tags).items()}
        made = client.create_model_version(name, uri, run_id, tags=known, model_id=model_id)
        return pin(client, name, int(made.version))
