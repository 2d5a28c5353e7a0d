"""Probabilities told by the scores are those of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import catboost
import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mxt.models import Model
from mxt.predictors.base.library import predictor_of

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 400
QUIET = {"verbose": -1, "n_estimators": 8, "n_jobs": 1}
FEW = {"iterations": 8, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
MODELS: dict[str, Callable[[], Any]] = {
    "xgboost": lambda: xgb.XGBClassifier(n_estimators=8),
    "lightgbm": lambda: lgb.LGBMClassifier(**QUIET),
    "lightgbm, another sigmoid": lambda: lgb.LGBMClassifier(**QUIET, sigmoid=0.5),
    "catboost": lambda: catboost.CatBoostClassifier(**FEW),
    "in a pipeline": lambda: make_pipeline(StandardScaler(), xgb.XGBClassifier(n_estimators=8)),
    "calibrated": lambda: CalibratedClassifierCV(GradientBoostingClassifier(n_estimators=8), ensemble=False),
}
MORE_CLASSES: dict[str, Callable[[], Any]] = {
    "xgboost": MODELS["xgboost"],
    "lightgbm": MODELS["lightgbm"],
    "lightgbm, one against all": lambda: lgb.LGBMClassifier(**QUIET, objective="multiclassova"),
    "catboost": MODELS["catboost"],
    "catboost, one against all": lambda: catboost.CatBoostClassifier(
        **FEW, loss_function="MultiClassOneVsAll"
    ),
    "in a pipeline": MODELS["in a pipeline"],
}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    chance = np.random.default_rng(0)
    return pd.DataFrame(chance.normal(size=(ROWS, 4)), columns=list("abcd"))


def told_and_own(table: pd.DataFrame, make: Callable[[], Any], classes: int) -> tuple[Model, pd.Series[Any]]:
    """The model, and the probability in the table of its explanations."""
    score = table["a"] + table["b"] * table["c"]
    fitted = make().fit(table, pd.qcut(score, classes, labels=False))
    model = Model(predictor_of(fitted, [*table.columns], []))
    assert model.predictor.linked
    return model, model.explain_samples(table)["probability"]


@pytest.mark.parametrize("name", MODELS)
def test_the_probability_beside_an_explanation_is_the_librarys_own(name: str, table: pd.DataFrame) -> None:
    model, told = told_and_own(table, MODELS[name], 2)
    own = model.predict_proba(table)
    assert own is not None
    np.testing.assert_allclose(told, own["probability_1"], atol=1e-6)


@pytest.mark.parametrize("name", MORE_CLASSES)
def test_the_probabilities_of_several_classes_are_the_librarys_own(name: str, table: pd.DataFrame) -> None:
    model, told = told_and_own(table, MORE_CLASSES[name], 3)
    own = model.predict_proba(table)
    assert own is not None
    np.testing.assert_allclose(told.to_numpy().reshape(ROWS, 3), own, atol=1e-6)


def test_probabilities_that_are_no_known_function_of_the_scores_are_asked_for(table: pd.DataFrame) -> None:
    fitted = RandomForestClassifier(5, random_state=0).fit(table, table["a"] > 0)
    model = Model(predictor_of(fitted, [*table.columns], []))
    assert not model.predictor.linked
    np.testing.assert_array_equal(
        model.explain_samples(table)["probability"], fitted.predict_proba(table)[:, 1]
    )
