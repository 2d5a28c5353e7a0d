"""Tables whose form is known beforehand: outputs, targets, and the tables of explanations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from contracts.stores import CANARY
from mxt.errors import DataError
from mxt.schemas import (
    EffectsSchema,
    FeatureImportancesSchema,
    OutputsSchema,
    SHAPValuesSchema,
)

if TYPE_CHECKING:
    from mxt.schemas.base import Schema

OUTPUTS = pd.DataFrame({"prediction": ["a", "b"], "probability_a": [0.9, 0.0], "probability_b": [0.1, 1.0]})
SAMPLES = pd.DataFrame(
    {
        "class": ["Yes", None],
        "prediction": [0.4, -1.0],
        "probability": [0.6, np.nan],
        "base_value": [0.1, 0.1],
        "unit": ["log-odds", "log-odds"],
        "residual": [0.0, 1e-9],
        "tenure": [0.1, -1.2],
        "unit price": [0.2, 0.1],
    },
    index=pd.Index(["x", "x"], name="id"),
)
IMPORTANCES = pd.DataFrame(
    {
        "feature": ["tenure", "unit price"],
        "method": ["mean |SHAP|", "mean |SHAP|"],
        "class": ["Yes", "Yes"],
        "importance": [3.0, 1.0],
        "ci_low": [2.5, np.nan],
        "ci_high": [3.5, np.nan],
        "share": [0.75, 0.25],
        "rank": [1, 2],
        "direction": ["lowers", "unknown"],
        "unit": ["log-odds", "log-odds"],
        "n": pd.array([30, None], dtype="Int64"),
        "fidelity": [0.9, np.nan],
    }
)
EFFECTS = pd.DataFrame(
    {
        "feature": ["tenure", "tenure"],
        "method": ["partial_dependence", "partial_dependence"],
        "class": ["Yes", "Yes"],
        "place": [1, 2],
        "value": ["12", None],
        "number": [12.0, np.nan],
        "effect": [-0.5, 0.5],
        "ci_low": [-0.6, 0.4],
        "ci_high": [-0.4, 0.6],
        "unit": ["probability", "probability"],
        "n": pd.array([30, 0], dtype="Int64"),
    }
)


@pytest.mark.parametrize(
    ("schema", "table"),
    [
        (OutputsSchema, OUTPUTS),
        (OutputsSchema, OUTPUTS[["prediction"]]),
        (OutputsSchema, pd.DataFrame({"prediction": [1.5, 2.5]})),
        (SHAPValuesSchema, SAMPLES),
        (SHAPValuesSchema, SAMPLES.assign(unit="target", **{"class": None}).astype({"class": "str"})),
        (FeatureImportancesSchema, IMPORTANCES),
        (FeatureImportancesSchema, IMPORTANCES.assign(importance=0.0, share=0.0, ci_low=0.0, ci_high=0.1)),
        (FeatureImportancesSchema, IMPORTANCES.assign(importance=-1.0, ci_low=-2.0, method="permutation")),
        (EffectsSchema, EFFECTS),
        (EffectsSchema, EFFECTS.assign(ci_low=np.nan, ci_high=np.nan)),
    ],
)
def test_a_table_of_the_form_passes_unchanged(schema: type[Schema], table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(schema.check(table), table)


BROKEN_OUTPUTS: list[tuple[dict[str, Any], str]] = [
    ({"prediction": [CANARY, None]}, "1 row has no 'prediction', which may not be missing (id 1)"),
    ({"probability_a": [1.1, -0.1]}, "2 rows break the rule in_range of column 'probability_a' (ids 0, 1)"),
    ({"probability_b": [np.nan, 1]}, "1 row has no 'probability_b', which may not be missing (id 0)"),
    ({"score": CANARY}, "column 'score' is not expected"),
    (
        {"probability_b": CANARY},
        (
            "column 'probability_b' breaks the rule in_range; "
            "column 'probability_b' is of type str, expected float64"
        ),
    ),
]
BROKEN_SAMPLES: list[tuple[dict[str, Any], str]] = [
    ({"tenure": CANARY}, "column 'tenure' is of type str, expected float64"),
    ({"tenure": [np.nan, 1]}, "1 row has no 'tenure', which may not be missing (id 'x')"),
    ({"unit": CANARY}, "2 rows have a 'unit' that is none of the values allowed (ids 'x', 'x')"),
    ({"probability": 2.0}, "2 rows break the rule in_range of column 'probability' (ids 'x', 'x')"),
]
BROKEN_IMPORTANCES: list[tuple[dict[str, Any], str]] = [
    ({"importance": [3, np.inf]}, "1 row has an infinite 'importance' (id 1)"),
    ({"importance": [3.0, -1]}, "1 row breaks the rule at_least_zero_unless_permuted (id 1)"),
    ({"ci_low": [3.1, np.nan]}, "1 row breaks the rule importance_within_its_interval (id 0)"),
    ({"fidelity": [1.1, np.nan]}, "1 row breaks the rule less_than_or_equal_to of column 'fidelity' (id 0)"),
    ({"share": [1.5, 0]}, "1 row breaks the rule in_range of column 'share' (id 0)"),
    ({"rank": [0, 1]}, "1 row breaks the rule greater_than_or_equal_to of column 'rank' (id 0)"),
    ({"direction": CANARY}, "2 rows have a 'direction' that is none of the values allowed (ids 0, 1)"),
    ({"feature": CANARY}, "2 rows break the rule multiple_fields_uniqueness (ids 0, 1)"),
    ({"extra": CANARY}, "column 'extra' is not expected"),
]
BROKEN_EFFECTS: list[tuple[dict[str, Any], str]] = [
    (
        {"effect": [-np.inf, 0.5], "ci_low": [-np.inf, 0.4]},
        "1 row has an infinite 'effect' (id 0)",
    ),
    ({"ci_high": [-0.4, 0.45]}, "1 row breaks the rule effect_within_its_interval (id 1)"),
    ({"place": 1}, "2 rows break the rule multiple_fields_uniqueness (ids 0, 1)"),
    ({"class": "Yes", "extra": CANARY}, "column 'extra' is not expected"),
]


@pytest.mark.parametrize(
    ("schema", "table", "told"),
    [
        *((OutputsSchema, OUTPUTS.assign(**changes), told) for changes, told in BROKEN_OUTPUTS),
        *((SHAPValuesSchema, SAMPLES.assign(**changes), told) for changes, told in BROKEN_SAMPLES),
        *(
            (FeatureImportancesSchema, IMPORTANCES.assign(**changes), told)
            for changes, told in BROKEN_IMPORTANCES
        ),
        *((EffectsSchema, EFFECTS.assign(**changes), told) for changes, told in BROKEN_EFFECTS),
        (OutputsSchema, OUTPUTS.drop(columns="prediction"), "column 'prediction' is missing"),
        (SHAPValuesSchema, SAMPLES.drop(columns="base_value"), "column 'base_value' is missing"),
        (FeatureImportancesSchema, IMPORTANCES.drop(columns="rank"), "column 'rank' is missing"),
    ],
)
def test_a_failure_names_column_rule_count_and_ids(
    schema: type[Schema], table: pd.DataFrame, told: str
) -> None:
    with pytest.raises(DataError) as caught:
        schema.check(table)
    assert str(caught.value) == f"{schema.__name__}: {told}."
