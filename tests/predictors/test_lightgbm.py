"""LightGBM's models: texts become the codes that the booster knows, and predictions are the library's."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError, ModelError
from mxt.predictors.lightgbm import LightgbmPredictor
from predictors.walk import walk

OPTIONS: dict[str, Any] = {
    "n_estimators": 15,
    "num_leaves": 7,
    "min_child_samples": 5,
    "n_jobs": 1,
    "verbose": -1,
}
CATEGORIES: dict[str, Any] = {"max_cat_to_onehot": 1, "cat_smooth": 1, "min_data_per_group": 5}
COLUMNS = ["some number", "flag", "text", "grade"]


def table(count: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    inputs = pd.DataFrame({"some number": rng.normal(size=count), "flag": rng.random(count) < 0.5})
    inputs["text"] = rng.choice(list("abcdefgh"), count)
    inputs["grade"] = rng.choice([10, 20, 40], count)
    return inputs


def typed(inputs: pd.DataFrame) -> pd.DataFrame:
    return inputs.astype({"text": "category", "grade": "category"})


def target(inputs: pd.DataFrame) -> Any:
    return (
        inputs["some number"]
        + inputs["text"].isin(["a", "d", "g"])
        + (inputs["grade"] == 20)
        + inputs["flag"]
    )


def classifier(classes: int = 2, **options: Any) -> Any:
    inputs = table()
    goal = np.digitize(target(inputs), [1.0] if classes == 2 else [0.5, 1.5])
    labels = np.array(["high", "low", "middle"][:classes])[goal]
    return lgb.LGBMClassifier(**OPTIONS, **CATEGORIES, **options).fit(typed(inputs), labels)


@pytest.mark.parametrize(
    ("classes", "options"),
    [(2, {}), (2, {"sigmoid": 2.0}), (3, {}), (3, {"objective": "multiclassova"})],
    ids=["two", "two_steep", "three", "three_one_by_one"],
)
def test_a_table_of_texts_is_predicted_as_the_library_predicts_categories(classes: int, options: Any) -> None:
    native = classifier(classes, **options)
    made, inputs = LightgbmPredictor(native, COLUMNS, []), table(200, seed=1)
    labels, probabilities = made.labels_and_probabilities(inputs)
    assert list(labels) == list(native.predict(typed(inputs)))
    np.testing.assert_array_equal(probabilities, native.predict_proba(typed(inputs)))
    assert made.columns == COLUMNS
    assert made.classes == list(native.classes_)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_walk_through_what_is_encoded_gives_the_scores_and_the_link_the_probabilities(classes: int) -> None:
    made, inputs = LightgbmPredictor(classifier(classes), COLUMNS, []), table(200, seed=1)
    inputs.loc[:9, "text"] = "unseen"
    inputs.loc[10:19, "text"] = None
    inputs["grade"] = inputs["grade"].astype(float).where(inputs.index > 20, 999)
    scores, trees, link = made.scores(inputs), made.trees, made.link
    assert trees is not None
    assert link is not None
    assert len(trees.sets) > 3
    assert scores.unit == ("log-odds" if classes == 2 else "margin")
    np.testing.assert_allclose(walk(trees, made.encode(inputs)), scores.values, atol=1e-12)
    probabilities = made.labels_and_probabilities(inputs)[1]
    assert probabilities is not None
    np.testing.assert_allclose(link.apply(scores.values), probabilities[:, -len(made.outputs) :], atol=1e-12)


def test_a_category_never_seen_is_as_good_as_missing() -> None:
    native = classifier()
    made, inputs = LightgbmPredictor(native, COLUMNS, []), table(100, seed=1)
    unseen, lacking = (
        inputs.assign(text="unseen"),
        inputs.assign(text=pd.Series(np.nan, inputs.index, dtype=object)),
    )
    np.testing.assert_array_equal(made.scores(unseen).values, made.scores(lacking).values)
    own = native.predict(typed(unseen), raw_score=True)
    np.testing.assert_array_equal(made.scores(unseen).values[:, 0], own)


@pytest.mark.parametrize(
    ("objective", "unit"),
    [("regression", "target"), ("regression_l1", "target"), ("poisson", "margin"), ("tweedie", "margin")],
)
def test_a_regression_tells_its_unit_and_the_link_to_its_prediction(objective: str, unit: str) -> None:
    inputs = table()
    goal = np.exp(target(inputs))
    native = lgb.LGBMRegressor(objective=objective, **OPTIONS).fit(typed(inputs), goal)
    made = LightgbmPredictor(native, COLUMNS, [])
    scores, link = made.scores(inputs), made.link
    assert link is not None
    assert (scores.unit, made.task) == (unit, "regression")
    np.testing.assert_allclose(link.apply(scores.values)[:, 0], native.predict(typed(inputs)), rtol=1e-12)


def test_targets_squared_away_are_linked_back() -> None:
    inputs = table()
    native = lgb.LGBMRegressor(reg_sqrt=True, **OPTIONS).fit(typed(inputs), target(inputs) * 10)
    made = LightgbmPredictor(native, COLUMNS, [])
    scores, link = made.scores(inputs), made.link
    assert link is not None
    assert scores.unit == "margin"
    np.testing.assert_allclose(link.apply(scores.values)[:, 0], native.predict(typed(inputs)), rtol=1e-12)


def test_a_booster_that_stopped_early_is_read_up_to_its_best_round() -> None:
    rng = np.random.default_rng(0)
    matrix, goal = rng.normal(size=(400, 3)), rng.normal(size=400)
    data = lgb.Dataset(matrix[:200], goal[:200])
    booster = lgb.train(
        {"verbose": -1, "num_threads": 1, "learning_rate": 0.5},
        data,
        100,
        keep_training_booster=True,
        valid_sets=[data.create_valid(matrix[200:], goal[200:])],
        callbacks=[lgb.early_stopping(3, verbose=False)],
    )
    assert booster.best_iteration < booster.num_trees()
    made = LightgbmPredictor(booster, ["a", "b", "c"], [])
    assert made.trees is not None
    assert len(made.trees.roots) == booster.best_iteration
    frame = pd.DataFrame(matrix, columns=made.columns)
    assert made.columns == ["a", "b", "c"]
    np.testing.assert_allclose(
        walk(made.trees, made.encode(frame))[:, 0], booster.predict(matrix), atol=1e-12
    )


def test_a_native_booster_of_classes_counts_them() -> None:
    inputs = table()
    goal = np.digitize(target(inputs), [0.5, 1.5])
    options = {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1}
    made = LightgbmPredictor(lgb.train(options, lgb.Dataset(typed(inputs), goal), 3), [], [])
    assert made.classes == [0, 1, 2]
    assert LightgbmPredictor(made.native, [], ["low", "middle", "high"]).outputs == ["low", "middle", "high"]


def test_importances_are_the_librarys() -> None:
    native = classifier()
    made = LightgbmPredictor(native, COLUMNS, [])
    np.testing.assert_array_equal(made.importances["split_count"], native.feature_importances_)
    np.testing.assert_array_equal(made.importances["gain"], native.booster_.feature_importance("gain"))


def test_a_text_where_a_number_belongs_and_a_missing_column_are_told() -> None:
    made = LightgbmPredictor(classifier(), COLUMNS, [])
    with pytest.raises(ModelError, match="takes numbers in the column 'some number'"):
        made.scores(typed(table(5)).assign(**{"some number": "much"}))
    with pytest.raises(DataError, match=r"needs the columns \['flag'\]"):
        made.scores(table(5).drop(columns="flag"))
