"""Histogram gradient boosting: walked by hand its trees give its own scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
)

from predictors.sklearn.estimators import (
    adversarial,
    categories,
    close,
    gaps,
    numbers,
    predictor_of,
    target,
    trees_of,
)
from predictors.walk import walk


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_histograms_of_a_logarithm_give_margins(loss: str) -> None:
    inputs = gaps()
    predictor = predictor_of(
        HistGradientBoostingRegressor(loss=loss, max_iter=10), inputs, np.exp(target(inputs) / 4)
    )
    assert predictor.scores(inputs).unit == "margin"
    close(predictor, inputs)


@pytest.mark.parametrize("columns", ["from_dtype", ["letter", "size"], ["size"]])
def test_histograms_code_their_own_categories_and_keep_the_order_of_columns(columns: Any) -> None:
    inputs = categories()
    told = inputs if columns != ["size"] else inputs.drop(columns="letter")
    model = HistGradientBoostingRegressor(max_iter=20, categorical_features=columns, min_samples_leaf=5)
    predictor = predictor_of(model, told, target(inputs))
    trees, fresh = trees_of(predictor), categories(seed=1)[told.columns]
    close(predictor, fresh)
    assert (trees.category >= 0).any()
    place = list(told.columns).index("size")
    np.testing.assert_array_equal(predictor.encode(fresh)[:, place], fresh["size"].cat.codes)
    assert [known is None for known in trees.known] == [name not in {"letter", "size"} for name in told]


def test_histograms_read_a_category_not_seen_in_training_as_missing() -> None:
    inputs = categories()
    model = HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=5)
    predictor = predictor_of(model, inputs, target(inputs))
    odd = categories(seed=1).astype({"letter": object})
    odd.loc[:40, "letter"] = "new"
    odd = odd.astype({"letter": "category"})
    close(predictor, odd)
    codes = predictor.encode(odd)
    assert np.isnan(codes[:41, 1]).all()
    trees = trees_of(predictor)
    beyond = np.where(np.isnan(codes), 77.0, codes)  # no code of any category
    beyond[:, [0, *range(2, 6)]] = codes[:, [0, *range(2, 6)]]
    np.testing.assert_array_equal(walk(trees, beyond), walk(trees, codes))


def test_doubles_beside_a_split_take_the_histograms_branch_in_ten_thousand_rows() -> None:
    inputs = numbers()
    predictor = predictor_of(HistGradientBoostingRegressor(max_iter=20), inputs, target(inputs))
    rows = adversarial(trees_of(predictor), 10_000)
    found = walk(trees_of(predictor), predictor.encode(rows))
    np.testing.assert_array_equal(found, predictor.scores(rows).values)
