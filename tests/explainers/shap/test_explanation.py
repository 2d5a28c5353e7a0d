"""Explanations of shap's own type, of one output and of several."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shap

from mxt.explainers.base import Explanation
from mxt.explainers.shap.explanation import ShapExplanation

INPUTS = pd.DataFrame({"a": [1.0, 2.0], "kind": ["u", "v"], "unused": [0, 0]}, index=["r1", "r2"])


def made(outputs: list[str]) -> ShapExplanation:
    values = np.arange(4.0 * len(outputs)).reshape(2, 2, -1)
    base = np.arange(len(outputs)) + 10.0
    prediction = base + values.sum(axis=1)
    errors = values / 10
    own = Explanation(INPUTS.index, ["a", "kind"], values, base, prediction, "margin", outputs, "by hand")
    return ShapExplanation(Explanation(**{**vars(own), "standard_error": errors}), INPUTS)


def test_one_output_has_no_dimension_of_outputs() -> None:
    found = made([""])
    assert isinstance(found, shap.Explanation)
    assert found.values.tolist() == [[0, 1], [2, 3]]
    assert found.base_values.tolist() == [10, 10]
    assert found.data.tolist() == [[1, "u"], [2, "v"]]
    assert found.error_std.tolist() == [[0, 0.1], [0.2, 0.3]]
    assert found.explanation.ids.tolist() == ["r1", "r2"]


def test_an_output_of_several_is_cut_out_by_its_name() -> None:
    found = made(["x", "y"])
    one = found[:, :, "y"]
    assert found.output_names == ["x", "y"]
    assert one.values.tolist() == [[1, 3], [5, 7]]
    assert one.base_values.tolist() == [11, 11]
    assert not hasattr(one, "explanation")
