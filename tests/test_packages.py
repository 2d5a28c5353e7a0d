"""The packages of a model are those of all that it is made of, and versions are those installed."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import category_encoders
import mlflow
import numpy as np
import pandas as pd
import pytest
from catboost import CatBoostRegressor
from interpret.glassbox import ExplainableBoostingRegressor
from lightgbm import LGBMRegressor
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingRegressor, StackingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from xgboost import XGBRegressor

from mxt import packages
from upgrades import VERSION, uninstall, upgrade

if TYPE_CHECKING:
    from pathlib import Path

ROWS = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), columns=["a", "b"])
TARGET = ROWS["a"] + ROWS["b"] ** 2
LIGHTGBM = LGBMRegressor(n_estimators=2, verbose=-1, n_jobs=1)
EBM = ExplainableBoostingRegressor(interactions=0, max_rounds=2, n_jobs=1)


class Ours(LGBMRegressor):  # type: ignore[misc] # LightGBM is untyped
    """A class of nobody's package, which rests on LightGBM."""


class Wrapped(mlflow.pyfunc.PythonModel):  # type: ignore[misc] # MLflow is untyped
    """A model inside another object."""

    def __init__(self, inner: Any) -> None:
        self.inner = {"model": [inner]}


def onnx() -> Any:
    return to_onnx(LinearRegression().fit(ROWS, TARGET), ROWS.to_numpy(np.float32)[:1])


@pytest.mark.parametrize(
    ("fitted", "expected"),
    [
        (lambda: XGBRegressor(n_estimators=2).fit(ROWS, TARGET), {"xgboost"}),
        (lambda: LIGHTGBM.fit(ROWS, TARGET).booster_, {"lightgbm"}),
        (lambda: Ours(n_estimators=2, verbose=-1).fit(ROWS, TARGET), {"lightgbm"}),
        (
            lambda: CatBoostRegressor(iterations=2, verbose=0, allow_writing_files=False).fit(ROWS, TARGET),
            {"catboost"},
        ),
        (onnx, {"onnx", "onnxruntime"}),
        (lambda: LinearRegression().fit(ROWS, TARGET), {"scikit-learn"}),
        (lambda: make_pipeline(LIGHTGBM).fit(ROWS, TARGET), {"lightgbm", "scikit-learn"}),
        (
            lambda: make_pipeline(category_encoders.TargetEncoder(), EBM).fit(ROWS, TARGET),
            {"category-encoders", "interpret-core"},
        ),
        (
            lambda: StackingRegressor([("one", LIGHTGBM), ("two", XGBRegressor(n_estimators=2))], cv=2).fit(
                ROWS, TARGET
            ),
            {"lightgbm", "xgboost"},
        ),
        (
            lambda: make_pipeline(FunctionTransformer(category_encoders.utils.convert_input), LIGHTGBM),
            {"category-encoders", "lightgbm"},
        ),
        (lambda: GradientBoostingRegressor(n_estimators=2).fit(ROWS, TARGET), {"scikit-learn"}),
        (lambda: Wrapped(LIGHTGBM), {"mlflow", "lightgbm"}),
    ],
)
def test_the_packages_are_those_of_all_that_a_model_is_made_of(fitted: Any, expected: set[str]) -> None:
    libraries = {
        "catboost",
        "category-encoders",
        "interpret-core",
        "lightgbm",
        "onnx",
        "onnxruntime",
        "xgboost",
    }
    found = {*packages.packages_of(fitted())}
    assert expected <= found
    assert not (libraries - expected) & found


def test_versions_are_those_installed_and_what_is_absent_is_left_out() -> None:
    found = packages.versions("lightgbm", "a-library-that-nobody-has")
    assert list(found) == [*packages.BASE, "lightgbm"]
    assert found["lightgbm"] == importlib.metadata.version("lightgbm")
    assert packages.written("lightgbm").split() == [f"{name}=={here}" for name, here in found.items()]


def test_a_list_is_written_again_with_the_versions_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert packages.rewritten("gone==1.0 numpy==1.0") == f"numpy=={np.__version__}"
    before = packages.written("lightgbm")
    assert packages.rewritten(before) == before
    upgrade("lightgbm", tmp_path, monkeypatch)
    assert f"lightgbm=={VERSION}" in packages.rewritten(before)


def test_a_package_that_is_needed_no_longer_is_as_it_was_where_it_is_absent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = f"numpy=={np.__version__} statsmodels==0.1 xgboost==0.2"
    assert packages.rewritten(before).split()[1] != "statsmodels==0.1", "a model may be made of it"
    for name in ("statsmodels", "xgboost"):
        uninstall(name, monkeypatch)
    assert packages.rewritten(before) == f"numpy=={np.__version__} statsmodels==0.1"


def test_requirements_name_packages_however_they_are_bound() -> None:
    text = (
        "mlflow==3.1\n\n# of the model\nPyYAML>=6 ; python_version > '3'\ntorch[cuda]~=2.0\n-r others.txt\n"
    )
    assert packages.required(text) == ("mlflow", "pyyaml", "torch")
