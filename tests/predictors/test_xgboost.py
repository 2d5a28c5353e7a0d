"""Boosters and their wrappers, as xgboost itself predicts them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from mxt.predictors.xgboost import XgboostPredictor

ROWS = pd.DataFrame(np.random.default_rng(0).normal(size=(120, 3)), columns=list("abc"))
SCORE = ROWS["a"] + ROWS["b"] ** 2


def fitted(kind: type[xgb.XGBModel], target: object, **options: object) -> xgb.XGBModel:
    return kind(n_estimators=4, max_depth=3, n_jobs=1, **options).fit(ROWS, target)


@pytest.mark.parametrize("classes", [2, 3])
def test_labels_and_probabilities_are_the_wrappers_own(classes: int) -> None:
    native = fitted(xgb.XGBClassifier, pd.qcut(SCORE, classes, labels=False))
    predictor = XgboostPredictor(native, [], [*"xyz"[:classes]])
    labels, chances = predictor.labels_and_probabilities(ROWS)
    np.testing.assert_array_equal(labels, np.array([*"xyz"])[native.predict(ROWS)])
    assert chances is not None
    np.testing.assert_allclose(chances, native.predict_proba(ROWS), atol=1e-7)
    assert predictor.outputs == (["y"] if classes == 2 else ["x", "y", "z"])


@pytest.mark.parametrize(
    ("objective", "unit"),
    [("reg:squarederror", "target"), ("count:poisson", "margin"), ("reg:gamma", "margin")],
)
def test_the_link_leads_from_margins_to_predictions(objective: str, unit: str) -> None:
    predictor = XgboostPredictor(fitted(xgb.XGBRegressor, np.exp(SCORE / 4), objective=objective), [], [])
    scores, link = predictor.scores(ROWS), predictor.link
    assert scores.unit == unit
    assert link is not None
    np.testing.assert_allclose(link.apply(scores.values)[:, 0], predictor.run(ROWS), rtol=1e-6)


def test_contributions_add_up_to_the_scores() -> None:
    predictor = XgboostPredictor(fitted(xgb.XGBRegressor, SCORE), [], [])
    own = predictor.contributions(ROWS)
    assert own is not None
    np.testing.assert_allclose(own.values.sum(axis=1) + own.base, predictor.scores(ROWS).values, atol=1e-6)


def test_importances_have_a_place_for_columns_that_no_tree_tests() -> None:
    predictor = XgboostPredictor(fitted(xgb.XGBRegressor, (ROWS["b"] > 0).astype(float)), [], [])
    splits = predictor.importances["split_count"]
    assert splits[1] > 0
    assert splits[[0, 2]].tolist() == [0, 0]
    assert {*predictor.importances} == {"gain", "cover", "split_count"}
