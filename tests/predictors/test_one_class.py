"""Classifiers that were fitted to rows of one class: they are sure of it, and so are their explanations."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from interpret.glassbox import ExplainableBoostingClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import mxt
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.predictors.lightgbm import LightgbmPredictor

ROWS = pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0)[::-1] ** 2})


def boosted(**options: Any) -> Any:
    return lgb.LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1, **options)


MODELS: dict[str, Any] = {
    "lightgbm": boosted,
    "lightgbm, steep": lambda: boosted(sigmoid=2.0),
    "lightgbm in a pipeline": lambda: make_pipeline(StandardScaler(), boosted()),
    "xgboost": lambda: xgb.XGBClassifier(n_estimators=3, n_jobs=1),
    "xgboost's forest": lambda: xgb.XGBRFClassifier(n_estimators=3, n_jobs=1),
    "xgboost in a pipeline": lambda: make_pipeline(StandardScaler(), xgb.XGBClassifier(n_estimators=3)),
    "histogram boosting": HistGradientBoostingClassifier,
    "adaptive boosting": AdaBoostClassifier,
    "one tree": DecisionTreeClassifier,
    "forest": lambda: RandomForestClassifier(3),
    "extra trees": lambda: ExtraTreesClassifier(3),
}


@pytest.mark.parametrize("label", [0, 1, "yes"])
@pytest.mark.parametrize("name", MODELS)
def test_the_class_is_as_likely_as_the_library_says(name: str, label: Any) -> None:
    if "xgboost" in name and label != 0:
        pytest.skip("xgboost's own classifier takes no other label than 0 for one class")
    native = MODELS[name]().fit(ROWS, np.array([label] * len(ROWS)))
    model = Model(predictor_of(native, ["a", "b"], []))
    own = native.predict_proba(ROWS)[:, 0]
    np.testing.assert_allclose(model.predict(ROWS)[f"probability_{label}"], own, rtol=0, atol=2e-8)
    chances = model.predictor.probabilities(ROWS)
    assert chances is not None
    assert chances.shape == (60, 1)
    found = mxt.explain(native, ROWS).explanation
    assert found.outputs == [str(label)]
    assert (found.values == 0).all()
    link = model.predictor.link
    assert link is not None
    np.testing.assert_allclose(link.apply(found.prediction)[:, 0], own, rtol=0, atol=1e-7)


def test_the_odds_are_for_the_class_and_not_against_it() -> None:
    found = mxt.explain(boosted().fit(ROWS, np.ones(60, int)), ROWS).explanation
    assert found.unit == "log-odds"
    np.testing.assert_allclose(found.base, np.log(1e15), rtol=1e-6)


def test_a_margin_without_chances_is_for_the_class_too() -> None:
    native = RidgeClassifier().fit(ROWS, ["yes"] * 60)
    found = mxt.explain(native, ROWS, background=ROWS).explanation
    np.testing.assert_allclose(found.prediction[:, 0], 1)


def test_a_booster_that_comes_back_from_a_file_knows_its_class() -> None:
    native = boosted().fit(ROWS, ["yes"] * 60)
    again = lgb.Booster(model_str=native.booster_.model_to_string())
    made = LightgbmPredictor(again, [], ["yes"])
    assert (made.scores(ROWS).values > 34).all()
    assert made.predict(ROWS)["probability_yes"].min() > 1 - 1e-12


def test_a_booster_of_positive_rows_alone_has_the_margins_that_xgboost_gives() -> None:
    booster = xgb.train({"objective": "binary:logistic"}, xgb.DMatrix(ROWS, np.ones(60)), 2)
    found = mxt.explain(booster, ROWS).explanation
    own = booster.predict(xgb.DMatrix(ROWS), output_margin=True)
    np.testing.assert_allclose(found.bases[:, 0] + found.values[:, :, 0].sum(axis=1), own, rtol=1e-6)


def test_infinite_odds_are_refused_in_plain_words() -> None:
    native = ExplainableBoostingClassifier(interactions=0, max_rounds=5).fit(ROWS, np.zeros(60, int))
    with pytest.raises(mxt.errors.ModelError, match="scores of 60 of 60 rows are not finite numbers"):
        mxt.explain(native, ROWS)


@pytest.mark.parametrize("share", [1e-7, 1e-6, 1e-5, 0.3, 0.999, 1 - 1e-5])
def test_xgboosts_base_is_read_as_xgboost_does(share: float) -> None:
    options = {"objective": "binary:logistic", "base_score": share, "learning_rate": 0.0}
    booster = xgb.train(options, xgb.DMatrix(ROWS, np.arange(60) % 2), 1)
    trees = predictor_of(booster, [], []).trees
    assert trees is not None
    own = booster.predict(xgb.DMatrix(ROWS), output_margin=True)
    np.testing.assert_allclose(trees.base, own[0], rtol=1e-6)
