"""LightGBM at the end of scikit-learn's pipelines: scores, links and names are those of its own predictor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

import mxt
from mxt.models import Model
from mxt.predictors.base.library import predictor_of

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIONS: dict[str, Any] = {"n_estimators": 10, "min_child_samples": 5, "verbose": -1, "n_jobs": 1}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    found = pd.DataFrame({"some number": rng.normal(size=300), "a text": rng.choice(list("abc"), 300)})
    return found.assign(flag=rng.random(300) < 0.5)


X = table()
NUMBER = X["some number"] + (X["a text"] == "b") + X["flag"]
TWO = (NUMBER > 1).astype(int)
CHECKED = pd.CategoricalDtype(list("cab"))


def encoding(output: str = "default") -> ColumnTransformer:
    made = ColumnTransformer([("text", OrdinalEncoder(), ["a text"])], remainder="passthrough")
    return made.set_output(transform=output)


def with_categories(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.astype({"a text": CHECKED})


def regressor(**options: Any) -> Any:
    return lgb.LGBMRegressor(**OPTIONS, **options)


def classifier(**options: Any) -> Any:
    return lgb.LGBMClassifier(**OPTIONS, **options)


REGRESSIONS: dict[str, Callable[[], Any]] = {
    "arrays of objects": lambda: make_pipeline(encoding(), regressor()),
    "frames with spaces in names": lambda: make_pipeline(encoding("pandas"), regressor()),
    "categories made on the way": lambda: make_pipeline(
        FunctionTransformer(with_categories, feature_names_out="one-to-one"), regressor()
    ),
    "a mean of trees": lambda: make_pipeline(
        encoding(), regressor(boosting_type="rf", bagging_freq=1, bagging_fraction=0.5)
    ),
    "targets squared away": lambda: make_pipeline(encoding(), regressor(reg_sqrt=True)),
}
CLASSIFICATIONS: dict[str, Callable[[], Any]] = {
    "a steep sigmoid": lambda: make_pipeline(encoding(), classifier(sigmoid=2.0)),
    "one class against the others": lambda: make_pipeline(encoding(), classifier(objective="multiclassova")),
    "a calibration of a steep one": lambda: CalibratedClassifierCV(
        make_pipeline(encoding(), classifier(sigmoid=2.0)), ensemble=False, cv=3
    ),
    "a vote of a steep one and another": lambda: VotingClassifier(
        [
            ("a", make_pipeline(encoding(), classifier(sigmoid=2.0))),
            ("b", make_pipeline(encoding(), classifier())),
        ],
        voting="soft",
    ),
}


@pytest.mark.parametrize("name", REGRESSIONS)
def test_a_regression_is_linked_to_its_predictions(name: str) -> None:
    native = REGRESSIONS[name]().fit(X, np.exp(NUMBER))
    link, own = predictor_of(native, [*X.columns], []).link, native.predict(X)
    found = mxt.explain(native, X).explanation
    assert link is not None
    np.testing.assert_allclose(link.apply(found.prediction)[:, 0], own, rtol=1e-10)
    assert found.columns == [*X.columns]


@pytest.mark.parametrize("name", CLASSIFICATIONS)
def test_a_classifiers_probabilities_are_the_pipelines(name: str) -> None:
    target = np.digitize(NUMBER, [0, 1]) if "others" in name else TWO
    native = CLASSIFICATIONS[name]().fit(X, target)
    model = Model(predictor_of(native, [*X.columns], [])).with_background(X.head(50))
    told = model.explain_samples(X)["probability"].to_numpy().reshape(len(X), -1)
    np.testing.assert_allclose(told, native.predict_proba(X)[:, -told.shape[1] :], atol=1e-10)


def test_a_search_around_it_finds_columns_with_spaces() -> None:
    rows = X.drop(columns="a text")
    native = GridSearchCV(regressor(), {"num_leaves": [5]}, cv=2).fit(rows, NUMBER)
    own = native.best_estimator_.predict(rows, pred_contrib=True)[:, :-1]
    np.testing.assert_allclose(mxt.explain(native, rows).values, own, atol=1e-10)
