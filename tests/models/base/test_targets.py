"""Targets of a recipe: which are refused, with the line that mends it, and what plain targets are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from contracts.stores import CANARY
from mxt.errors import DataError
from mxt.models.base.targets import check_targets, plain_targets

NUMBERS = [*range(691), 0]
REFUSED = [
    ("classification", NUMBERS, r"holds 691 different numbers: write `task: regression`.*`max_classes: 691`"),
    ("classification", [number / 8 for number in NUMBERS], "691 different numbers: write `task: regression`"),
    ("classification", [float(number) for number in NUMBERS], "691 different numbers: write `task: regr"),
    ("classification", [0.5, 1.0, 0.5], "holds 2 different numbers: write `task: regression` in the recipe"),
    ("classification", [f"{CANARY}{n}" for n in range(60)], "60 different texts in 60 rows.*name another"),
    ("classification", [CANARY] * 3, "is the same in all 3 rows"),
    ("classification", pd.to_datetime(["2026-01-01", "2026-01-02"]), "holds times, which are neither"),
    ("classification", [b"a", b"b"], "holds neither numbers, texts nor booleans"),
    ("regression", [CANARY, "b", CANARY], "holds 2 different texts, and a regression needs numbers"),
    ("regression", [True, False], "holds booleans, and a regression needs.*`task: classification`"),
    ("regression", [1.0, np.inf, 2.0, -np.inf], "must be finite, and 2 rows have an infinite number"),
    ("regression", pd.to_datetime(["2026-01-01", "2026-01-02"]), "holds times, which are neither"),
]


@pytest.mark.parametrize(("task", "cells", "words"), REFUSED)
def test_a_target_that_does_not_fit_is_refused_in_one_line(task: Any, cells: Any, words: str) -> None:
    targets = plain_targets(pd.Series(cells, name="y"), task)
    with pytest.raises(DataError, match=f"The target .y. .*{words}") as caught:
        check_targets(targets, task, 50)
    assert "\n" not in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("task", "cells"),
    [
        ("classification", [*range(50), 0]),
        ("classification", [1.0, 0.0]),
        ("classification", [True, False]),
        ("regression", [1, 2]),
        ("regression", NUMBERS),
    ],
)
def test_a_target_that_fits_the_task_passes(task: Any, cells: Any) -> None:
    check_targets(plain_targets(pd.Series(cells, name="y"), task), task, 50)


def test_as_many_classes_as_the_recipe_allows_are_classes() -> None:
    check_targets(pd.Series(NUMBERS, name="y"), "classification", 691)


@pytest.mark.parametrize(
    ("cells", "dtype", "classes"),
    [
        ([1.0, 0.0, 1.0], "float64", [1, 0, 1]),
        ([1, 0, 1], "Int64", [1, 0, 1]),
        ([1, 0, 1], "int64[pyarrow]", [1, 0, 1]),
        ([True, False, True], "boolean", [True, False, True]),
        ([True, False, True], "bool[pyarrow]", [True, False, True]),
        ([True, False, True], object, [True, False, True]),
        (["b", "a", "b"], "string", ["b", "a", "b"]),
        (["b", "a", "b"], "string[pyarrow]", ["b", "a", "b"]),
        (["b", "a", "b"], "category", ["b", "a", "b"]),
    ],
)
def test_classes_have_one_name_in_whichever_type_they_come(cells: Any, dtype: Any, classes: Any) -> None:
    plain = plain_targets(pd.Series(cells, dtype=dtype), "classification")
    assert plain.tolist() == classes
    assert [type(value) for value in plain.tolist()] == [type(value) for value in classes]


def test_numbers_of_a_regression_stay_doubles() -> None:
    assert plain_targets(pd.Series([1.0, 2.0]), "regression").dtype == "float64"
