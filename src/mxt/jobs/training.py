"""Training: from a table to a registered model version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.jobs.base.fitting import Choice, FittingJob

if TYPE_CHECKING:
    import pandas as pd


class TrainingJob(FittingJob):
    """Reads a table, splits it, fits a recipe, scores it on the held-out part, and registers the model.

    The schema of the inputs, a sample of them and the fingerprint of the whole table are stored with
    the version. The rows' order in the source does not matter.

    Example:
        KIND: TrainingJob
        inputs: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        target: Churn
        splitter: {KIND: StratifiedSplitter}
        recipe: {KIND: XgboostRecipe, calibration: sigmoid}
        alias: Challenger
    """

    KIND: Literal["TrainingJob"] = "TrainingJob"

    def choose(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Choice:  # noqa: ARG002 - there is no choice
        return Choice(self.recipe)
