"""Objects that only predict: loaded pyfuncs and plain functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import ModelError
from mxt.predictors.function import FunctionPredictor
from mxt.predictors.mlflow import MlflowPredictor

if TYPE_CHECKING:
    from collections.abc import Callable

INPUTS = pd.DataFrame({"a": [0.1, 0.9, 0.4], "b": [1, 2, 3], "unused": ["x", "y", "z"]}, index=[7, 8, 9])
COLUMNS = ["a", "b"]


@dataclass
class Loaded:
    """What MLflow hands out: an object with predict."""

    function: Callable[[pd.DataFrame], Any]

    def predict(self, inputs: pd.DataFrame) -> Any:
        return self.function(inputs)


def both(function: Callable[[pd.DataFrame], Any], classes: list[Any]) -> list[Any]:
    return [
        FunctionPredictor(function, COLUMNS, classes),
        MlflowPredictor(Loaded(function), COLUMNS, classes),
    ]


def test_numbers_are_a_regression() -> None:
    for made in both(lambda rows: rows["a"] + rows["b"], []):
        scores = made.scores(INPUTS)
        assert (scores.unit, made.task, made.outputs, made.trees) == ("target", "regression", [""], None)
        np.testing.assert_allclose(scores.values, [[1.1], [2.9], [3.4]])
        assert list(made.predict(INPUTS)["prediction"]) == [1.1, 2.9, 3.4]


def test_a_matrix_holds_the_probabilities_of_the_classes() -> None:
    for made in both(
        lambda rows: np.column_stack([rows["a"] / 2, rows["a"] / 2, 1 - rows["a"]]), ["x", "y", "z"]
    ):
        scores = made.scores(INPUTS)
        assert (scores.unit, scores.values.shape) == ("probability", (3, 3))
        assert list(made.predict(INPUTS)["prediction"]) == ["z", "x", "z"]


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_one_number_for_two_classes_is_the_probability_of_the_second(shape: tuple[int, ...]) -> None:
    for made in both(lambda rows: rows["a"].to_numpy().reshape(shape), ["no", "yes"]):
        table = made.predict(INPUTS)
        assert list(table["probability_yes"]) == [0.1, 0.9, 0.4]
        assert list(table["prediction"]) == ["no", "yes", "no"]
        assert made.outputs == ["yes"]


def test_probabilities_of_nought_and_one_are_still_probabilities() -> None:
    for made in both(lambda rows: (rows["a"] > 0.5).astype(float), [0, 1]):
        assert list(made.predict(INPUTS)["probability_1"]) == [0, 1, 0]


def test_labels_are_scored_as_one_and_nought() -> None:
    for made in both(lambda rows: np.where(rows["a"] > 0.5, "yes", "no"), ["no", "yes"]):
        assert list(made.predict(INPUTS).columns) == ["prediction"]
        np.testing.assert_array_equal(made.scores(INPUTS).values, [[0], [1], [0]])


@pytest.mark.parametrize(
    ("answer", "classes", "told"),
    [
        (lambda rows: rows["a"].to_numpy()[:2], [], r"shape \(2,\) for 3 rows"),
        (lambda rows: np.where(rows["a"] > 0.5, "yes", "no"), [], "name its classes"),
        (lambda rows: rows, [], "2 columns, not one number a row; name its classes"),
        (lambda rows: rows, ["x", "y", "z"], r"shape \(3, 2\) for 3 classes"),
        (lambda rows: rows * 9, ["x", "y"], "outside of 0 to 1"),
        (lambda rows: np.where(rows["a"] > 0.5, "maybe", "no"), ["no", "yes"], "not among the 2 classes"),
        (lambda rows: rows["c"], [], r"refuses the inputs \(KeyError\)"),
    ],
)
def test_an_answer_that_is_none_is_told(answer: Any, classes: list[Any], told: str) -> None:
    for made in both(answer, classes):
        with pytest.raises(ModelError, match=told):
            made.scores(INPUTS)


def test_texts_have_no_codes() -> None:
    made = FunctionPredictor(lambda rows: rows["a"], ["a", "unused"], [])
    with pytest.raises(ModelError, match=r"\['unused'\] are not numbers"):
        made.encode(INPUTS)
    np.testing.assert_array_equal(both(len, [])[0].encode(INPUTS), INPUTS[COLUMNS])
