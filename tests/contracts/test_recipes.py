"""What every recipe owes: the same model twice, predictions that are explained, refusals in sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from churn import churn
from mxt.errors import ConfigError, DataError
from mxt.kinds import members
from mxt.models.base import Recipe

RECIPES = members(Recipe)
EACH = pytest.mark.parametrize("name", RECIPES)
CLASSIFIERS_ONLY = {
    name for name, kind in RECIPES.items() if "regression" not in str(kind.model_fields["task"])
}
INPUTS, TARGETS = churn(300)
THREE = pd.Series(pd.qcut(INPUTS["tenure"] + INPUTS["MonthlyCharges"], 3, ["low", "mid", "top"]).astype(str))


def recipe(name: str, **fields: Any) -> Recipe:
    """The recipe, with few trees if it grows some."""
    few = {"trees": 8} if "trees" in RECIPES[name].model_fields else {}
    return RECIPES[name].model_validate(few | fields)


@pytest.mark.parametrize("calibration", [None, "sigmoid"])
@EACH
def test_two_classes_are_explained_and_add_up_to_the_predicted_probabilities(
    name: str, calibration: str | None
) -> None:
    model = recipe(name, calibration=calibration).fit(INPUTS, TARGETS).with_background(INPUTS.head(50))
    explanation = model.explain(INPUTS.head(40))
    scale = np.maximum(1, np.abs(explanation.prediction))
    assert (np.abs(explanation.residual) <= 1e-4 * scale).all()
    probabilities = model.predict_proba(INPUTS.head(40))
    assert probabilities is not None
    margins = explanation.prediction[:, 0]
    implied = margins if explanation.unit == "probability" else 1 / (1 + np.exp(-margins))
    np.testing.assert_allclose(implied, probabilities["probability_Yes"], atol=1e-6)
    assert probabilities["probability_Yes"].groupby(TARGETS[:40]).mean().is_monotonic_increasing


@EACH
def test_several_classes_have_a_row_each_in_alphabetical_order(name: str) -> None:
    model = recipe(name).fit(INPUTS, THREE).with_background(INPUTS.head(50))
    samples = model.explain_samples(INPUTS.head(5))
    assert samples["class"].tolist() == ["low", "mid", "top"] * 5
    assert samples.index.tolist() == [row for row in INPUTS.index[:5] for _ in range(3)]
    contributions = samples[[*INPUTS]].sum(axis=1)
    np.testing.assert_allclose(samples["base_value"] + contributions, samples["prediction"], atol=1e-4)


@EACH
def test_the_same_recipe_and_table_give_the_same_model(name: str) -> None:
    one, other = (recipe(name, seed=3).fit(INPUTS, TARGETS).predict(INPUTS) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


@EACH
def test_numbers_are_predicted_where_the_recipe_knows_regression(name: str) -> None:
    inputs, charges = INPUTS.drop(columns=["MonthlyCharges"]), INPUTS["MonthlyCharges"]
    if name in CLASSIFIERS_ONLY:
        with pytest.raises(ValueError, match="task"):
            recipe(name, task="regression")
        return
    predicted = recipe(name, task="regression").fit(inputs, charges).predict(inputs)["prediction"]
    assert np.corrcoef(predicted, charges)[0, 1] > 0.6


@EACH
def test_what_cannot_be_learned_is_refused_in_a_sentence(name: str) -> None:
    learner = recipe(name)
    with pytest.raises(DataError, match="holds 2 different numbers: write `task: regression`"):
        learner.fit(INPUTS, TARGETS.map({"Yes": 1.5, "No": 0.0}))
    with pytest.raises(DataError, match="There are no input columns"):
        learner.fit(INPUTS[[]], TARGETS)
    with pytest.raises(DataError, match=r"Times .*\['since'\]. Write `dates: parts`.*`exclude: \[since\]`"):
        learner.fit(INPUTS.assign(since=pd.Timestamp("2026-01-01")), TARGETS)
    with pytest.raises(DataError, match=r"columns \['age'\] hold neither .*`exclude: \[age\]`"):
        learner.fit(INPUTS.assign(age=pd.Timedelta(days=3)), TARGETS)
    with pytest.raises(DataError, match=r"Several input columns are called \['tenure'\]"):
        learner.fit(pd.concat([INPUTS, INPUTS[["tenure"]]], axis=1), TARGETS)
    with pytest.raises(DataError, match="None of the 1 input columns has a value"):
        learner.fit(INPUTS[["tenure"]].astype(float) * np.nan, TARGETS)
    with pytest.raises(DataError, match=r"needs two classes; .* has 3"):
        recipe(name, calibration="sigmoid").fit(INPUTS, THREE)
    rare = TARGETS.where(np.arange(len(TARGETS)) >= 4, "rare").where(lambda cells: cells != "Yes", "No")
    with pytest.raises(DataError, match="the class 'rare' of the target 'Churn' has 4 rows: leave `calib"):
        recipe(name, calibration="sigmoid").fit(INPUTS, rare)


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
@EACH
def test_nullable_and_arrow_types_give_the_model_of_plain_types(name: str, backend: Any) -> None:
    inputs = INPUTS.assign(paperless=INPUTS["paperless"].astype(object).where(INPUTS["tenure"] > 3))
    plain = inputs.assign(paperless=inputs["paperless"].astype(float))
    typed = inputs.convert_dtypes(dtype_backend=backend)
    targets = (TARGETS == "Yes").astype("int64").rename("churned")
    known, model = (
        recipe(name).fit(plain, targets),
        recipe(name).fit(typed, targets.convert_dtypes(dtype_backend=backend)),
    )
    pd.testing.assert_frame_equal(model.predict(typed), known.predict(plain))
    pd.testing.assert_frame_equal(model.predict(typed.tail(1)), known.predict(plain.tail(1)))
    assert model.predictor.classes == [0, 1]


@EACH
def test_classes_that_are_whole_doubles_are_the_integers(name: str) -> None:
    model = recipe(name).fit(INPUTS, TARGETS.map({"Yes": 1.0, "No": 0.0}))
    assert [*model.predict(INPUTS)] == ["prediction", "probability_0", "probability_1"]


@EACH
def test_fields_are_varied_by_name(name: str) -> None:
    assert recipe(name).varied({"seed": np.int64(7)}) == recipe(name, seed=7)
    with pytest.raises(ConfigError, match=f"{name} has no field 'sead'; perhaps 'seed' was meant"):
        recipe(name).varied({"sead": 7})
