"""Loaded pyfuncs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, Schema

from mxt.predictors.mlflow import MlflowPredictor

TABLE = pd.DataFrame({"b": [3.0], "a": [1.0]})


class Stored:
    """A model with a signature, as MLflow loads it."""

    def __init__(self, *specs: ColSpec) -> None:
        self.metadata: Any = type("Metadata", (), {"signature": ModelSignature(Schema([*specs]))})

    def predict(self, inputs: pd.DataFrame) -> Any:
        return np.asarray(inputs)[:, 0]


def test_columns_are_those_of_the_signature_unless_others_are_recorded() -> None:
    stored = Stored(ColSpec("double", "a"), ColSpec("double", "b"))
    assert MlflowPredictor(stored, [], []).predict(TABLE)["prediction"].tolist() == [1.0]
    assert MlflowPredictor(stored, ["b"], []).predict(TABLE)["prediction"].tolist() == [3.0]


def test_columns_that_a_signature_numbers_have_texts_for_names_and_are_handed_on_as_numbers() -> None:
    made = MlflowPredictor(Stored(ColSpec("double", 1), ColSpec("double", 0)), [], [])
    assert made.columns == ["1", "0"]
    made.native.predict = lambda inputs: inputs[0]
    assert made.predict(TABLE.set_axis(["0", "1"], axis=1))["prediction"].tolist() == [3.0]


def test_a_signature_without_names_names_no_columns() -> None:
    assert MlflowPredictor(Stored(ColSpec("double")), [], []).columns == []
