"""The recipe of xgboost: a calibration that is folded into the leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from churn import churn
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


def test_texts_are_native_categories_and_classes_are_plain_labels() -> None:
    model = XgboostRecipe(**FEW).fit(INPUTS, (TARGETS == "Yes").astype("int64").rename("churned"))
    assert model.predictor.classes == [0, 1]
    assert type(model.predictor.classes[0]) is int
    booster = model.predictor.native.get_booster()
    kinds = dict(zip(booster.feature_names, booster.feature_types, strict=True))
    assert kinds["Contract"] == "c"
    assert kinds["tenure"] != "c"
