"""The family of criteria: each measures a model version and says whether it meets a target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

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
"""The target is met, is missed, or cannot be judged by so little data."""
_OUTCOMES: dict[Outcome, bool | None] = {"PASS": True, "FAIL": False, "INSUFFICIENT": None}

ShowProgress: TypeAlias = "Callable[[Iterator[float], int, str], Iterator[float]]"
"""Passes scores on as they come, and shows how many of a total there are, under a title."""


def hide_progress(scores: Iterator[float], _total: int, _title: str) -> Iterator[float]:
    """Pass scores on, and show nothing."""
    return scores


@dataclass(frozen=True)
class Candidate:
    """A model version to be certified, with its training table and the rows held out from training."""

    model: Model
    inputs: pd.DataFrame
    """Inputs of the rows held out from training, in an order that their ids decide."""
    truth: pd.Series
    """What the model should predict for the rows held out."""
    table: pd.DataFrame
    """The rows held out with every column of the source, also columns that the model does not see."""
    training: TrainingTable
    """The whole training table, the rows held out included, for criteria that train again."""
    recipe: Recipe | None = None
    """How the version was made, if that is known."""
    seed: int = 0
    workers: int = 1
    """Number of processes that fit at once."""
    show_progress: ShowProgress = hide_progress
    """Shows how far a long criterion has come."""
    positive: str | None = None
    """The positive class, for metrics that name none; None if no class is known."""

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """What the model predicts for the rows held out."""
        return self.model.predict(self.inputs)

    @property
    def classes(self) -> list[str]:
        """The classes that the model knows, as texts; none if it predicts numbers."""
        return [*map(str, self.model.predictor.classes)]

    def class_note(self, metric: Metric) -> str:
        """The class that a score is about, as the end of a note; empty if the score is about no class.

        Raises:
            ConfigError: The metric names a class that the model does not know.
        """
        name = metric.positive_of(self.classes) if self.classes else ""
        return f"; positive class {name!r}" if name else ""

    def recipe_for(self, criterion: str) -> Recipe:
        """The recipe, for a criterion that trains again.

        Raises:
            ConfigError: The recipe is not known.
        """
        if self.recipe is None:
            msg = (
                f"{criterion} trains the model again, and its recipe is not known; give the job its `recipe`."
            )
            raise ConfigError(msg)
        return self.recipe


@dataclass(frozen=True)
class Assessment:
    """What a criterion measured, beside its target."""

    criterion: str
    """Name of the measure, such as cv_mean_accuracy."""
    target: str
    """What the value should be, in words such as "at least 0.94"."""
    outcome: Outcome
    value: float
    """NaN if nothing could be measured."""
    low: float
    """Lower end of the 95 % interval; NaN if there is none."""
    high: float
    """Upper end of the 95 % interval; NaN if there is none."""
    n: int
    """Number of rows, fits or calls behind the value."""
    note: str = ""
    """How the value was measured, or why it could not be judged."""
    missed_by: float = 0.0
    """How far the value, or the judged end of its interval, lies beyond the target; 0 unless it failed."""

    @classmethod
    def of(
        cls,
        criterion: str,
        target: str,
        interval: Interval | Estimate,
        n: int,
        *,
        missed_by: Iterable[float],
        note: str = "",
    ) -> Assessment:
        """The assessment of something that could be measured.

        Args:
            criterion: Name of the measure.
            target: What the value should be, in words.
            interval: The value and its interval.
            n: Number of rows, fits or calls behind the value.
            missed_by: For each part that must keep the target, how far the part lies beyond it: 0 or less if
                it keeps the target, NaN if that is unknown. One part beyond the target fails the criterion,
                whatever the others are.
            note: How the value was measured, and which part is unknown.
        """
        distances = [*missed_by]
        outcome = _outcome(map(kept, distances))
        missed = max(part for part in distances if part > 0) if outcome == "FAIL" else 0.0
        ends = float(interval.estimate), float(interval.low), float(interval.high)
        return cls(criterion, target, outcome, *ends, n, note, missed)

    @classmethod
    def unknown(cls, criterion: str, target: str, n: int, why: str) -> Assessment:
        """The assessment of something that cannot be judged, and why."""
        nan = float("nan")
        return cls(criterion, target, "INSUFFICIENT", nan, nan, nan, n, why)


class Criterion(Kind, ABC):
    """Something that a model version must meet to be certified."""

    minimum_rows: Annotated[int, Field(ge=2)] = 100
    """With fewer rows the outcome is INSUFFICIENT."""

    def names(self, _candidate: Candidate, /) -> list[str]:
        """The names of the assessments, as far as they are known before any is made."""
        return []

    def check(self, candidate: Candidate) -> None:
        """Refuse what makes `assess` impossible, at little cost; all criteria are checked before the first.

        Raises:
            MxtError: As `assess`.
        """

    @abstractmethod
    def assess(self, candidate: Candidate) -> list[Assessment]:
        """Measure the version: one assessment, or one for each protected column or the like.

        Raises:
            ConfigError: The criterion does not fit the model, or names a column that is absent.
        """

    def evidence(self, _candidate: Candidate, /) -> dict[str, pd.DataFrame]:
        """Tables behind the assessments, by the name that a run keeps them under; none by default.

        Tables of one name are joined, so each row must say what it is about.
        """
        return {}


def joined(outcomes: Iterable[Outcome]) -> Outcome:
    """FAIL if a part failed, else INSUFFICIENT if one is unknown or there is none, else PASS."""
    return _outcome(_OUTCOMES[outcome] for outcome in outcomes)


def _outcome(parts: Iterable[bool | None]) -> Outcome:
    """The outcome of something that passes if all its parts do, where None is an unknown part."""
    passed = every(parts)
    return next(outcome for outcome, meaning in _OUTCOMES.items() if meaning is passed)


def limited(metric: Metric) -> Metric:
    """The metric, if it has a minimum or a maximum.

    Raises:
        PydanticCustomError: It has neither.
    """
    if not metric.limited:
        kind, msg = "no_limit", "the metric of a criterion needs a minimum or a maximum"
        raise PydanticCustomError(kind, msg)
    return metric


def too_few(truth: pd.Series, minimum: int, folds: int = 1) -> str:
    """Why so few rows cannot be judged; empty if there are enough.

    Args:
        truth: Classes or numbers.
        minimum: The least number of rows.
        folds: The least number of rows of each class; 1 for numbers.
    """
    if why := fewer(len(truth), minimum):
        return why
    counts = truth.value_counts()
    if len(counts) == 1:
        return f"all {len(truth)} rows have the same target"
    rarest = int(counts.min())
    if rarest < folds:
        return f"a class has {rarest} rows, fewer than the {folds} folds"
    return ""


def too_few_to_explain(candidate: Candidate, rows: int, minimum: int) -> str:
    """Why explanations of so many rows cannot be judged; empty if they can."""
    if len(candidate.model.predictor.columns) <= 1:
        return "the model has one column, which has no rank"
    return fewer(rows, minimum)


def without_contributions(explanations: Iterable[np.ndarray]) -> str:
    """Why explanations whose contributions are all 0 cannot be judged; empty if any contribution is not 0.

    Args:
        explanations: Contributions by one explainer or several, each of shape (rows, columns).
    """
    empty = not any(part.any() for part in explanations)
    return "no row is explained: all contributions are 0" if empty else ""


def fewer(rows: int, minimum: int) -> str:
    """Why so few rows cannot be judged; empty if there are enough."""
    return f"{rows} rows; at least {minimum} are needed" if rows < minimum else ""
