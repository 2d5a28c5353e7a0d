"""Targets: columns that a model can learn, and labels as the classes of a model."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from contracts.stores import CANARY
from mxt.errors import DataError
from mxt.schemas import TargetsSchema
from mxt.schemas.targets import class_places

TARGETS = pd.DataFrame({"Churn": ["Yes", "No", "Yes"]}, index=pd.Index([7, 8, 9], name="id"))


@pytest.mark.parametrize("cells", [["Yes", "No", "Yes"], [1.5, 2.5, 1.5], [True, False, True]])
def test_targets_with_two_values_pass(cells: list[Any]) -> None:
    pd.testing.assert_series_equal(
        TargetsSchema.check(TARGETS.assign(Churn=cells), "Churn"), TARGETS.assign(Churn=cells)["Churn"]
    )


WITH_A_GAP: Any = [CANARY, None, "x"]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (TARGETS.rename(columns={"Churn": "churn"}), r"'Churn' is missing; the table has \['churn'\]"),
        (TARGETS.assign(Churn=WITH_A_GAP), r"1 row has no 'Churn', which may not be missing \(id 8\)"),
        (TARGETS.assign(Churn=CANARY), "'Churn' is the same in all 3 rows"),
    ],
)
def test_targets_that_teach_nothing_are_refused(table: pd.DataFrame, told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        TargetsSchema.check(table, "Churn", "training.csv")
    assert str(caught.value).startswith("training.csv: ")
    assert CANARY not in str(caught.value)


def test_a_part_may_hold_one_value_of_the_target() -> None:
    part = TARGETS.head(1)
    pd.testing.assert_series_equal(TargetsSchema.check_part(part, "Churn"), part["Churn"])


@pytest.mark.parametrize(
    ("labels", "names", "places"),
    [
        (["b", "a", "c", None], ["a", "b"], [1, 0, -1, -1]),
        ([1.0, 0.0, 2.5, None], ["0", "1"], [1, 0, -1, -1]),
        ([True, False], ["0", "1"], [1, 0]),
        (["1.0", "1"], ["0", "1"], [-1, 1]),
        ([1, 7], ["1", "1.0", "7"], [0, 2]),
        ([1.0, 7.0], ["1", "+1", "7"], [-1, 2]),
    ],
    ids=["texts", "doubles", "booleans", "texts of numbers", "names of one number", "neither of two names"],
)
def test_a_label_has_the_place_of_its_class(labels: list[Any], names: list[str], places: list[int]) -> None:
    assert class_places(pd.Series(labels), names).tolist() == places
