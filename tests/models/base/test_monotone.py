"""Columns with which predictions may only rise or fall: which can be named, and where the signs stand."""

from __future__ import annotations

import pandas as pd
import pytest

from mxt.errors import ConfigError
from mxt.models.base.monotone import constraints
from mxt.models.base.preparing import prepare
from mxt.models.xgboost import XgboostRecipe

TABLE = pd.DataFrame(
    {
        "age [y]": [30, 40, 50],
        "empty": [None] * 3,
        "flag": [True, False, True],
        "plan": ["u", "v", "u"],
        "tier": pd.Categorical([1, 2, 1]),
        "since": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"]),
        "debt": [1.5, 2.5, 0.5],
    }
)
PREPARED = prepare(XgboostRecipe(dates="parts"), TABLE, pd.Series([0, 1, 0]), refused="[]<")


def test_each_prepared_column_has_the_sign_of_its_source() -> None:
    signs = constraints({"age [y]": "increasing", "debt": "decreasing", "empty": "increasing"}, PREPARED)
    assert dict(zip(PREPARED.inputs.columns, signs, strict=True)) == {
        "age _y_": 1,
        "flag": 0,
        "plan": 0,
        "tier": 0,
        **dict.fromkeys(["since year", "since month", "since weekday", "since elapsed"], 0),
        "debt": -1,
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("depts", "the model has no column 'depts'; perhaps 'debt' was meant"),
        ("xyz", "the model has no column 'xyz'; there are age"),
        ("plan", "the column 'plan' holds texts, which have no order"),
        ("tier", "the column 'tier' holds categories, which have no order"),
        ("since", "the column 'since' holds times, which have no order"),
    ],
)
def test_a_column_without_an_order_is_refused(name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        constraints({name: "increasing"}, PREPARED)
