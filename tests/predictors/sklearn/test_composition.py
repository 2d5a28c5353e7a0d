"""Models made of models: the law of their parts, against the library's own predictions."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge, SGDClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, SplineTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mxt.predictors.base.library import predictor_of
from mxt.predictors.sklearn import SklearnPredictor

if TYPE_CHECKING:
    from collections.abc import Callable


def table(classes: int) -> tuple[pd.DataFrame, pd.Series[Any]]:
    cells, labels = make_classification(
        240, 6, n_informative=5, n_redundant=0, n_classes=classes, random_state=0
    )
    return pd.DataFrame(cells, columns=[*"abcdef"]), pd.Series(labels, dtype="int64")


def numbers() -> tuple[pd.DataFrame, pd.Series[Any]]:
    cells, target = make_regression(240, 6, n_informative=4, noise=5, random_state=0)
    return pd.DataFrame(cells, columns=[*"abcdef"]), pd.Series(np.exp(target / 100))


def linear() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression())


def forest() -> Any:
    return RandomForestClassifier(6, max_depth=4, random_state=0)


def boosted() -> Any:
    return GradientBoostingClassifier(n_estimators=4, max_depth=2)


def votes(**options: Any) -> Any:
    return VotingClassifier([("a", linear()), ("b", forest()), ("c", boosted())], voting="soft", **options)


CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "vote": votes,
    "weighted vote": lambda: votes(weights=[1, 2, 0.5]),
    "vote without one": lambda: votes(weights=[1, 2, 3]).set_params(b="drop"),
    "vote of boosters": lambda: VotingClassifier(
        [("x", xgb.XGBClassifier(n_estimators=4)), ("l", lgb.LGBMClassifier(n_estimators=4, verbose=-1))],
        voting="soft",
    ),
    "vote of votes": lambda: VotingClassifier([("a", votes()), ("b", LogisticRegression())], voting="soft"),
    "bag of lines": lambda: BaggingClassifier(
        LogisticRegression(), 4, max_features=0.5, bootstrap_features=True, random_state=0
    ),
    "bag of trees": lambda: BaggingClassifier(
        DecisionTreeClassifier(max_depth=3), 4, max_features=3, random_state=0
    ),
    "bag of small samples": lambda: BaggingClassifier(
        DecisionTreeClassifier(), 8, max_samples=4, random_state=0
    ),
    "stack": lambda: StackingClassifier([("a", linear()), ("b", forest())], cv=2),
    "stack of margins": lambda: StackingClassifier([("a", LinearSVC()), ("b", SGDClassifier())], cv=2),
    "stack with columns": lambda: StackingClassifier(
        [("a", LinearSVC()), ("b", forest())], LogisticRegression(), cv=2, passthrough=True
    ),
    "stack under a scaled line": lambda: StackingClassifier(
        [("a", linear()), ("b", "drop"), ("c", boosted())],
        make_pipeline(MinMaxScaler(), StandardScaler(), LogisticRegression()),
        cv=2,
    ),
    "sigmoids": lambda: CalibratedClassifierCV(forest(), cv=3),
    "one sigmoid": lambda: CalibratedClassifierCV(votes(), cv=3, ensemble=False),
    "sigmoid of a booster": lambda: CalibratedClassifierCV(
        xgb.XGBClassifier(n_estimators=4), cv=2, ensemble=False
    ),
    "sigmoid of a bag": lambda: CalibratedClassifierCV(BaggingClassifier(forest(), 2), cv=2, ensemble=False),
    "isotonic": lambda: CalibratedClassifierCV(LinearSVC(), cv=3, method="isotonic"),
    "one isotonic": lambda: CalibratedClassifierCV(boosted(), cv=3, method="isotonic", ensemble=False),
    "isotonic of shares": lambda: CalibratedClassifierCV(forest(), cv=3, method="isotonic"),
    "temperature": lambda: CalibratedClassifierCV(linear(), cv=3, method="temperature"),
    "temperature of shares": lambda: CalibratedClassifierCV(forest(), cv=3, method="temperature"),
    "pipeline": lambda: make_pipeline(StandardScaler(), SplineTransformer(3), votes()),
    "search": lambda: GridSearchCV(votes(), {"weights": [[1, 1, 1], [1, 2, 3]]}, cv=2),
}
NOT_SUMS: dict[str, Callable[[], Any]] = {
    "forest": forest,
    "hard vote": lambda: VotingClassifier([("a", linear()), ("b", forest())]),
    "stack under trees": lambda: StackingClassifier([("a", linear()), ("b", forest())], forest(), cv=2),
    "vote with unknown margins": lambda: VotingClassifier(
        [("a", linear()), ("b", SGDClassifier(loss="modified_huber"))], voting="soft"
    ),
    "bag of votes": lambda: BaggingClassifier(LinearSVC(), 3),
    "one against the others": lambda: OneVsRestClassifier(LogisticRegression()),
}
REGRESSORS: dict[str, Callable[[], Any]] = {
    "vote": lambda: VotingRegressor(
        [("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=3))], weights=[1, 3]
    ),
    "bag": lambda: BaggingRegressor(DecisionTreeRegressor(max_depth=3), 4, max_features=3, random_state=0),
    "stack": lambda: StackingRegressor(
        [("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=3))], passthrough=True
    ),
    "scaled target": lambda: TransformedTargetRegressor(Ridge(), transformer=StandardScaler()),
    "log target": lambda: TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp),
    "log1p target": lambda: TransformedTargetRegressor(
        LinearRegression(), func=np.log1p, inverse_func=np.expm1
    ),
    "power target": lambda: TransformedTargetRegressor(Ridge(), transformer=PowerTransformer("box-cox")),
    "vote with a log link": lambda: VotingRegressor(
        [("a", PoissonRegressor()), ("b", HistGradientBoostingRegressor(loss="poisson", max_iter=4))]
    ),
}


def put_together(predictor: SklearnPredictor, inputs: pd.DataFrame) -> np.ndarray:
    """The right side of the law."""
    composition = predictor.parts
    assert composition is not None
    seen = predictor.seen(inputs)
    told = np.zeros((len(inputs), len(composition.intercept))) + composition.intercept
    for part in composition.parts:
        told += part.link.apply(part.predictor.scores(seen).values) @ part.weights
    return told


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_parts_of_a_classifier_make_its_probabilities(name: str, classes: int) -> None:
    inputs, labels = table(classes)
    model = CLASSIFIERS[name]().fit(inputs, labels)
    predictor = SklearnPredictor(model, [])
    scores = predictor.scores(inputs)
    noise = 1e-6 if "booster" in name else 1e-10  # xgboost's float32
    np.testing.assert_allclose(put_together(predictor, inputs), scores.values, atol=noise)
    assert predictor.link is not None
    own = model.predict_proba(inputs)[:, -len(predictor.outputs) :]
    np.testing.assert_allclose(predictor.link.apply(scores.values), own, atol=noise)


@pytest.mark.parametrize("name", REGRESSORS)
def test_the_parts_of_a_regressor_make_its_predictions(name: str) -> None:
    inputs, target = numbers()
    model = REGRESSORS[name]().fit(inputs, target)
    predictor = SklearnPredictor(model, [])
    np.testing.assert_allclose(predictor.scores(inputs).values[:, 0], model.predict(inputs), rtol=1e-12)
    np.testing.assert_allclose(put_together(predictor, inputs)[:, 0], model.predict(inputs), rtol=1e-10)


def test_parts_may_be_trained_on_matrices() -> None:
    inputs, labels = table(2)
    for model in (votes(), CLASSIFIERS["bag of lines"](), CLASSIFIERS["stack with columns"]()):
        predictor = SklearnPredictor(model.fit(inputs.to_numpy(), labels), [*inputs.columns])
        np.testing.assert_allclose(
            put_together(predictor, inputs), predictor.scores(inputs).values, atol=1e-10
        )


def test_a_predictor_can_be_sent_to_another_process() -> None:
    inputs, labels = table(3)
    predictor = SklearnPredictor(CLASSIFIERS["isotonic"]().fit(inputs, labels), [])
    expected = put_together(predictor, inputs)
    sent = pickle.loads(pickle.dumps(predictor))  # noqa: S301 - just made here
    np.testing.assert_array_equal(put_together(sent, inputs), expected)


@pytest.mark.parametrize("objective", ["count:poisson", "reg:gamma", "reg:squarederror"])
def test_the_link_makes_the_predictions_of_a_boosted_regression(objective: str) -> None:
    inputs, target = numbers()
    model = xgb.XGBRegressor(n_estimators=4, objective=objective).fit(inputs, target)
    for predictor in (predictor_of(model, [], []), SklearnPredictor(model, [])):
        assert predictor.link is not None
        told = predictor.link.apply(predictor.scores(inputs).values)[:, 0]
        np.testing.assert_allclose(told, model.predict(inputs), rtol=1e-5)
    odd = xgb.XGBRegressor(objective="reg:logistic").fit(inputs, target > 1)
    assert predictor_of(odd, [], []).link is None


@pytest.mark.parametrize("name", NOT_SUMS)
def test_a_model_that_is_no_sum_of_its_parts_has_none(name: str) -> None:
    inputs, labels = table(2)
    assert SklearnPredictor(NOT_SUMS[name]().fit(inputs, labels), []).parts is None


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "core",
    [
        LogisticRegression(),
        SGDClassifier(loss="log_loss", random_state=0),
        AdaBoostClassifier(n_estimators=4),
        GradientBoostingClassifier(n_estimators=4),
        HistGradientBoostingClassifier(max_iter=4),
        forest(),
        xgb.XGBClassifier(n_estimators=4),
        lgb.LGBMClassifier(n_estimators=4, verbose=-1),
        GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2),
    ],
    ids=lambda core: type(core).__name__,
)
def test_the_link_makes_the_librarys_own_probabilities_of_scores(core: Any, classes: int) -> None:
    inputs, labels = table(classes)
    predictor = SklearnPredictor(FrozenEstimator(core.fit(inputs, labels)), [])
    assert predictor.link is not None
    told = predictor.link.apply(predictor.scores(inputs).values)
    np.testing.assert_allclose(told, core.predict_proba(inputs)[:, -len(predictor.outputs) :], atol=1e-6)


def test_the_links_of_two_classes_that_are_not_logistic_are_known_or_not_told() -> None:
    inputs, labels = table(2)
    exponential = GradientBoostingClassifier(loss="exponential", n_estimators=4).fit(inputs, labels)
    predictor = SklearnPredictor(exponential, [])
    assert predictor.link is not None
    told = predictor.link.apply(predictor.scores(inputs).values)
    np.testing.assert_allclose(told[:, 0], exponential.predict_proba(inputs)[:, 1], atol=1e-12)
    assert predictor.scores(inputs).unit == "margin"
    for core in (SVC(), LinearSVC(), SGDClassifier(loss="modified_huber")):
        assert SklearnPredictor(core.fit(inputs, labels), []).link is None


def test_a_chosen_threshold_keeps_the_scores() -> None:
    inputs, labels = table(2)
    model = FixedThresholdClassifier(LogisticRegression(), threshold=0.3).fit(inputs, labels)
    predictor = SklearnPredictor(model, [])
    np.testing.assert_array_equal(
        predictor.scores(inputs).values[:, 0], model.estimator_.decision_function(inputs)
    )
    assert list(predictor.predict(inputs)["prediction"]) == list(model.predict(inputs))
