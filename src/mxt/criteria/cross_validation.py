"""Whether a recipe scores well on rows it has not seen, and scores alike on all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from mxt.criteria.base import Assessment, Criterion, Subject, limited, too_few
from mxt.errors import DataError
from mxt.kinds import OneOf
from mxt.metrics.base import Metric
from mxt.models.base.refits import Refit, scores
from mxt.stats.intervals import corrected_interval, deviation_interval

if TYPE_CHECKING:
    import numpy as np

    from mxt.models.base import Recipe

ACCURACY = {"KIND": "SklearnMetric", "name": "accuracy", "minimum": 0.94}


class CrossValidationCriterion(Criterion):
    """The mean and the standard deviation of a score over repeated cross-validation.

    The recipe is fitted anew to each fold of the whole training table; classes are stratified. The deviation
    is that of all folds' scores, divided by their number. Folds share rows, so the interval of the mean is
    that of Nadeau and Bengio 2003, doi:10.1023/A:1024068626366; the interval of the deviation counts the
    folds of one repeat only.

    Example:
        KIND: CrossValidationCriterion
        metric: {KIND: SklearnMetric, name: accuracy, minimum: 0.94}
        maximum_deviation: 0.015
    """

    KIND: Literal["CrossValidationCriterion"] = "CrossValidationCriterion"

    metric: Annotated[OneOf[Metric], AfterValidator(limited)] = Field(default=ACCURACY, validate_default=True)
    """The score, with the limits that its mean must keep."""

    maximum_deviation: Annotated[float, Field(gt=0)] = 0.015
    """The standard deviation must not be greater."""

    folds: Annotated[int, Field(ge=2)] = 5
    """Parts that the table is cut into; each is scored once a repeat."""

    repeats: Annotated[int, Field(ge=1)] = 5
    """How often the table is cut anew."""

    def assess(self, subject: Subject) -> list[Assessment]:
        recipe = subject.recipe_for(self.KIND)
        truth, metric = subject.training.targets, self.metric.about(subject.positive)
        names = [f"cv_{part}_{metric.label}" for part in ("mean", "deviation")]
        limits = [metric.limits(), f"at most {self.maximum_deviation:g}"]
        why = too_few(truth, self.minimum_rows, self.folds if recipe.task == "classification" else 1)
        try:
            cuts = [] if why else self._cuts(subject, recipe)
        except DataError as error:
            why = str(error)
        if why:
            return [Assessment.unknown(*told, 0, why) for told in zip(names, limits, strict=True)]
        refits = [Refit(recipe, subject.training, train, test) for train, test in cuts]
        found = list(subject.watched(scores(refits, metric, subject.workers), len(refits), "cross-validate"))
        test_share = sum(len(test) / len(train) for train, test in cuts) / len(cuts)
        judged = self._judged(names, limits, found, test_share)
        return [replace(told, note=f"{told.note}{subject.class_note(metric)}") for told in judged]

    def _cuts(self, subject: Subject, recipe: Recipe) -> list[tuple[np.ndarray, np.ndarray]]:
        """Each fold of each repeat; rows in the order of time can be cut in one way only."""
        repeats = 1 if subject.training.splitter.time_column else self.repeats
        return [
            cut
            for repeat in range(repeats)
            for cut in subject.training.folds(recipe, self.folds, subject.seed + repeat)
        ]

    def _judged(
        self, names: list[str], limits: list[str], found: list[float], test_share: float
    ) -> list[Assessment]:
        """The two assessments; `test_share` is the rows scored over the rows fitted."""
        import numpy as np

        values: np.ndarray = np.array(found)
        mean = corrected_interval(values, test_share)
        deviation = deviation_interval(values, self.folds - 1)
        wide = float(deviation.estimate) - self.maximum_deviation
        missed = [self.metric.beyond(float(mean.estimate)), wide]
        note = (
            f"{len(found) // self.folds} x {self.folds} folds, from {values.min():.4g} to {values.max():.4g}"
        )
        return [
            Assessment.of(name, limit, interval, len(found), missed_by=[far], note=note)
            for name, limit, far, interval in zip(names, limits, missed, (mean, deviation), strict=True)
        ]
