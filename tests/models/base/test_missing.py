"""Whether a model takes a missing value is seen by what it predicts."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mxt.models import Model
from mxt.models.base.missing import refuses_missing
from mxt.models.xgboost import XgboostRecipe
from mxt.predictors.base.library import predictor_of

TABLE = pd.DataFrame({"a": list("pqrpqrpq"), "b": list("xyxyxyxx")})
GAPS: Any = ["x", "y", None, "x", "y", None, "x", "x"]
GAP = TABLE.assign(b=GAPS)
TARGETS = pd.Series(["no", "yes"] * 4, name="target")


def encoded(table: pd.DataFrame, unknown: str) -> Model:
    encoder = OneHotEncoder(handle_unknown=unknown)
    return Model(predictor_of(make_pipeline(encoder, LogisticRegression()).fit(table, TARGETS), [], []))


@pytest.mark.parametrize(
    ("model", "refused"),
    [
        (encoded(TABLE, "error"), ["a", "b"]),
        (encoded(GAP, "error"), ["a"]),
        (encoded(TABLE, "ignore"), []),
        (XgboostRecipe(trees=2).fit(TABLE, TARGETS), []),
    ],
)
def test_columns_are_named_in_which_a_model_does_not_predict_a_row_without_a_value(
    model: Model, refused: list[str]
) -> None:
    row = TABLE.head(1)
    assert refuses_missing(model, ["a", "b"], row) == refused
    assert row.notna().all(axis=None)


def test_no_column_is_refused_where_none_is_asked_about() -> None:
    none: Any = []
    assert refuses_missing(encoded(TABLE, "error"), none, TABLE.head(1)) == []
