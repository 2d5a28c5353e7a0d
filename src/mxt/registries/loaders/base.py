"""The base of all loaders."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mxt.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd

    from mxt.datasets.fitted import FittedRows
    from mxt.models import Model
    from mxt.schemas import InputsSchema


class Loader(Kind, ABC):
    """Loads model versions."""

    @abstractmethod
    def load(self, uri: str) -> Model:
        """The model at a URI such as ``models:/churn/3``.

        Raises:
            ModelError: There is none, it is broken, or its flavour is not known.
        """

    @abstractmethod
    def load_schema(self, uri: str) -> InputsSchema | None:
        """What the model's inputs must look like, without loading the model; None if nobody stored it."""

    @abstractmethod
    def load_background(self, uri: str) -> pd.DataFrame | None:
        """The sample of training inputs stored with the model, if there is one."""

    @abstractmethod
    def load_target(self, uri: str) -> str | None:
        """Name of the column that the model predicts, if it was stored."""

    def load_fitted(self, uri: str) -> FittedRows | None:  # noqa: ARG002 - members that know may answer
        """The record of the rows that the model was fitted to, if one was stored."""
        return None

    def load_truth_schema(self, uri: str, target: str) -> InputsSchema | None:  # noqa: ARG002 - for members
        """Whether a column with the truth holds texts or numbers, as a schema; None if nobody stored it."""
        return None
