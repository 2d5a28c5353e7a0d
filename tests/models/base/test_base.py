"""What recipes share: fields varied by name, and which columns are texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import ConfigError, DataError
from mxt.models.base import text_names
from mxt.models.xgboost import XgboostRecipe


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"depht": 3}, "XgboostRecipe has no field 'depht'; perhaps 'depth' was meant"),
        ({"zzz": 3}, "XgboostRecipe has no field 'zzz'; it has task, calibration, seed, dates, max_classes"),
        ({"depth": 0}, r"XgboostRecipe cannot take depth: 0 \(Input should be greater than or equal to 1\)"),
        ({"depth": "3"}, r"XgboostRecipe cannot take depth: '3' \(Input should be a valid integer\)"),
        ({"KIND": "RandomForestRecipe"}, "XgboostRecipe has no field 'KIND'"),
    ],
)
def test_a_wrong_field_or_value_is_named(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        XgboostRecipe().varied(values)


def test_numbers_of_numpy_are_numbers() -> None:
    recipe = XgboostRecipe().varied({"depth": np.int64(7), "learning_rate": np.float64(0.5)})
    assert (recipe.depth, recipe.learning_rate) == (7, 0.5)


def test_columns_are_texts_unless_they_hold_numbers_or_booleans() -> None:
    table = pd.DataFrame({"n": [1], "f": [True], "t": ["u"], "c": pd.Categorical(["u"]), "N": pd.array([1])})
    assert text_names(table) == ["t", "c"]


def test_a_regression_on_texts_says_how_they_become_numbers() -> None:
    targets = pd.Series(["1,100", "900", "800"], name="price")
    message = r"needs numbers: 1 of 3 values of price is no number: '9,999'-like; set `thousands: ','`"
    with pytest.raises(DataError, match=message):
        XgboostRecipe(task="regression").check(pd.DataFrame({"a": [1, 2, 3]}), targets)
