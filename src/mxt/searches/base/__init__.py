"""The family of searches: each says which values of a recipe's fields it tries, and scores them as trials."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from mxt.errors import ConfigError
from mxt.kinds import Kind
from mxt.searches.base.ranges import Range, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mxt.models.base import Recipe
    from mxt.searches.base.studies import Study
    from mxt.searches.base.trials import Trial

FIXED = ("task", "seed")
"""Fields of a recipe that no search may vary, since scores could not be compared."""


def _each_once(values: tuple[Value, ...]) -> tuple[Value, ...]:
    typed = [(type(value), value) for value in values]
    for place, pair in enumerate(typed):
        if pair in typed[:place]:
            kind, msg = "twice", "the value {value} stands there twice"
            raise PydanticCustomError(kind, msg, {"value": repr(pair[1])})
    return values


Values = Annotated[tuple[Value, ...], Field(min_length=1), AfterValidator(_each_once)]
"""Values of a field to try, each once."""

ValuesOrRange = Values | Range
"""Values of a field to draw from: a list, each value as likely as the others, or the numbers of a range."""


class Search(Kind, ABC):
    """Looks for the values of a recipe's fields whose models score best in cross-validation.

    The folds are drawn by row ids, so neither the order of rows nor the number of workers matters.
    """

    folds: Annotated[int, Field(ge=2)] = 5
    """Number of parts of the training rows; each part is scored by a model fitted to the others."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the folds, and of everything else that the search draws."""

    @property
    @abstractmethod
    def tried(self) -> dict[str, ValuesOrRange]:
        """The values to try, by the recipe's fields."""

    @property
    @abstractmethod
    def total(self) -> int:
        """Number of trials to come."""

    @abstractmethod
    def trials(self, study: Study) -> Iterator[list[Trial]]:
        """Lists of scored trials, each list as soon as it is complete.

        Raises:
            ConfigError: The recipe cannot take the values of a trial together; raised before any fit.
            DataError: There are too few rows for the folds, or for a first round.
        """

    @property
    def combinations(self) -> float:
        """Number of combinations of values; infinite if there is a range."""
        counts = [math.inf if isinstance(tried, Range) else len(tried) for tried in self.tried.values()]
        return math.prod(counts)

    def check(self, recipe: Recipe) -> None:
        """Refuse fields that `recipe` does not have, and values that it cannot take.

        Raises:
            ValidationError: There are such; it lists each with its place among the values.
        """
        faults = []
        for name, tried in self.tried.items():
            ends = (
                (("low", tried.low), ("high", tried.high)) if isinstance(tried, Range) else enumerate(tried)
            )
            for place, value in ends:
                fault = _fault(recipe, name, value)
                if fault:
                    kind = PydanticCustomError("not_of_the_recipe", "{fault}", {"fault": fault})
                    loc = ("values", name, place)
                    faults.append(InitErrorDetails(type=kind, loc=loc, input=value))
        if faults:
            raise ValidationError.from_exception_data(type(self).__name__, faults)


def for_sampling(values: Mapping[str, ValuesOrRange]) -> dict[str, list[Value] | Range]:
    """Values in the form that scikit-learn draws from: lists, and ranges, which draw by themselves."""
    return {name: tried if isinstance(tried, Range) else [*tried] for name, tried in values.items()}


def _fault(recipe: Recipe, name: str, value: Value) -> str:
    """Why the recipe cannot take a value of a field; empty if it can."""
    if name in FIXED:
        return f"{name} is the same in all trials; set it in the recipe"
    try:
        recipe.varied({name: value})
    except ConfigError as error:
        return str(error).removesuffix(".")
    return ""
