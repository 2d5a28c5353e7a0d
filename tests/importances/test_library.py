"""A library's own importances: summed over source columns, or left out with a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeRegressor

from mxt.importances.base import Basis
from mxt.importances.library import LibraryImportance
from mxt.predictors.function import FunctionPredictor
from mxt.predictors.sklearn import SklearnPredictor

CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame({"x": CHANCE.normal(size=90), "kind": np.tile(["u", "v", "w"], 30)})


def test_importances_of_encoded_columns_are_summed_over_their_source() -> None:
    encoding = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    native = make_pipeline(encoding, DecisionTreeRegressor(max_depth=4, random_state=0))
    native.fit(INPUTS, INPUTS["x"] + 3 * (INPUTS["kind"] == "v") - (INPUTS["kind"] == "w"))
    table = LibraryImportance().measure(Basis(SklearnPredictor(native, []))).table
    assert table is not None
    own = native[-1].feature_importances_
    assert table.set_index("feature")["importance"].to_dict() == pytest.approx(
        {"kind": own[:3].sum(), "x": own[3]}
    )
    assert set(table["unit"]) == {"impurity reduction"}


def test_a_line_has_the_sizes_of_its_coefficients() -> None:
    inputs = pd.DataFrame(CHANCE.normal(size=(30, 2)), columns=["a", "b"])
    native = LinearRegression().fit(inputs, 2 * inputs["a"] - 5 * inputs["b"])
    table = LibraryImportance().measure(Basis(SklearnPredictor(native, []))).table
    assert table is not None
    assert table["feature"].tolist() == ["b", "a"]
    assert table["importance"].tolist() == pytest.approx([5, 2])


def test_what_has_no_importances_or_cannot_be_traced_says_why() -> None:
    function = LibraryImportance().measure(Basis(FunctionPredictor(lambda table: table["x"], ["x"], [])))
    assert (function.table, "has no importances of its own" in function.note) == (None, True)
    inputs = pd.DataFrame(CHANCE.normal(size=(30, 3)), columns=["a", "b", "c"])
    mixed = make_pipeline(PCA(2), LinearRegression()).fit(inputs, inputs["a"])
    measurement = LibraryImportance().measure(Basis(SklearnPredictor(mixed, [])))
    assert measurement.table is None
    assert "PCA" in measurement.note
