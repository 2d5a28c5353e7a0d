"""Values that a recipe cannot take are refused before anything is fitted."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from mxt.searches.base.ranges import Range
from mxt.searches.grid import GridSearch
from mxt.searches.halving import HalvingSearch
from mxt.searches.random import RandomSearch
from searches.studies import SMALL


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"depht": (1,)}, "XgboostRecipe has no field 'depht'; perhaps 'depth' was meant"),
        (
            {"depth": (1, 99)},
            r"XgboostRecipe cannot take depth: 99 \(Input should be less than or equal to 32\)",
        ),
        ({"seed": (1, 2)}, "seed is the same in all trials; set it in the recipe"),
        ({"task": ("regression",)}, "task is the same in all trials"),
        ({"KIND": ("RandomForestRecipe",)}, "XgboostRecipe has no field 'KIND'"),
    ],
)
def test_values_that_the_recipe_cannot_take_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        GridSearch(values=values).check(SMALL)


def test_both_ends_of_a_range_must_fit_the_recipe() -> None:
    with pytest.raises(ValidationError, match=r"values.depth.high\n.*cannot take depth: 99"):
        RandomSearch(values={"depth": Range(low=1, high=99)}).check(SMALL)


def test_a_value_that_stands_twice_and_a_range_without_a_count_are_refused() -> None:
    with pytest.raises(ValidationError, match="the value 2 stands there twice"):
        GridSearch(values={"depth": (2, 3, 2)})
    with pytest.raises(ValidationError, match="say how many to draw, as candidates: 20"):
        HalvingSearch(values={"depth": Range(low=1, high=3)})


def test_a_range_has_no_end_of_combinations_and_lists_have_their_product() -> None:
    lists = GridSearch(values={"depth": (1, 2, 4), "l2": (0.5, 8.0)})
    assert (lists.combinations, lists.total) == (6, 6)
    ranges = RandomSearch(values={"depth": (1, 2), "l2": Range(low=0.1, high=1.0)}, candidates=7)
    assert (ranges.combinations, ranges.total) == (math.inf, 7)
    assert RandomSearch(values={"depth": (1, 2)}, candidates=7).total == 2
