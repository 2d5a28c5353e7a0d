"""The recipe of xgboost: a calibration that is folded into the leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.utils.class_weight import compute_sample_weight

from churn import churn
from mxt.errors import ConfigError
from mxt.models.xgboost import XgboostRecipe

INPUTS, TARGETS = churn(300)
FEW: dict[str, Any] = {"trees": 6, "learning_rate": 0.3}


def margins(model: Any, inputs: pd.DataFrame) -> np.ndarray:
    frame = inputs.astype(dict.fromkeys(inputs.select_dtypes(exclude=["number", "bool"]).columns, "category"))
    return np.asarray(model.predict(frame, output_margin=True))


def test_a_calibration_is_a_line_of_the_margins() -> None:
    plain, calibrated = (
        XgboostRecipe(**FEW, calibration=how).fit(INPUTS, TARGETS) for how in (None, "sigmoid")
    )
    before, after = (margins(model.predictor.native, INPUTS) for model in (plain, calibrated))
    slope, intercept = np.polyfit(before, after, 1)
    np.testing.assert_allclose(after, slope * before + intercept, atol=1e-5)
    assert slope > 0
    assert abs(slope - 1) > 1e-3


def test_a_calibration_brings_the_mean_probability_to_the_share_of_the_class() -> None:
    model = XgboostRecipe(**FEW, calibration="sigmoid").fit(INPUTS, TARGETS)
    probabilities = model.predict_proba(INPUTS)
    assert probabilities is not None
    assert probabilities["probability_Yes"].mean() == pytest.approx((TARGETS == "Yes").mean(), abs=0.05)


def test_a_calibration_keeps_names_and_categories_in_any_letters() -> None:
    inputs = INPUTS.rename(columns={"tenure": "Größe <5>", "Contract": "契約"})
    inputs["契約"] = inputs["契約"].astype(object).replace({"Two year": "zwei Jahre, jährlich"})
    model = XgboostRecipe(**FEW, calibration="sigmoid").fit(inputs, TARGETS)
    assert "zwei Jahre, jährlich" in model.predictor.categories.get("契約", [*inputs["契約"]])
    named = XgboostRecipe(**FEW, calibration="sigmoid").fit(INPUTS, TARGETS)
    assert model.predictor.columns == list(inputs.columns)
    expected, given = named.predict_proba(INPUTS), model.predict_proba(inputs)
    assert expected is not None
    assert given is not None
    np.testing.assert_allclose(given.to_numpy(), expected.to_numpy(), atol=1e-6)


def test_texts_are_native_categories_and_classes_are_plain_labels() -> None:
    model = XgboostRecipe(**FEW).fit(INPUTS, (TARGETS == "Yes").astype("int64").rename("churned"))
    assert model.predictor.classes == [0, 1]
    assert type(model.predictor.classes[0]) is int
    booster = model.predictor.native.get_booster()
    kinds = dict(zip(booster.feature_names, booster.feature_types, strict=True))
    assert kinds["Contract"] == "c"
    assert kinds["tenure"] != "c"


def reference(**options: Any) -> xgb.XGBClassifier:
    """The recipe `FEW` in xgboost's own words."""
    common = {"n_estimators": 6, "max_depth": 3, "learning_rate": 0.3, "random_state": 0, "n_jobs": 1}
    return xgb.XGBClassifier(**{**common, "tree_method": "hist", "enable_categorical": True, **options})


FRAME = INPUTS.astype(dict.fromkeys(INPUTS.select_dtypes(exclude=["number", "bool"]).columns, "category"))
CODES = (TARGETS == "Yes").to_numpy().astype(int)


@pytest.mark.parametrize(("weight", "weights"), [("balanced", "balanced"), ({"Yes": 3.0}, {0: 1.0, 1: 3.0})])
def test_class_weights_are_weights_of_the_rows(weight: Any, weights: Any) -> None:
    model = XgboostRecipe(**FEW, class_weight=weight).fit(INPUTS, TARGETS)
    own = reference().fit(FRAME, CODES, sample_weight=compute_sample_weight(weights, CODES))
    np.testing.assert_array_equal(
        margins(model.predictor.native, INPUTS), own.predict(FRAME, output_margin=True)
    )
    free = XgboostRecipe(**FEW).fit(INPUTS, TARGETS)
    assert (model.predict(INPUTS) != free.predict(INPUTS)).any(axis=None)


