"""What every criterion does: measure a model version, and say whether it is enough."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from mxt.errors import ConfigError
from mxt.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd

    from mxt.models import Model
    from mxt.models.base import Recipe

Outcome: TypeAlias = Literal["PASS", "FAIL", "INSUFFICIENT"]
"""Met, not met, or too little data to tell."""


@dataclass(frozen=True)
class Subject:
    """A model version that asks to be certified, with the rows that it was made from and those held out."""

    model: Model
    inputs: pd.DataFrame
    """Inputs of the rows held out from training, in an order that their ids decide."""
    truth: pd.Series[Any]
    """What the model should predict for them."""
    table: pd.DataFrame
    """The same rows with every column of the source, those that the model does not see included."""
    training_inputs: pd.DataFrame
    """Inputs of the rows that it was trained on."""
    training_truth: pd.Series[Any]
    """The targets of these."""
    recipe: Recipe | None = None
    """How it was made, if that is known."""
    seed: int = 0
    workers: int = 1

    def recipe_for(self, criterion: str) -> Recipe:
        """The recipe, for a criterion that trains again.

        Raises:
            ConfigError: Nobody knows it.
        """
        if self.recipe is None:
            msg = (
                f"{criterion} trains the model again, and its recipe is not known; give the job its `recipe`."
            )
            raise ConfigError(msg)
        return self.recipe


@dataclass(frozen=True)
class Assessment:
    """What a criterion found."""

    criterion: str
    """What was measured, such as cv_mean_accuracy."""
    target: str
    """What it should be, in words such as "at least 0.94"."""
    outcome: Outcome
    value: float
    """NaN if nothing could be measured."""
    low: float
    """Lower end of the 95 % interval; NaN if there is none."""
    high: float
    """Upper end of it."""
    n: int
    """How many rows, fits or calls the value rests on."""
    note: str = ""
    """How it was measured, or why nobody can tell."""


class Criterion(Kind, ABC):
    """Something that a model version must meet to be certified."""

    minimum_rows: Annotated[int, Field(ge=2)] = 100
    """Fewer rows than this are too few to tell."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What is measured: the name that the value is logged under."""

    @abstractmethod
    def assess(self, subject: Subject) -> list[Assessment]:
        """Measure the version; one assessment, or one for each protected column or the like.

        Raises:
            ConfigError: The criterion does not fit the model, or names a column that is absent.
        """
