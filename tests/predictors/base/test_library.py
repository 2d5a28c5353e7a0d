"""Which predictor serves which object."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

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
from mxt.predictors.base.library import ENTRY_POINTS, predictor_class, predictor_of
from packages import installed

if TYPE_CHECKING:
    from collections.abc import Iterator

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


BEAMS = """
from sklearn.base import BaseEstimator, RegressorMixin

class Beam(RegressorMixin, BaseEstimator):
    def fit(self, rows, target):
        self.slope_ = 3.0
        return self

    def predict(self, rows):
        return self.slope_ * rows.iloc[:, 0].to_numpy()
"""
MXT_BEAMS = """
from mxt.predictors.base.opaque import OpaquePredictor

class BeamsPredictor(OpaquePredictor):
    library = flavor = "beams"

    def call(self, inputs):
        return self.native.predict(inputs)
"""
ENTRIES = {
    "beams": "mxt_beams:BeamsPredictor",
    "absent": "mxt_nowhere:AbsentPredictor",
    "beamless": "beams:Beam",
}


@pytest.fixture(scope="module")
def beams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The module of a library that an installed package serves."""
    folder = tmp_path_factory.mktemp("beams")
    installed(folder, {"beams": BEAMS, "mxt_beams": MXT_BEAMS}, {ENTRY_POINTS: ENTRIES})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module("beams")
    for name in ("beams", "mxt_beams"):
        sys.modules.pop(name, None)
    predictor_class.cache_clear()


def test_a_library_of_a_package_is_served_once_it_is_met(beams: Any) -> None:
    assert "mxt_beams" not in sys.modules
    native = beams.Beam().fit(FRAME, GOAL)
    made = predictor_of(native, ["a"], [])
    assert type(made).__name__ == "BeamsPredictor"
    np.testing.assert_allclose(made.predict(FRAME)["prediction"], 3 * FRAME["a"])
    own = type("Own", (beams.Beam,), {"__module__": "somewhere"})().fit(FRAME, GOAL)
    assert type(predictor_of(own, ["a"], [])) is type(made)


def test_a_model_of_such_a_library_is_served_at_the_end_of_a_pipeline(beams: Any) -> None:
    scaler = StandardScaler().set_output(transform="pandas")
    made = predictor_of(make_pipeline(scaler, beams.Beam()).fit(FRAME, GOAL), [], [])
    assert made.flavor == "sklearn"
    scaled = (FRAME["a"] - FRAME["a"].mean()) / FRAME["a"].std(ddof=0)
    np.testing.assert_allclose(made.scores(FRAME).values[:, 0], 3 * scaled, rtol=1e-5)
    assert type(made._inner).__name__ == "BeamsPredictor"  # type: ignore[attr-defined] # of SklearnPredictor


@pytest.mark.parametrize(
    ("library", "why"),
    [("absent", "mxt_nowhere:AbsentPredictor .* cannot be loaded"), ("beamless", "is not a subclass of")],
)
def test_a_plug_in_that_is_none_is_refused_by_name(beams: Any, library: str, why: str) -> None:
    assert beams
    with pytest.raises(ModelError, match=why):
        predictor_class(library)


@pytest.mark.parametrize("library", ["base", "function", "", "os", "not a name", "nobody"])
def test_a_name_of_no_library_has_no_predictor(library: str) -> None:
    assert predictor_class(library) is None


def test_finding_the_predictor_imports_no_other_library() -> None:
    program = (
        "import sys\n"
        "from mxt.predictors.base.library import predictor_of\n"
        "predictor_of(lambda rows: rows, ['a'], [])\n"
        "print(sorted({'xgboost', 'lightgbm', 'catboost', 'onnx', 'mlflow', 'sklearn'} & {*sys.modules}))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
