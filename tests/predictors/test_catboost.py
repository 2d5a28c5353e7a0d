"""CatBoost's models: predictions, units, links and contributions are the library's."""

from __future__ import annotations

from typing import Any

import catboost
import numpy as np
import pandas as pd
import pytest

import mxt
from mxt.errors import ModelError
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.predictors.base.library import predictor_of
from mxt.predictors.catboost import CatboostPredictor

QUIET = {"iterations": 15, "depth": 3, "verbose": 0, "allow_writing_files": False, "thread_count": 1}


def table(count: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    inputs = pd.DataFrame(rng.normal(size=(count, 2)), columns=["first", "second"])
    return inputs.assign(text=rng.choice(list("abcdef"), count), whole=rng.integers(0, 4, count))


def target(inputs: pd.DataFrame) -> Any:
    return inputs["first"] + inputs["text"].isin(["a", "d"]) * 2 + inputs["second"] * inputs["whole"]


def classifier(edges: list[float], **options: Any) -> Any:
    inputs = table()
    labels = np.array(["high", "low", "middle"])[np.digitize(target(inputs), edges)]
    return catboost.CatBoostClassifier(**QUIET, cat_features=["text", "whole"], **options).fit(inputs, labels)


@pytest.mark.parametrize(
    ("edges", "options"),
    [([0.5], {}), ([0.0, 1.0], {}), ([0.0, 1.0], {"loss_function": "MultiClassOneVsAll"})],
    ids=["two", "three", "three_one_by_one"],
)
def test_categories_are_predicted_and_explained_by_the_library(edges: list[float], options: Any) -> None:
    native = classifier(edges, **options)
    made, inputs = CatboostPredictor(native, [], []), table(100, seed=1)
    inputs.loc[:5, "text"] = "unseen"
    labels, probabilities = made.labels_and_probabilities(inputs)
    assert list(labels) == list(native.predict(inputs).ravel())
    np.testing.assert_array_equal(probabilities, native.predict_proba(inputs))
    scores, link = made.scores(inputs), made.link
    assert link is not None
    assert made.trees is None
    assert probabilities is not None
    np.testing.assert_allclose(link.apply(scores.values), probabilities[:, -len(made.outputs) :], atol=1e-12)
    values, base, _ = made.contributions(inputs)
    assert values.shape == (100, 4, len(made.outputs))
    np.testing.assert_allclose(values.sum(axis=1) + base, scores.values, atol=1e-10)


@pytest.mark.parametrize(("loss", "unit"), [("RMSE", "target"), ("MAE", "target"), ("Poisson", "margin")])
def test_a_regression_tells_its_unit_and_the_link_to_its_prediction(loss: str, unit: str) -> None:
    inputs = table().drop(columns="text")
    native = catboost.CatBoostRegressor(**QUIET, loss_function=loss).fit(inputs, np.exp(inputs["first"]))
    made = CatboostPredictor(native, [], [])
    scores, link = made.scores(inputs), made.link
    assert link is not None
    assert scores.unit == unit
    np.testing.assert_allclose(link.apply(scores.values)[:, 0], native.predict(inputs), rtol=1e-12)
    np.testing.assert_allclose(made.labels_and_probabilities(inputs)[0], native.predict(inputs), rtol=1e-12)


def test_a_ranker_gives_margins() -> None:
    inputs = table().drop(columns="text")
    native = catboost.CatBoostRanker(**QUIET, loss_function="YetiRank")
    native.fit(inputs, inputs["whole"], group_id=np.repeat(range(30), 10))
    made = CatboostPredictor(native, [], [])
    assert made.scores(inputs).unit == "margin"
    np.testing.assert_allclose(made.scores(inputs).values[:, 0], native.predict(inputs))


def test_categories_that_no_tree_tests_leave_the_trees_readable() -> None:
    inputs = table().assign(text="same")
    native = catboost.CatBoostRegressor(**QUIET, cat_features=["text"]).fit(inputs, inputs["first"])
    made = CatboostPredictor(native, [], [])
    assert made.trees is not None
    assert (made.encode(inputs)[:, 2] == 0).all()
    np.testing.assert_array_equal(made.encode(inputs)[:, 0], inputs["first"])


def test_several_numbers_a_row_are_refused() -> None:
    inputs = table().drop(columns="text")
    native = catboost.CatBoostRegressor(**QUIET, loss_function="MultiRMSE").fit(
        inputs, inputs[["first", "second"]]
    )
    with pytest.raises(ModelError, match="predicts 2 numbers a row"):
        CatboostPredictor(native, [], [])


def test_texts_and_vectors_are_predicted_and_explained_by_the_library(
    capfd: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(0)
    inputs = table().assign(words=rng.choice(["good very good", "bad thing", "so so"], 300))
    inputs["vector"] = [*rng.normal(size=(300, 3))]
    native = catboost.CatBoostClassifier(
        **QUIET, cat_features=["text"], text_features=["words"], embedding_features=["vector"]
    ).fit(inputs, inputs["words"].str.startswith("good").astype(int))
    made = CatboostPredictor(native, [], [])
    np.testing.assert_array_equal(made.labels_and_probabilities(inputs)[1], native.predict_proba(inputs))
    values, base, _ = made.contributions(inputs)
    np.testing.assert_allclose(values.sum(axis=1) + base, made.scores(inputs).values, atol=1e-10)
    np.testing.assert_array_equal(made.base, base)
    none = inputs[:0]
    capfd.readouterr()
    assert made.contributions(none).values.shape == (0, *values.shape[1:])
    assert made.scores(none).values.shape == (0, 1)
    assert made.predict(none).shape == (0, 3)
    assert capfd.readouterr().out == ""
    with pytest.raises(ModelError, match="have no codes"):
        made.encode(inputs)
    with pytest.raises(ModelError, match=r"\['text', 'words', 'vector'\]"):
        made.scores(inputs.assign(words=3.5))


def test_trees_of_categories_that_do_not_add_up_are_refused_with_the_ways_out() -> None:
    inputs = table()[["first", "text"]]
    options: dict[str, Any] = {**QUIET, "cat_features": ["text"], "grow_policy": "Lossguide"}
    native = catboost.CatBoostClassifier(**options).fit(inputs, target(table()) > 0)
    with pytest.raises(
        ModelError, match=r"not add up .* Depthwise or Lossguide.*EnumerationExplainer.*Symmetric"
    ):
        mxt.explain(native, inputs, background=inputs)
    exact = mxt.explain(native, inputs[:5], background=inputs, explainer=EnumerationExplainer())
    assert np.abs(exact.explanation.residual).max() < 1e-9


def test_two_labels_a_row_are_refused() -> None:
    inputs = table()[["first", "second"]]
    native = catboost.CatBoostClassifier(**QUIET, loss_function="MultiLogloss").fit(inputs, (inputs > 0) * 1)
    with pytest.raises(ModelError, match=r"predicts 2 numbers a row \(loss MultiLogloss\); MXT takes one"):
        CatboostPredictor(native, [], [])


def test_a_missing_category_and_a_text_for_a_number_are_told_without_cells() -> None:
    made, inputs = CatboostPredictor(classifier([0.5]), [], []), table(20)
    with pytest.raises(ModelError, match=r"categories \['text', 'whole'\]; fill missing ones"):
        made.scores(inputs.assign(text=np.nan))
    with pytest.raises(ModelError, match="takes numbers in the column 'first'") as told:
        made.scores(inputs.assign(first="secret"))
    assert "secret" not in str(told.value)
    with pytest.raises(ModelError, match="have no codes"):
        made.encode(inputs)


def test_a_model_that_was_never_fitted_is_refused() -> None:
    with pytest.raises(ModelError, match="CatBoostClassifier is not fitted"):
        predictor_of(catboost.CatBoostClassifier(), [], [])


def test_importances_are_the_librarys() -> None:
    made = CatboostPredictor(classifier([0.5]), [], [])
    assert made.importances["prediction_change"].sum() == pytest.approx(100)
    assert made.importances["prediction_change"][2] > 5
