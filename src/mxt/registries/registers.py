"""Registers: give a saved model its number, its semantic version and its alias."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal

from mxt.errors import ModelError
from mxt.kinds import Kind
from mxt.registries.versions import SEMVER_TAG, Pinned, pin, versions_of

if TYPE_CHECKING:
    from mlflow import MlflowClient


class Register(Kind, ABC):
    """Registers saved models."""

    tags: dict[str, str] = {}
    """Tags of the new version."""

    @abstractmethod
    def register(
        self, client: MlflowClient, name: str, uri: str, run_id: str, tags: dict[str, str]
    ) -> Pinned:
        """Make the saved model at `uri` the next version of the registered model `name`."""


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
        made = client.create_model_version(name, uri, run_id, tags={**self.tags, **tags}, model_id=model_id)
        return pin(client, name, int(made.version))


def refuse_taken(client: MlflowClient, name: str, semver: str) -> None:
    """Raise a ModelError if a version of the model `name` has the semantic version already."""
    taken = {
        found.tags[SEMVER_TAG]: found.version
        for found in versions_of(client, name)
        if SEMVER_TAG in found.tags
    }
    if semver in taken:
        known = ", ".join(sorted(taken))
        msg = (
            f"The semantic version {semver} of {name!r} is taken by version {taken[semver]}; taken: {known}."
        )
        raise ModelError(msg)
