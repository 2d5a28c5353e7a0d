"""Tables as xgboost's trees take them: numbers of any type, and categories by name or by code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from mxt.errors import ModelError
from mxt.predictors.xgboost import XgboostPredictor

if TYPE_CHECKING:
    from collections.abc import Callable

from predictors.xgboost.boosters import LETTERS, NUMBERS, boosted, close, own_margins, signal, table

REORDERED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "in another order": lambda rows: rows.assign(letter=rows["letter"].cat.reorder_categories(LETTERS[::-1])),
    "as texts": lambda rows: rows.assign(letter=rows["letter"].astype("str")),
    "as objects": lambda rows: rows.assign(
        letter=rows["letter"].astype(object), size=rows["size"].astype(int)
    ),
    "with one that no row has": lambda rows: rows.assign(letter=rows["letter"].cat.add_categories(["new"])),
    "only some": lambda rows: rows.assign(letter=rows["letter"].cat.remove_unused_categories()),
}


@pytest.mark.parametrize("name", REORDERED)
def test_categories_are_known_by_name_however_they_come(name: str) -> None:
    predictor, rows = boosted({}), table(seed=1).head(40)
    codes = predictor.encode(rows)
    np.testing.assert_array_equal(predictor.encode(REORDERED[name](rows)), codes)
    np.testing.assert_array_equal(
        codes[:, 1], np.where(rows["letter"].isna(), np.nan, rows["letter"].cat.codes)
    )
    close(predictor, REORDERED[name](rows), own_margins(predictor, rows))


def test_a_category_not_seen_in_training_is_refused_without_being_named() -> None:
    predictor, rows = boosted({}), table(seed=1).astype({"letter": object})
    rows.loc[[3, 4, 5], "letter"] = ["new", "new", "other"]
    with pytest.raises(ModelError, match="'letter' holds 2 categories that") as told:
        predictor.encode(rows)
    assert "new" not in str(told.value)


def test_a_category_not_seen_in_training_is_missing_in_columns_that_are_open() -> None:
    closed, missing = boosted({}), table(seed=1)
    predictor, rows = closed.opened(["letter"]), missing.astype({"letter": object})
    rows.loc[[3, 4, 5], "letter"], missing.loc[[3, 4, 5], "letter"] = "new", None
    close(predictor, rows, own_margins(predictor, missing))
    with pytest.raises(ModelError):
        closed.encode(rows)


def test_values_that_the_booster_knows_are_listed_for_columns_that_are_not_open() -> None:
    predictor = boosted({})
    assert {name: [*known] for name, known in predictor.categories.items()} == {
        "letter": LETTERS,
        "size": [3, 7, 11],
    }
    assert [*predictor.opened(["letter"]).categories] == ["size"]


def test_codes_of_a_booster_without_names_are_read_as_xgboost_reads_them() -> None:
    random = np.random.default_rng(0)
    matrix = np.column_stack([random.normal(size=400), random.integers(0, 9, 400)])
    train = xgb.DMatrix(
        matrix,
        matrix[:, 1] % 3,
        feature_names=["x", "kind"],
        feature_types=["float", "c"],
        enable_categorical=True,
    )
    booster = xgb.train({"max_depth": 4, "max_cat_to_onehot": 2}, train, 5)
    predictor = XgboostPredictor(booster, [], [])
    odd = np.array([0, 3, 8, 9, 40, 3.7, -0.5, -1, -7, 2.0**24, 1e9, np.nan])
    rows = pd.DataFrame({"x": 0.1, "kind": odd})
    own = booster.predict(xgb.DMatrix(rows, feature_types=["float", "c"], enable_categorical=True))
    close(predictor, rows, own.reshape(-1, 1))
    coded = pd.DataFrame({"x": 0.1, "kind": pd.Categorical.from_codes([1, 2, -1], pd.Index(range(9)))})
    np.testing.assert_array_equal(predictor.encode(coded)[:, 1], [1, 2, np.nan])
    with pytest.raises(ModelError, match="takes numbers in the column 'kind'"):
        predictor.encode(rows.assign(kind="three"))


@pytest.mark.parametrize("kind", ["float32", "Float64", "int64", "Int64", "bool", "boolean"])
def test_numbers_of_any_type_are_encoded(kind: Any) -> None:
    predictor = boosted({}, names=NUMBERS)
    rows = pd.DataFrame(dict.fromkeys(NUMBERS, pd.Series([1, 0, 1]).astype(kind)))
    if kind[0] in "FIb" and kind != "bool":
        rows.loc[1, "b"] = pd.NA
    expected = rows.to_numpy(dtype=np.float32, na_value=np.nan)
    np.testing.assert_array_equal(predictor.encode(rows), expected)
    close(predictor, rows, own_margins(predictor, rows))


@pytest.mark.parametrize("column", [["x", "y"], pd.to_datetime(["2020-01-01", "2021-01-01"]), [1j, 2j]])
def test_what_is_no_number_is_refused(column: Any) -> None:
    predictor = boosted({}, names=NUMBERS)
    rows = pd.DataFrame(np.zeros((2, 4)), columns=NUMBERS).assign(c=column)
    with pytest.raises(ModelError, match="takes numbers in the column 'c'"):
        predictor.scores(rows)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39])
def test_infinite_values_are_refused(value: float) -> None:
    predictor = boosted({}, names=NUMBERS)
    with pytest.raises(ModelError, match="infinite values"):
        predictor.scores(pd.DataFrame([[0, 1, value, 2]], columns=NUMBERS))


def test_a_number_that_stands_for_missing_is_missing() -> None:
    inputs = table()[NUMBERS].fillna(-1.0)
    model = xgb.XGBRegressor(n_estimators=5, max_depth=4, missing=-1.0, n_jobs=1).fit(inputs, signal(table()))
    predictor = XgboostPredictor(model, [], [])
    assert np.isnan(predictor.encode(inputs)).sum() == (inputs == -1).to_numpy().sum() > 0
    close(predictor, inputs, model.predict(inputs).reshape(-1, 1))
