"""Which columns a model refuses a missing value in, by its predictions for a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import MxtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mxt.models.base.model import Model


def refuses_missing(model: Model, columns: Sequence[str], row: pd.DataFrame) -> list[str]:
    """The columns in which the model does not predict a row with a missing value.

    Args:
        model: A fitted model.
        columns: Some of its columns.
        row: A row that it predicts.
    """
    if _predicts(model, row, columns):
        return []
    return [name for name in columns if not _predicts(model, row, [name])]


def _predicts(model: Model, row: pd.DataFrame, columns: Sequence[str]) -> bool:
    import numpy as np

    without = row.copy(deep=False)
    for name in columns:
        without[name] = row[name].mask(np.ones(len(row), dtype=bool))
    try:
        predictions = model.predict(without)
    except MxtError:
        return False
    return bool(predictions.notna().all(axis=None))
