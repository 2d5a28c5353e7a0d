"""The categories that encoders know, where they refuse all others."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from mxt.errors import ModelError
from mxt.predictors.base.library import predictor_of

TABLE = pd.DataFrame({"text": list("pqrpqr"), "other": list("xyxyxx"), "number": range(6)})
TARGETS = [0, 1] * 3
ALL = {"text": ["p", "q", "r"], "other": ["x", "y"]}


def by_column(encoder: Any, *more: Any) -> Any:
    return ColumnTransformer(
        [("texts", encoder, ["text", "other"]), ("numbers", StandardScaler(), [2]), *more]
    )


@pytest.mark.parametrize(
    ("steps", "known"),
    [
        ([by_column(OneHotEncoder())], ALL),
        ([by_column(OrdinalEncoder())], ALL),
        ([by_column(make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()))], ALL),
        ([by_column(OneHotEncoder(handle_unknown="ignore"))], {}),
        ([ColumnTransformer([("one", OneHotEncoder(), ["text"])])], {"text": ALL["text"]}),
    ],
)
def test_categories_are_known_by_source_column(steps: list[Any], known: dict[str, list[str]]) -> None:
    predictor = predictor_of(make_pipeline(*steps, LogisticRegression()).fit(TABLE, TARGETS), [], [])
    assert {name: [*values] for name, values in predictor.categories.items()} == known
    for name in ("text", "other"):
        new = TABLE.assign(**{name: "new"})
        if name in known:
            with pytest.raises(ModelError):
                predictor.predict(new)
        else:
            predictor.predict(new)


def test_numbers_that_are_scaled_have_no_categories() -> None:
    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(TABLE[["number"]], TARGETS)
    assert predictor_of(scaled, [], []).categories == {}
