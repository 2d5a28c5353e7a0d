"""Which predictor serves which object."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import catboost
import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from skl2onnx import to_onnx
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mxt.errors import ModelError
from mxt.predictors.base.library import predictor_of

MATRIX = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
FRAME, GOAL = pd.DataFrame(MATRIX, columns=["a", "b"]), MATRIX[:, 0] * 2
BOOSTED = lgb.LGBMRegressor(n_estimators=2, n_jobs=1, verbose=-1)


class Mine(lgb.LGBMRegressor):  # type: ignore[misc] # LightGBM's base is untyped
    """Someone's own subclass."""


OBJECTS: dict[str, Any] = {
    "xgboost": lambda: xgb.XGBRegressor(n_estimators=2, n_jobs=1).fit(FRAME, GOAL),
    "lightgbm": lambda: BOOSTED.fit(FRAME, GOAL).booster_,
    "lightgbm of one's own": lambda: Mine(n_estimators=2, n_jobs=1, verbose=-1).fit(FRAME, GOAL),
    "catboost": lambda: catboost.CatBoostRegressor(
        iterations=2, verbose=0, allow_writing_files=False, thread_count=1
    ).fit(FRAME, GOAL),
    "onnx": lambda: to_onnx(LinearRegression().fit(MATRIX, GOAL), MATRIX[:1]),
    "sklearn": lambda: LinearRegression().fit(FRAME, GOAL),
    "sklearn around another": lambda: make_pipeline(StandardScaler(), BOOSTED).fit(FRAME, GOAL),
    "function": lambda: lambda rows: rows["a"] * 2,
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_served_by_the_predictor_of_its_library(name: str) -> None:
    native = OBJECTS[name]()
    made = predictor_of(native, ["a", "b"], [])
    assert made.flavor == name.partition(" ")[0]
    assert made.native is native
    assert made.columns == ["a", "b"]
    assert made.scores(FRAME).values.shape == (60, 1)


@pytest.mark.parametrize("native", [3, "model.pkl", object()])
def test_an_object_of_no_library_is_refused(native: Any) -> None:
    with pytest.raises(ModelError, match="is of no library that MXT knows; give a function"):
        predictor_of(native, [], [])


@pytest.mark.parametrize(
    "native",
    [
        LinearRegression(),
        make_pipeline(StandardScaler(), LinearRegression()),
        xgb.XGBRegressor(),
        lgb.LGBMRegressor(),
        catboost.CatBoostRegressor(allow_writing_files=False),
    ],
    ids=lambda native: type(native).__name__,
)
def test_a_model_that_is_not_fitted_is_refused(native: Any) -> None:
    with pytest.raises(ModelError, match=f"The {type(native).__name__} is not fitted"):
        predictor_of(native, ["a", "b"], [])


def test_finding_the_predictor_imports_no_other_library() -> None:
    program = (
        "import sys\n"
        "from mxt.predictors.base.library import predictor_of\n"
        "predictor_of(lambda rows: rows, ['a'], [])\n"
        "print(sorted({'xgboost', 'lightgbm', 'catboost', 'onnx', 'mlflow', 'sklearn'} & {*sys.modules}))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
