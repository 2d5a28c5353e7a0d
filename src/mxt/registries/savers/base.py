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
        """Save `model` within the active run and return its URI.

        Args:
            model: A fitted model; its background is saved with it.
            schema: What the model's inputs must look like, saved with it.
            sample: Some inputs, to tell the signature by; they are not saved.
            target: Name of the column that the model predicts.
            fitted: The rows that it was fitted to, saved with it; None if nobody recorded them.
        """
