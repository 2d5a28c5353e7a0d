"""What is wrapped around a model is taken off where the scores inside are the same."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mxt.predictors.sklearn.wrappers import is_foreign, steps_of, uncalibrated, unwrapped

ROWS = np.random.default_rng(0).normal(size=(60, 2))
LABELS = (ROWS[:, 0] + ROWS[:, 1] / 3 > 0).astype(int)
CORE = LogisticRegression()


@pytest.mark.parametrize(
    "wrapper",
    [
        GridSearchCV(CORE, {"C": [1.0]}, cv=2),
        FixedThresholdClassifier(CORE, threshold=0.7),
        TunedThresholdClassifierCV(CORE, cv=2),
        FixedThresholdClassifier(GridSearchCV(CORE, {"C": [1.0]}, cv=2)),
        FrozenEstimator(LogisticRegression().fit(ROWS, LABELS)),
    ],
    ids=lambda wrapper: type(wrapper).__name__,
)
def test_a_wrapper_that_keeps_the_scores_is_taken_off(wrapper: Any) -> None:
    inner = unwrapped(wrapper.fit(ROWS, LABELS))
    assert type(inner) is LogisticRegression
    assert inner.coef_.shape == (1, 2)


def test_one_sigmoid_is_taken_off_and_leads_to_the_calibrated_probability() -> None:
    model = CalibratedClassifierCV(CORE, method="sigmoid", ensemble=False).fit(ROWS, LABELS)
    inner, sigmoid = uncalibrated(model)
    assert sigmoid is not None
    odds = sigmoid[0] * inner.decision_function(ROWS) + sigmoid[1]
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), model.predict_proba(ROWS)[:, 1], atol=1e-12)


@pytest.mark.parametrize(
    "model",
    [
        CalibratedClassifierCV(CORE, method="isotonic", ensemble=False),
        CalibratedClassifierCV(CORE, method="sigmoid", ensemble=True, cv=2),
        CalibratedClassifierCV(BaggingClassifier(CORE, 2), method="sigmoid", ensemble=False, cv=2),
        CalibratedClassifierCV(
            lgb.LGBMClassifier(n_estimators=2, verbose=-1), method="sigmoid", ensemble=False, cv=2
        ),
    ],
    ids=["isotonic", "several", "of probabilities", "of another library's scores"],
)
def test_any_other_calibration_stays(model: Any) -> None:
    assert uncalibrated(model.fit(ROWS, LABELS)) == (model, None)


def test_pipelines_within_pipelines_are_one_row_of_steps() -> None:
    scaler, core = StandardScaler(), LogisticRegression()
    nested = make_pipeline(scaler, make_pipeline("passthrough", core))
    assert steps_of(nested) == [scaler, "passthrough", core]
    assert steps_of(core) == [core]


def test_a_model_is_foreign_if_another_predictor_serves_its_very_class() -> None:
    own = type("Own", (lgb.LGBMRegressor,), {})
    assert is_foreign(lgb.LGBMRegressor())
    assert not is_foreign(own())
    assert not is_foreign(LogisticRegression())
