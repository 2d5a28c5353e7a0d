"""Explanations of models made of models, of margins in probabilities, and the choice between explainers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import catboost
import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import shap
import xgboost as xgb
from pydantic import TypeAdapter
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor

from mxt.errors import ModelError
from mxt.explainers.auto import AutoExplainer
from mxt.explainers.composite import CompositeExplainer
from mxt.explainers.linear import LinearExplainer
from mxt.explainers.permutation import PermutationExplainer
from mxt.explainers.tree import TreeExplainer
from mxt.predictors.sklearn import SklearnPredictor

if TYPE_CHECKING:
    from collections.abc import Callable

CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame(
    CHANCE.normal(size=(150, 5)), columns=[*"abcde"], index=pd.Index(range(900, 1050), name="row")
)
NUMBER = INPUTS["a"] * 3 - INPUTS["b"] * INPUTS["c"] + CHANCE.normal(size=150) / 5
SHOWN = INPUTS.tail(30)


def labels(classes: int) -> pd.Series[Any]:
    return pd.Series(pd.qcut(NUMBER, classes, labels=False), dtype="int64")


def predictor(model: Any, target: pd.Series[Any]) -> SklearnPredictor:
    return SklearnPredictor(model.fit(INPUTS, target), [])


def forest() -> Any:
    return RandomForestClassifier(5, max_depth=4, random_state=0)


def by_shap(tree: Any, inputs: pd.DataFrame) -> np.ndarray:
    return np.asarray(shap.TreeExplainer(tree).shap_values(inputs.to_numpy()))


BOOSTERS: dict[str, Callable[[], Any]] = {
    "xgboost": lambda: xgb.XGBClassifier(n_estimators=4, max_depth=2, n_jobs=1),
    "LightGBM": lambda: lgb.LGBMClassifier(n_estimators=4, num_leaves=4, n_jobs=1, verbose=-1),
    "CatBoost": lambda: catboost.CatBoostClassifier(
        iterations=4, depth=2, thread_count=1, verbose=0, allow_writing_files=False
    ),
    "scikit-learn": lambda: GradientBoostingClassifier(n_estimators=4, max_depth=2, random_state=0),
}


@pytest.mark.parametrize("ensemble", [True, False])
@pytest.mark.parametrize(("method", "classes"), [("sigmoid", 2), ("isotonic", 3)])
@pytest.mark.parametrize("name", BOOSTERS)
def test_a_calibrated_booster_is_explained_in_the_unit_that_the_documentation_names(
    *, name: str, method: str, classes: int, ensemble: bool
) -> None:
    model = CalibratedClassifierCV(BOOSTERS[name](), method=method, ensemble=ensemble, cv=3)
    found = SklearnPredictor(model.fit(INPUTS, labels(classes)), [*INPUTS])
    explanation = AutoExplainer().explain(found, SHOWN, None)
    folded = (name, method, ensemble) == ("scikit-learn", "sigmoid", False)
    assert explanation.unit == ("log-odds" if folded else "probability")
    chances = model.predict_proba(SHOWN)[:, -len(found.outputs) :]
    scores = np.log(chances / (1 - chances)) if folded else chances
    np.testing.assert_allclose(explanation.base + explanation.totals, scores, atol=1e-5)


def test_a_vote_is_the_weighted_mean_of_its_voters_shap_values() -> None:
    voters = [("a", DecisionTreeRegressor(max_depth=4)), ("b", RandomForestRegressor(4, max_depth=3))]
    found = predictor(VotingRegressor(voters, weights=[1, 3]), NUMBER)
    explanation = CompositeExplainer().explain(found, SHOWN, None)
    one, other = (by_shap(voter, SHOWN) for voter in found.native.estimators_)
    np.testing.assert_allclose(explanation.values[:, :, 0], 0.25 * one + 0.75 * other, atol=1e-12)
    np.testing.assert_allclose(explanation.residual, 0, atol=1e-12)
    assert explanation.ids.equals(SHOWN.index)
    assert explanation.unit == "target"


def test_a_bag_over_some_columns_gives_each_its_own_shap_values() -> None:
    bag = BaggingRegressor(
        DecisionTreeRegressor(max_depth=4), 6, max_features=3, bootstrap_features=True, random_state=1
    )
    found = predictor(bag, NUMBER)
    by_hand = np.zeros((len(SHOWN), 5))
    for tree, features in zip(bag.estimators_, bag.estimators_features_, strict=True):
        values = by_shap(tree, SHOWN.iloc[:, features])
        for place, feature in enumerate(features):
            by_hand[:, feature] += values[:, place] / 6
    explanation = AutoExplainer().explain(found, SHOWN, None).checked()
    np.testing.assert_allclose(explanation.values[:, :, 0], by_hand, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"passthrough": True}])
def test_a_stack_of_lines_is_a_line(options: dict[str, bool]) -> None:
    lines = [("a", make_pipeline(StandardScaler(), Ridge(5))), ("b", LinearRegression())]
    last = make_pipeline(StandardScaler(), Ridge())
    found = predictor(StackingRegressor(lines, last, cv=2, **options), NUMBER)
    origin = pd.DataFrame(np.vstack([np.zeros(5), np.eye(5)]), columns=INPUTS.columns)
    told = found.scores(origin).values[:, 0]
    explanation = CompositeExplainer(parts=LinearExplainer()).explain(found, SHOWN, INPUTS)
    by_hand = (SHOWN - INPUTS.mean()) * (told[1:] - told[0])
    np.testing.assert_allclose(explanation.values[:, :, 0], by_hand, atol=1e-9)
    assert explanation.base[0] == pytest.approx(found.scores(INPUTS).values.mean(), abs=1e-9)


def test_a_calibration_scales_each_margins_contributions_by_the_calibrators_secant() -> None:
    found = predictor(CalibratedClassifierCV(LinearSVC(), method="isotonic", cv=3), labels(2))
    explanation = CompositeExplainer().explain(found, SHOWN, INPUTS)
    by_hand = np.zeros((len(SHOWN), 5))
    for part in found.native.calibrated_classifiers_:
        line, calibrator = part.estimator, part.calibrators[0]
        end, start = line.decision_function(SHOWN), line.decision_function(INPUTS).mean()
        secant = (calibrator.predict(end) - calibrator.predict([start])) / (end - start)
        by_hand += ((SHOWN - INPUTS.mean()) * line.coef_[0]).mul(secant, axis=0).to_numpy() / 3
    np.testing.assert_allclose(explanation.values[:, :, 0], by_hand, atol=1e-9)
    assert explanation.unit == "probability"


def test_a_target_that_was_scaled_is_scaled_back() -> None:
    plain = predictor(LinearRegression(), NUMBER)
    scaled = predictor(TransformedTargetRegressor(LinearRegression(), transformer=StandardScaler()), NUMBER)
    expected = LinearExplainer().explain(plain, SHOWN, INPUTS)
    explanation = AutoExplainer().explain(scaled, SHOWN, INPUTS)
    np.testing.assert_allclose(explanation.values, expected.values, atol=1e-10)
    np.testing.assert_allclose(explanation.base, expected.base, atol=1e-10)


COMPOSED: dict[str, Callable[[], Any]] = {
    "vote": lambda: VotingClassifier(
        [("a", LogisticRegression()), ("b", forest())], voting="soft", weights=[1, 2]
    ),
    "bag": lambda: BaggingClassifier(LogisticRegression(), 3, max_features=0.6, random_state=0),
    "stack": lambda: StackingClassifier([("a", LogisticRegression()), ("b", forest())], cv=2),
    "stack with columns": lambda: StackingClassifier(
        [("a", LinearSVC()), ("b", forest())], LogisticRegression(), cv=2, passthrough=True
    ),
    "sigmoids": lambda: CalibratedClassifierCV(forest(), cv=2),
    "isotonic": lambda: CalibratedClassifierCV(forest(), cv=2, method="isotonic"),
    "one sigmoid of a vote": lambda: CalibratedClassifierCV(COMPOSED["vote"](), cv=2, ensemble=False),
    "vote of stacks": lambda: VotingClassifier(
        [("a", COMPOSED["stack"]()), ("b", COMPOSED["isotonic"]()), ("c", COMPOSED["bag"]())], voting="soft"
    ),
    "encoded": lambda: make_pipeline(KBinsDiscretizer(4), COMPOSED["stack with columns"]()),
    "encoded inside": lambda: VotingClassifier(
        [("a", make_pipeline(KBinsDiscretizer(3), LogisticRegression())), ("b", forest())], voting="soft"
    ),
}


@pytest.mark.parametrize("unit", ["margin", "probability"])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", COMPOSED)
def test_compositions_add_up_to_the_last_digits(name: str, classes: int, unit: Any) -> None:
    found = predictor(COMPOSED[name](), labels(classes))
    assert CompositeExplainer().serves(found)
    explanation = AutoExplainer(unit=unit).explain(found, SHOWN, INPUTS)
    assert np.abs(explanation.residual).max() < 1e-9
    assert explanation.values.shape == (30, 5, 1 if classes == 2 else 3)
    assert "cheapest exact" in explanation.reason
    if unit == "probability":
        own = found.native.predict_proba(SHOWN)
        assert explanation.unit == "probability"
        np.testing.assert_array_equal(explanation.prediction, own[:, -explanation.values.shape[2] :])


def test_parts_must_be_explained_exactly() -> None:
    found = predictor(COMPOSED["vote"](), labels(2))
    for parts in (PermutationExplainer(), AutoExplainer(sampling=True), TreeExplainer()):
        explainer = CompositeExplainer(parts=parts)
        assert not explainer.serves(found)
        with pytest.raises(ModelError, match="CompositeExplainer does not serve a VotingClassifier"):
            explainer.explain(found, SHOWN, INPUTS)
    trees = predictor(VotingClassifier([("a", forest()), ("b", forest())], voting="soft"), labels(2))
    assert CompositeExplainer(parts=TreeExplainer()).serves(trees)


def test_a_config_names_how_parts_are_explained() -> None:
    inner = '{"KIND": "CompositeExplainer", "parts": {"KIND": "TreeExplainer"}}'
    config = f'{{"KIND": "CompositeExplainer", "parts": {inner}}}'
    explainer = TypeAdapter(CompositeExplainer).validate_json(config)
    assert isinstance(explainer.parts, CompositeExplainer)
    assert explainer.parts.parts == TreeExplainer()
    assert isinstance(CompositeExplainer().parts, AutoExplainer)


def test_texts_and_numbers_fold_back_through_parts() -> None:
    inputs = INPUTS.assign(kind=CHANCE.choice(["x", "y", "z"], len(INPUTS)))
    encoded = make_column_transformer((KBinsDiscretizer(3), ["a", "b"]), (StandardScaler(), ["c"]))
    vote = VotingClassifier(
        [("a", make_pipeline(encoded, LogisticRegression())), ("b", make_pipeline(encoded, forest()))],
        voting="soft",
    )
    found = SklearnPredictor(vote.fit(inputs, labels(2)), [])
    explanation = AutoExplainer().explain(found, inputs.head(20), inputs).checked()
    used = np.abs(explanation.values).max(axis=(0, 2)) > 0
    assert dict(zip(explanation.columns, used, strict=True)) == {name: str(name) in "abc" for name in inputs}
