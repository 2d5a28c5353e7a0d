"""A table of columns of all types, and a forest of three classes on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from importances.curves import additive
from mxt.predictors.sklearn import SklearnPredictor

CHANCE = np.random.default_rng(0)


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    rows = 300
    return pd.DataFrame(
        {
            "x": CHANCE.normal(size=rows),
            "count": CHANCE.integers(0, 4, rows),
            "flag": CHANCE.random(rows) < 0.3,
            "kind": CHANCE.choice(["a", "b", "c"], rows),
            "size": pd.Categorical(CHANCE.choice(["S", "M", "L"], rows), ["S", "M", "L"], ordered=True),
            "maybe": pd.Series(CHANCE.integers(0, 9, rows), dtype="Int64").mask(CHANCE.random(rows) < 0.2),
            "text": pd.Series(CHANCE.choice(["u", "v"], rows), dtype="string").mask(
                CHANCE.random(rows) < 0.1
            ),
        },
    ).set_index(pd.Index([f"id-{row}" for row in range(rows)]))


@pytest.fixture(scope="module")
def forest(mixed: pd.DataFrame) -> tuple[SklearnPredictor, pd.DataFrame]:
    inputs = mixed[["x", "count", "flag", "kind"]]
    target = pd.qcut(additive(mixed), 3, labels=["low", "mid", "top"]).astype(str)
    encoding = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    native = make_pipeline(encoding, RandomForestClassifier(20, max_depth=5, random_state=0))
    return SklearnPredictor(native.fit(inputs, target), []), inputs
