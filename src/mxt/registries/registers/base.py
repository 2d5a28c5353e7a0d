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
        """Make a saved model the next version of a registered model.

        Args:
            client: A client of the registry.
            name: The registered model, which is made if it does not exist.
            uri: The saved model, as a `Saver` returned it.
            run_id: The run that trained it.
            tags: Tags of the new version, which win over the register's own.

        Returns:
            The new version.
        """
