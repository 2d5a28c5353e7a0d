"""The base of all registers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mxt.kinds import Kind

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mxt.registries.versions import Pinned


class Register(Kind, ABC):
    """Registers saved models."""

    tags: dict[str, str] = {}
    """Tags of the new version."""

    @abstractmethod
    def register(
        self, client: MlflowClient, name: str, uri: str, run_id: str, tags: dict[str, str]
    ) -> Pinned:
        """Make the saved model at `uri` the next version of the registered model `name`."""
