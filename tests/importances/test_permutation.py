"""Permutation importance: a known answer, scikit-learn's own, and who may ask for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.metrics import log_loss
from sklearn.svm import LinearSVC

from contracts.stores import CANARY
from mxt.errors import DataError
from mxt.importances.base import Basis
from mxt.importances.permutation import PermutationImportance
from mxt.metrics.sklearn import SklearnMetric
from mxt.predictors.sklearn import SklearnPredictor

CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame(CHANCE.normal(size=(400, 3)), columns=["a", "b", "c"]).set_index(
    pd.Index([f"id-{row}" for row in range(400)])
)
NUMBERS = 2 * INPUTS["a"] - INPUTS["b"] + CHANCE.normal(size=400)
CLASSES = pd.Series(pd.qcut(NUMBERS, 3, labels=["low", "mid", "top"]).astype(str), INPUTS.index)


def table(
    importance: PermutationImportance, native: Any, targets: pd.Series[Any], inputs: pd.DataFrame = INPUTS
) -> pd.DataFrame:
    found = importance.measure(Basis(SklearnPredictor(native, []), inputs, targets=targets)).table
    assert found is not None
    return found


@pytest.fixture(scope="module")
def line() -> Any:
    return LinearRegression().fit(INPUTS, NUMBERS)


@pytest.fixture(scope="module")
def forest() -> Any:
    return RandomForestClassifier(20, max_depth=4, random_state=0).fit(INPUTS, CLASSES)


def test_a_line_loses_twice_the_square_of_its_slope_times_the_variance(line: Any) -> None:
    found = table(PermutationImportance(repeats=40), line, NUMBERS).set_index("feature")
    residual = NUMBERS - line.predict(INPUTS)
    for column, slope in zip(["a", "b", "c"], line.coef_, strict=True):
        cells = INPUTS[column]
        exact = 2 * slope**2 * cells.var() + 2 * slope * residual.cov(cells)
        assert found.loc[column, "importance"] == pytest.approx(exact, rel=0.05, abs=0.01)
        assert found.loc[column, "ci_low"] <= exact <= found.loc[column, "ci_high"]
    assert set(found["unit"]) == {"squared error"}
    assert set(found["n"]) == {400}


def test_it_agrees_with_scikit_learn(forest: Any) -> None:
    own = table(PermutationImportance(repeats=30), forest, CLASSES)
    oracle = permutation_importance(
        forest, INPUTS, CLASSES, scoring="neg_log_loss", n_repeats=30, random_state=0
    )
    found = own[own["class"].isna()].set_index("feature").loc[[*INPUTS], "importance"]
    noise = 4 * np.sqrt(2 / 30) * oracle.importances_std
    assert (np.abs(found - oracle.importances_mean) <= noise).all()


def test_one_shuffle_is_scored_as_scikit_learn_scores_it(forest: Any) -> None:
    importance = PermutationImportance(repeats=2)
    own = table(importance, forest, CLASSES)
    from mxt.importances.permutation import _cycle

    order = INPUTS.index
    losses = []
    for repeat in range(2):
        givers = _cycle(order, repeat, 0)
        assert sorted(givers) == [*range(400)]
        assert (givers != np.arange(400)).all()
        shuffled = INPUTS.assign(a=INPUTS["a"].to_numpy()[givers])
        losses.append(log_loss(CLASSES, forest.predict_proba(shuffled)))
    by_hand = np.mean(losses) - log_loss(CLASSES, forest.predict_proba(INPUTS))
    found = own[own["class"].isna()].set_index("feature").loc["a", "importance"]
    assert found == pytest.approx(by_hand, rel=1e-9)


def test_each_of_several_classes_is_told_against_the_rest(forest: Any) -> None:
    found = table(PermutationImportance(), forest, CLASSES)
    assert found["class"].isna().sum() == 3
    assert {*found["class"].dropna()} == {"low", "mid", "top"}
    leading = found[found["rank"] == 1]
    assert set(leading["feature"]) == {"a"}


def test_two_classes_have_one_loss() -> None:
    yes = (NUMBERS > 0).map({True: "Yes", False: "No"})
    native = RandomForestClassifier(5, random_state=0).fit(INPUTS, yes)
    found = table(PermutationImportance(), native, yes)
    assert len(found) == 3
    assert found["class"].isna().all()


def test_a_classifier_without_probabilities_loses_right_labels() -> None:
    found = table(PermutationImportance(), LinearSVC().fit(INPUTS, CLASSES), CLASSES)
    assert set(found["unit"]) == {"share of wrong labels"}
    assert found.iloc[0]["feature"] == "a"


def test_any_metric_may_be_spoilt(forest: Any) -> None:
    metric = SklearnMetric(name="accuracy")
    found = table(PermutationImportance(metric=metric, repeats=20), forest, CLASSES).set_index("feature")
    oracle = permutation_importance(forest, INPUTS, CLASSES, scoring="accuracy", n_repeats=20, random_state=0)
    noise = 4 * np.sqrt(2 / 20) * oracle.importances_std
    assert (np.abs(found.loc[[*INPUTS], "importance"] - oracle.importances_mean) <= noise).all()
    assert set(found["method"]) == {"permutation_accuracy"}
    assert (found["ci_low"] < found["importance"]).all()


def test_importances_do_not_depend_on_the_order_of_rows_but_on_the_seed(forest: Any) -> None:
    one = table(PermutationImportance(rows=150), forest, CLASSES)
    other = table(PermutationImportance(rows=150), forest, CLASSES.sort_index(), INPUTS.iloc[::-1])
    pd.testing.assert_frame_equal(one, other)
    assert not one.equals(table(PermutationImportance(rows=150, seed=1), forest, CLASSES))
    assert set(one["n"]) == {150}


def test_targets_of_a_csv_are_found_by_the_text_of_their_ids(forest: Any) -> None:
    """The inputs have integers as ids, as Parquet does, and the targets texts."""
    numbered, texts = INPUTS.reset_index(drop=True), CLASSES.set_axis([str(row) for row in range(400)])
    found = table(PermutationImportance(), forest, texts.iloc[::-1], numbered)
    alike = table(PermutationImportance(), forest, CLASSES.reset_index(drop=True), numbered)
    pd.testing.assert_frame_equal(found, alike)


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        (None, "give it some"),
        (CLASSES.iloc[:300], "100 of 400 rows have no target"),
        (CLASSES.replace("low", CANARY), "133 of 400|134 of 400"),
        (pd.concat([CLASSES, CLASSES]), "an id for each"),
    ],
)
def test_targets_that_do_not_fit_are_refused(forest: Any, targets: Any, told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        table(PermutationImportance(), forest, targets)
    assert CANARY not in str(caught.value)


def test_numbers_are_compared_with_numbers(line: Any) -> None:
    with pytest.raises(DataError, match="The model predicts numbers"):
        table(PermutationImportance(), line, CLASSES)
