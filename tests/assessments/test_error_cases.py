"""Error cases: the predictions that are most wrong come first, each with the columns that moved it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from mxt.assessments.error_cases import ErrorCases, error_cases
from mxt.assessments.scores import LabelledPredictions
from mxt.errors import ModelError
from mxt.explainers.auto import AutoExplainer
from mxt.explainers.tree import TreeExplainer
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.schemas.captions import NO_CAPTIONS, Captions

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 200


@pytest.fixture(scope="module")
def inputs() -> pd.DataFrame:
    """Rows of three numbers whose ids are not in their order."""
    chance = np.random.default_rng(0)
    ids = pd.Index(chance.permutation(ROWS), name="id")
    return pd.DataFrame(chance.normal(size=(ROWS, 3)), index=ids, columns=["a", "b", "c"])


def labels_of(inputs: pd.DataFrame, names: Sequence[object]) -> pd.Series:
    """Classes by the column `a`, a tenth of them by chance."""
    chance = np.random.default_rng(1)
    places = pd.qcut(inputs["a"], len(names), labels=False).to_numpy()
    places = np.where(chance.random(ROWS) < 0.1, chance.integers(len(names), size=ROWS), places)
    return pd.Series(np.array(names, dtype=object)[places], index=inputs.index, name="truth").infer_objects()


def model_of(estimator: Any, inputs: pd.DataFrame, truth: pd.Series) -> Model:
    return Model(predictor_of(estimator.fit(inputs, truth), list(inputs.columns), ()), inputs)


def cases_of(
    model: Model, inputs: pd.DataFrame, truth: pd.Series, most: int = 20, **options: Any
) -> ErrorCases:
    labelled = LabelledPredictions(truth, model.predict(inputs))
    captions = options.pop("captions", NO_CAPTIONS)
    return error_cases(labelled, inputs, model, most, options.pop("explainer", None), captions)


def test_the_most_confident_mistakes_come_first(inputs: pd.DataFrame) -> None:
    truth = labels_of(inputs, ["no", "yes"])
    model = model_of(LogisticRegression(), inputs, truth)
    predictions = model.predict(inputs)
    wrong = predictions[predictions["prediction"] != truth]
    known = cases_of(model, inputs, truth)
    assert (known.wrong, known.rows) == (len(wrong), ROWS)
    assert len(known.table) == min(20, len(wrong))
    expected = wrong[["probability_no", "probability_yes"]].max(axis=1).sort_values(ascending=False)
    assert list(known.table.index) == list(expected.index[: len(known.table)])
    np.testing.assert_array_equal(known.table["probability"], expected[: len(known.table)])
    np.testing.assert_allclose(known.table["loss"], -np.log1p(-known.table["probability"]))
    assert (known.table["truth"] == truth[known.table.index]).all()
    assert list(cases_of(model, inputs, truth, most=3).table.index) == list(known.table.index[:3])


@pytest.mark.parametrize("classes", [["no", "yes"], [0, 1], ["x", "y", "z"]])
def test_reasons_are_contributions_to_the_predicted_class(
    classes: list[object], inputs: pd.DataFrame
) -> None:
    truth = labels_of(inputs, classes)
    model = model_of(LogisticRegression(), inputs, truth)
    table = cases_of(model, inputs, truth).table
    sums = table["base_value"] + table[[f"contribution_{place}" for place in (1, 2, 3)]].sum(axis=1)
    np.testing.assert_allclose(sums, table["score"])
    if len(classes) == 2:  # the log-odds of the predicted class
        np.testing.assert_allclose(table["score"], np.log(table["probability"] / (1 - table["probability"])))
    whole = model.explain(inputs.loc[table.index])
    for row, (_, case) in enumerate(table.iterrows()):
        output = (
            whole.outputs.index(str(case["prediction"])) if str(case["prediction"]) in whole.outputs else None
        )
        values = -whole.values[row, :, 0] if output is None else whole.values[row, :, output]
        ranked = sorted(zip(whole.columns, values, strict=True), key=lambda pair: -abs(pair[1]))
        assert [(case[f"reason_{n}"], case[f"contribution_{n}"]) for n in (1, 2, 3)] == ranked
        assert case["value_1"] == str(inputs.loc[table.index[row], case["reason_1"]])


def test_contributions_to_a_probability_add_up_to_that_of_the_predicted_class(inputs: pd.DataFrame) -> None:
    truth = labels_of(inputs, ["no", "yes"])
    model = model_of(KNeighborsClassifier(), inputs, truth)
    table = cases_of(model, inputs, truth).table
    assert {*table["unit"]} == {"probability"}
    assert {*table["prediction"]} == {"no", "yes"}
    np.testing.assert_allclose(table["score"], table["probability"])
    sums = table["base_value"] + table[[f"contribution_{place}" for place in (1, 2, 3)]].sum(axis=1)
    np.testing.assert_allclose(sums, table["score"])


def test_reasons_have_words_with_captions(inputs: pd.DataFrame) -> None:
    truth = labels_of(inputs, ["no", "yes"])
    captions = Captions.from_yaml("captions: {a: {caption: Age, unit: years}}", "here")
    case = cases_of(
        model_of(LogisticRegression(), inputs, truth), inputs, truth, captions=captions
    ).table.iloc[0]
    effect = "speaks for it" if case["contribution_1"] > 0 else "speaks against it"
    words = f"Age (years) = {case['value_1']} {effect} by {abs(case['contribution_1']):.3g}; "
    assert case["reasons"].startswith(words)
    assert case["reason_1"] == "a"


def test_numbers_are_ranked_by_their_distance(inputs: pd.DataFrame) -> None:
    truth = (inputs["a"] * 2 + np.random.default_rng(2).normal(size=ROWS)).rename("truth")
    model = model_of(LinearRegression(), inputs, truth)
    known = cases_of(model, inputs, truth, most=7)
    distances = (model.predict(inputs)["prediction"] - truth).abs().sort_values(ascending=False)
    assert list(known.table.index) == list(distances.index[:7])
    np.testing.assert_array_equal(known.table["loss"], distances[:7])
    assert "probability" not in known.table
    np.testing.assert_allclose(known.table["score"], known.table["prediction"])
    words = known.table["reasons"].iloc[0]
    assert "raises it by" in words or "lowers it by" in words


def test_cases_that_are_alike_wrong_come_by_their_ids(inputs: pd.DataFrame) -> None:
    truth = labels_of(inputs, [0, 1])
    model = model_of(LinearSVC(), inputs, truth)  # it gives no probabilities
    known = cases_of(model, inputs, truth, most=5)
    wrong = model.predict(inputs)["prediction"] != truth
    assert list(known.table.index) == sorted(wrong.index[wrong])[:5]
    assert set(known.table["loss"]) == {1.0}
    turned = inputs.iloc[::-1]
    pd.testing.assert_frame_equal(cases_of(model, turned, truth[turned.index], most=5).table, known.table)


def test_without_a_wrong_prediction_the_table_has_its_columns_and_no_row(inputs: pd.DataFrame) -> None:
    truth = labels_of(inputs, ["no", "yes"])
    model = model_of(LogisticRegression(), inputs, truth)
    right = model.predict(inputs)["prediction"]
    none, some = (cases_of(model, inputs, labels) for labels in (right, truth))
    assert (none.wrong, len(none.table)) == (0, 0)
    assert none.table.dtypes.to_dict() == some.table.dtypes.to_dict()


def test_a_class_that_has_no_chance_has_a_loss_that_is_a_number(inputs: pd.DataFrame) -> None:
    truth = labels_of(inputs, ["no", "yes"])
    model = model_of(KNeighborsClassifier(1), inputs, truth)
    other = truth.map({"no": "yes", "yes": "no"})
    assert cases_of(model, inputs, other, most=2).table["loss"].tolist() == [52 * np.log(2)] * 2


def test_a_model_without_an_exact_explainer_has_no_reasons_until_the_config_names_one() -> None:
    chance = np.random.default_rng(0)
    inputs = pd.DataFrame(chance.normal(size=(60, 13)), columns=[f"x{place}" for place in range(13)])
    truth = pd.Series(np.where(chance.random(60) < 0.5, "no", "yes"), name="truth")
    model = model_of(KNeighborsClassifier(), inputs, truth)
    known = cases_of(model, inputs, truth, most=2)
    assert "sampling: true" in known.without
    assert list(known.table.columns) == ["truth", "prediction", "probability", "loss"]
    sampled = cases_of(model, inputs, truth, most=2, explainer=AutoExplainer(sampling=True))
    assert sampled.table["reason_5"].notna().all()
    assert "reason_6" not in sampled.table
    with pytest.raises(ModelError, match="TreeExplainer does not serve"):
        cases_of(model, inputs, truth, most=2, explainer=TreeExplainer())
