"""Functions of a table."""

from __future__ import annotations

import pandas as pd
import pytest

from mxt.errors import ModelError
from mxt.predictors.function import FunctionPredictor


def test_a_function_sees_the_models_columns_in_their_order() -> None:
    predictor = FunctionPredictor(lambda rows: rows.iloc[:, 0] * 100 + rows.iloc[:, 1], ["b", "a"], [])
    table = pd.DataFrame({"a": [1.0], "x": [5.0], "b": [3.0]})
    assert predictor.predict(table)["prediction"].tolist() == [301.0]


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(ModelError, match="A str is not a function of a table"):
        FunctionPredictor("model.pkl", ["a"], [])  # type: ignore[arg-type] # what is refused