def test_a_calibration_takes_the_weights_out_of_the_probabilities() -> None:
    model = XgboostRecipe(**FEW, calibration="sigmoid", class_weight="balanced").fit(INPUTS, TARGETS)
    probabilities = model.predict_proba(INPUTS)
    assert probabilities is not None
    assert probabilities["probability_Yes"].mean() == pytest.approx(CODES.mean(), abs=0.05)


@pytest.mark.parametrize("calibration", [None, "sigmoid"])
def test_early_stopping_grows_as_many_trees_as_xgboost_finds_best(calibration: Any) -> None:
    stopping = {"early_stopping": {"rounds": 3, "share": 0.3}, "calibration": calibration}
    recipe = XgboostRecipe.model_validate({**FEW, "trees": 60, **stopping})
    assert recipe.early_stopping is not None
    held = recipe.early_stopping.held_back(INPUTS.index, CODES, 0)
    own = reference(n_estimators=60, early_stopping_rounds=3)
    own.fit(FRAME[~held], CODES[~held], eval_set=[(FRAME[held], CODES[held])], verbose=False)
    count = own.best_iteration + 1
    assert 1 < count < 60
    model = recipe.fit(INPUTS, TARGETS)
    assert recipe.outcome(model) == {"trees": count}
    plain = XgboostRecipe(**{**FEW, "trees": count}, calibration=calibration).fit(INPUTS, TARGETS)
    pd.testing.assert_frame_equal(model.predict(INPUTS), plain.predict(INPUTS))


def test_the_order_of_rows_decides_nothing_about_early_stopping() -> None:
    recipe = XgboostRecipe.model_validate({**FEW, "trees": 60, "early_stopping": {"rounds": 3}})
    order = np.random.default_rng(0).permutation(len(INPUTS))
    one, other = recipe.fit(INPUTS, TARGETS), recipe.fit(INPUTS.iloc[order], TARGETS.iloc[order])
    assert recipe.outcome(one) == recipe.outcome(other)


@pytest.mark.parametrize(("course", "sign"), [("increasing", 1), ("decreasing", -1)])
def test_predictions_only_rise_or_only_fall_with_a_monotone_column(course: Any, sign: int) -> None:
    recipe = XgboostRecipe(**{**FEW, "trees": 20}, monotone={"tenure": course}, calibration="sigmoid")
    model, free = recipe.fit(INPUTS, TARGETS), XgboostRecipe(**{**FEW, "trees": 20}).fit(INPUTS, TARGETS)
    grid = pd.concat([INPUTS.head(20).assign(tenure=tenure) for tenure in range(73)])

    def steps(made: Any) -> np.ndarray:
        return sign * np.diff(made.predict_proba(grid)["probability_Yes"].to_numpy().reshape(73, 20), axis=0)

    assert steps(model).min() >= -1e-9
    assert steps(free).min() < -1e-3


def test_what_the_table_does_not_have_is_refused_before_the_fit() -> None:
    with pytest.raises(ConfigError, match="class_weight: the target has no class 'yes'"):
        XgboostRecipe(class_weight={"yes": 2.0}).check(INPUTS, TARGETS)
    with pytest.raises(ConfigError, match="monotone: the model has no column 'tenur'; perhaps 'tenure'"):
        XgboostRecipe(monotone={"tenur": "increasing"}).check(INPUTS, TARGETS)
    three = pd.Series(pd.qcut(INPUTS["tenure"], 3, ["low", "mid", "top"]).astype(str), name="t")
    with pytest.raises(ConfigError, match="monotone: a target of 3 classes has no direction"):
        XgboostRecipe(monotone={"tenure": "increasing"}).fit(INPUTS, three)
    with pytest.raises(ValueError, match="`class_weight` weighs classes, and a regression has none"):
        XgboostRecipe(task="regression", class_weight="balanced")


def test_fields_that_are_left_out_are_not_in_the_record_of_a_recipe() -> None:
    assert not {"class_weight", "early_stopping", "monotone", "dates", "max_classes"} & {
        *XgboostRecipe().model_dump(mode="json")
    }
