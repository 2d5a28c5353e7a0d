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
            ModelError: There is no such version, it is broken, or its flavour is not known.
        """

    @abstractmethod
    def load_schema(self, uri: str) -> InputsSchema | None:
        """The schema of the model's inputs, without loading the model; None if none was stored."""

    @abstractmethod
    def load_background(self, uri: str) -> pd.DataFrame | None:
        """The sample of training inputs that was stored with the model; None if none was."""

    @abstractmethod
    def load_target(self, uri: str) -> str | None:
        """Name of the column that the model predicts; None if none was stored."""

    def load_fitted(self, uri: str) -> FittedRows | None:
        """The record of the rows that the model was fitted to; None if none was stored."""
        del uri
        return None

    def load_truth_schema(self, uri: str, target: str) -> InputsSchema | None:
        """The schema of a column with the truth, which holds texts or numbers; None if none was stored."""
        del uri, target
        return None
