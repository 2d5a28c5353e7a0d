"""Truth and predictions as metrics compare them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.metrics.base.answers import Classes, encoded
from mxt.metrics.sklearn import SklearnMetric

TOLD = pd.DataFrame(
    {"prediction": [0, 1, 1, 0], "probability_0": [0.9, 0.2, 0.1, 0.8], "probability_1": [0.1, 0.8, 0.9, 0.2]}
)


@pytest.mark.parametrize(
    "truth",
    [
        [0, 1, 0, 0],
        [0.0, 1.0, 0.0, 0.0],
        [False, True, False, False],
        pd.array([0, 1, 0, 0], dtype="Int64"),
        pd.Categorical([0.0, 1.0, 0.0, 0.0]),
        ["0", "1", "0", "0"],
    ],
    ids=["whole", "doubles", "booleans", "whole that may miss", "categories", "texts"],
)
def test_labels_that_are_equal_as_numbers_are_one_class(truth: Any) -> None:
    found = encoded(pd.Series(truth), TOLD)
    assert isinstance(found, Classes)
    np.testing.assert_array_equal(found.truth, [0, 1, 0, 0])
    assert SklearnMetric(name="accuracy").score(pd.Series(truth), TOLD) == pytest.approx(0.75)


def test_booleans_meet_numbers_where_the_model_gives_no_probabilities() -> None:
    told = pd.DataFrame({"prediction": [True, False, True, True]})
    assert SklearnMetric(name="accuracy").score(pd.Series([1.0, 0.0, 0.0, 1.0]), told) == pytest.approx(0.75)


def test_a_class_that_the_model_does_not_know_is_refused_with_those_it_knows() -> None:
    with pytest.raises(DataError, match=r"^2 rows have a class that is not among the model's 2: 0, 1\.$"):
        encoded(pd.Series([0.0, 2.0, 0.5, 1.0]), TOLD)


def test_texts_that_look_like_numbers_stay_texts() -> None:
    told = pd.DataFrame(
        {"prediction": ["01", "1"], "probability_01": [0.9, 0.1], "probability_1": [0.1, 0.9]}
    )
    found = encoded(pd.Series(["1", "01"]), told)
    np.testing.assert_array_equal(found.truth, [1, 0])
    with pytest.raises(DataError, match="not among the model's 2: 01, 1"):
        encoded(pd.Series([1.0, 2.0]), told)
    with pytest.raises(DataError, match="not among the model's 2: 0, 1"):
        encoded(pd.Series(["1.0", "0.0", "1", "0"]), TOLD)


def test_texts_are_no_truth_of_a_model_that_predicts_numbers() -> None:
    truth = pd.Series(["1,100", "900", "800"], name="price")
    message = (
        r"predicts numbers, and the target 'price' is of type str: 1 of 3 values of price is no number: "
        r"'9,999'-like; set `thousands: ','`"
    )
    with pytest.raises(DataError, match=message):
        encoded(truth, pd.DataFrame({"prediction": [1000.5, 900.0, 800.0]}))
    with pytest.raises(DataError, match=r"'price' is of type str\.$"):
        encoded(truth.replace("1,100", "1100"), pd.DataFrame({"prediction": [1000.5, 900.0, 800.0]}))
