"""What every search does: say which values it will try, and score them as trials."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from mxt.errors import ConfigError
from mxt.kinds import Kind
from mxt.searches.base.ranges import Range

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mxt.models.base import Recipe
    from mxt.searches.base.studies import Study
    from mxt.searches.base.trials import Trial

FIXED = ("task", "seed")
"""Fields of a recipe that no search may vary: scores would not be of the same thing."""


def _each_once(values: tuple[Value, ...]) -> tuple[Value, ...]:
    told = [(type(value), value) for value in values]
    for place, value in enumerate(told):
        if value in told[:place]:
            kind, msg = "twice", "the value {value} stands there twice"
            raise PydanticCustomError(kind, msg, {"value": repr(value[1])})
    return values


Value: TypeAlias = bool | int | float | str | None
"""A value of a recipe's field."""

Values = Annotated[tuple[Value, ...], Field(min_length=1), AfterValidator(_each_once)]
"""Values of a field to try, each once."""

ValuesOrRange = Values | Range
"""Values of a field to draw from: a list, each as likely, or all numbers of a range."""


class Search(Kind, ABC):
    """Looks for the values of a recipe's fields whose models score best in cross-validation.

    The folds are drawn by row ids, so neither the order of rows nor the number of workers matters.
    """

    folds: Annotated[int, Field(ge=2)] = 5
    """Parts of the training rows; each trial fits a model without each part, and scores it on that part."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the folds, and of whatever else the search draws."""

    @property
    @abstractmethod
    def tried(self) -> dict[str, ValuesOrRange]:
        """What is tried, by the recipe's fields."""

    @property
    @abstractmethod
    def total(self) -> int:
        """How many trials there will be."""

    @abstractmethod
    def trials(self, study: Study) -> Iterator[list[Trial]]:
        """All trials, some at a time, as soon as they were scored.

        Raises:
            ConfigError: The recipe cannot take the values of a trial together; told before any fit.
            DataError: There are too few rows for the folds, or for a first round.
        """

    @property
    def combinations(self) -> float:
        """How many combinations of values there are; without end if there is a range."""
        counts = [math.inf if isinstance(tried, Range) else len(tried) for tried in self.tried.values()]
        return math.prod(counts)

    def check(self, recipe: Recipe) -> None:
        """Refuse fields that `recipe` does not have, and values that it cannot take.

        Raises:
            ValidationError: There are some; each is told with its place among the values.
        """
        faults = []
        for name, tried in self.tried.items():
            ends = (
                (("low", tried.low), ("high", tried.high)) if isinstance(tried, Range) else enumerate(tried)
            )
            for place, value in ends:
                told = _fault(recipe, name, value)
                if told:
                    kind = PydanticCustomError("not_of_the_recipe", "{told}", {"told": told})
                    loc = ("values", name, place)
                    faults.append(InitErrorDetails(type=kind, loc=loc, input=value))
        if faults:
            raise ValidationError.from_exception_data(type(self).__name__, faults)


def for_sampling(values: Mapping[str, ValuesOrRange]) -> dict[str, Any]:
    """Values as scikit-learn draws from them: lists, and what can draw by itself."""
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
