"""What every criterion does: measure a model version, and say whether it is enough."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field
from pydantic_core import PydanticCustomError

from mxt.errors import ConfigError
from mxt.kinds import Kind
from mxt.stats.verdicts import every, kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    import pandas as pd

    from mxt.metrics.base import Estimate, Metric
    from mxt.models import Model
    from mxt.models.base import Recipe
    from mxt.models.base.refits import TrainingTable
    from mxt.stats.intervals import Interval

Outcome: TypeAlias = Literal["PASS", "FAIL", "INSUFFICIENT"]
"""Met, not met, or too little data to tell."""
_OUTCOMES: dict[bool | None, Outcome] = {True: "PASS", False: "FAIL", None: "INSUFFICIENT"}

Watch: TypeAlias = "Callable[[Iterator[float], int, str], Iterator[float]]"
"""Gives numbers on as they come, of so many, and tells how far what is done with them has come."""


def unwatched(found: Iterator[float], _total: int, _what: str) -> Iterator[float]:
    """Tell nobody."""
    return found


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
    training: TrainingTable
    """The whole training table, the rows held out included, for criteria that train again."""
    recipe: Recipe | None = None
    """How it was made, if that is known."""
    seed: int = 0
    workers: int = 1
    """Processes that fit at once."""
    watched: Watch = unwatched
    """Tells people how far a long criterion is."""
    positive: str | None = None
    """The class that a score is about where its metric names none."""

    def class_note(self, metric: Metric) -> str:
        """Which class a score is about, as the end of a note; empty if it is about none.

        Raises:
            ConfigError: The class that is named is none of the model's.
        """
        classes = [*map(str, self.model.predictor.classes)]
        name = metric.positive_of(classes) if classes else ""
        return f"; positive class {name!r}" if name else ""

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
    missed_by: float = 0.0
    """How far what was judged, the value or an end of the interval, lies from the target; 0 if it is met."""

    @classmethod
    def of(
        cls,
        criterion: str,
        target: str,
        found: Interval | Estimate,
        n: int,
        *,
        missed_by: Iterable[float],
        note: str = "",
    ) -> Assessment:
        """What a criterion says that could be measured.

        Args:
            criterion: What was measured.
            target: What it should be, in words.
            found: The value and its interval.
            n: How many rows, fits or calls it rests on.
            missed_by: How far each part that must keep the target lies beyond it: 0 or less if it keeps it,
                NaN if nobody can tell. One part beyond it fails the criterion, whatever the others are.
            note: How it was measured, and which part is unknown.
        """
        far = [*missed_by]
        outcome = _OUTCOMES[every(map(kept, far))]
        missed = max(part for part in far if part > 0) if outcome == "FAIL" else 0.0
        ends = float(found.estimate), float(found.low), float(found.high)
        return cls(criterion, target, outcome, *ends, n, note, missed)

    @classmethod
    def unknown(cls, criterion: str, target: str, n: int, why: str) -> Assessment:
        """That there is too little data to tell."""
        nan = float("nan")
        return cls(criterion, target, "INSUFFICIENT", nan, nan, nan, n, why)


class Criterion(Kind, ABC):
    """Something that a model version must meet to be certified."""

    minimum_rows: Annotated[int, Field(ge=2)] = 100
    """Fewer rows than this are too few to tell."""

    @abstractmethod
    def assess(self, subject: Subject) -> list[Assessment]:
        """Measure the version; one assessment, or one for each protected column or the like.

        Raises:
            ConfigError: The criterion does not fit the model, or names a column that is absent.
        """

    def evidence(self, subject: Subject) -> dict[str, pd.DataFrame]:  # noqa: ARG002 - most have none
        """Tables of what lies behind the assessments, by the name that a run keeps them under.

        A table holds the rows of all criteria that give it, so that each row says what it is of.
        """
        return {}


def joined(outcomes: Iterable[Outcome]) -> Outcome:
    """FAIL if a part failed, else INSUFFICIENT if one is unknown or there is none, else PASS."""
    known = {outcome: verdict for verdict, outcome in _OUTCOMES.items()}
    return _OUTCOMES[every(known[outcome] for outcome in outcomes)]


def limited(metric: Metric) -> Metric:
    """The metric, if it has a limit that can be missed.

    Raises:
        PydanticCustomError: It has none.
    """
    if not metric.limited:
        kind, msg = "no_limit", "the metric of a criterion needs a minimum or a maximum"
        raise PydanticCustomError(kind, msg)
    return metric


def too_few(truth: pd.Series[Any], minimum: int, folds: int = 1) -> str:
    """Why nobody can tell anything from so few rows; empty if there are enough.

    Args:
        truth: Classes or numbers.
        minimum: Fewer rows are too few.
        folds: Each class must have a row in each; 1 for numbers.
    """
    if len(truth) < minimum:
        return _few(len(truth), minimum)
    counts = truth.value_counts()
    if len(counts) == 1:
        return f"all {len(truth)} rows have the same target"
    rarest = int(counts.min())
    if rarest < folds:
        return f"a class has {rarest} rows, fewer than the {folds} folds"
    return ""


def too_few_to_explain(subject: Subject, rows: int, minimum: int) -> str:
    """Why explanations of so many rows tell nothing; empty if they tell something."""
    if len(subject.model.predictor.columns) < 2:  # noqa: PLR2004 - one is always first
        return "the model has one column, which has no rank"
    return _few(rows, minimum) if rows < minimum else ""


def tells_nothing(told: Iterable[np.ndarray]) -> str:
    """Why contributions tell nothing, of which nothing can be judged; empty if one of them is not 0.

    Args:
        told: Contributions by one explainer or several, each of shape (rows, columns).
    """
    silent = not any(part.any() for part in told)
    return "nothing is told of any row: all contributions are 0" if silent else ""


def _few(rows: int, minimum: int) -> str:
    return f"{rows} rows; at least {minimum} are needed"
