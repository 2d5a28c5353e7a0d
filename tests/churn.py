"""A small churn table for tests of models: numbers, texts, a boolean, missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from conftest import REPOSITORY
from mxt.datasets.readers.csv import CsvReader

if TYPE_CHECKING:
    from typing import Any


class Churn(NamedTuple):
    """Inputs and targets, indexed by customerID."""

    inputs: pd.DataFrame
    targets: pd.Series[Any]


def churn(rows: int = 600) -> Churn:
    """The first rows of the shipped table."""
    path = str(REPOSITORY / "data" / "churn.csv")
    table = CsvReader(path=path, id_column="customerID", missing=("", " "), limit=rows).read()
    inputs = table.drop(columns=["Churn", "variant"]).assign(paperless=table["PaperlessBilling"] == "Yes")
    inputs.loc[inputs.index[:9], "TotalCharges"] = float("nan")
    return Churn(inputs, table["Churn"])
