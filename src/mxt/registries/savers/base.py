"""The base of all savers, and the names of the files that stand beside a saved model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mxt.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd

    from mxt.datasets.fitted import FittedRows
    from mxt.models import Model
    from mxt.schemas import InputsSchema

METADATA = "mxt"
SCHEMA_FILE = "inputs_schema.yaml"
BACKGROUND_FILE = "background.parquet"
FITTED_FILE = "fitted_rows.parquet"


class Saver(Kind, ABC):
    """Saves a fitted model."""

    @abstractmethod
    def save(
        self,
        model: Model,
        schema: InputsSchema,
        sample: pd.DataFrame,
        target: str,
        fitted: FittedRows | None = None,
    ) -> str:
        """Save a model within the active run.

        Args:
            model: A fitted model, saved with its background.
            schema: The schema of the model's inputs, saved with it.
            sample: Some inputs from which the signature is inferred; they are not saved.
            target: Name of the column that the model predicts.
            fitted: The record of the rows that it was fitted to, saved with it; None if there is none.

        Returns:
            A URI that a `Register` takes.

        Raises:
            ModelError: The model's library has no form that can be stored.
        """
