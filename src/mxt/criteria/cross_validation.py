"""Whether a recipe scores well on rows that it was not fitted to, and alike on all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from mxt.criteria.base import Assessment, Candidate, Criterion, limited, too_few
from mxt.criteria.base.checks import check_refits
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

    For each fold the recipe is fitted anew to the other rows of the whole training table; classes are
    stratified. The deviation is the population's (divided by n) of the scores of all folds. Fits share rows,
    so the mean has the interval of Nadeau and Bengio 2003, doi:10.1023/A:1024068626366, and the interval of
    the deviation counts the folds of one repeat only.

    Example:
        KIND: CrossValidationCriterion
        metric: {KIND: SklearnMetric, name: accuracy, minimum: 0.94}
        maximum_deviation: 0.015
    """

    KIND: Literal["CrossValidationCriterion"] = "CrossValidationCriterion"

    metric: Annotated[OneOf[Metric], AfterValidator(limited)] = Field(default=ACCURACY, validate_default=True)
    """The score, with the limits that its mean must keep."""

    maximum_deviation: Annotated[float, Field(gt=0)] = 0.015
    """The largest standard deviation allowed."""

    folds: Annotated[int, Field(ge=2)] = 5
    """Number of parts that the table is cut into; each is scored once a repeat."""

    repeats: Annotated[int, Field(ge=1)] = 5
    """Number of times that the table is cut anew."""

    def names(self, _candidate: Candidate, /) -> list[str]:
        return [f"cv_{part}_{self.metric.label}" for part in ("mean", "deviation")]

    def check(self, candidate: Candidate) -> None:
        check_refits(self.KIND, self.metric, candidate, self.minimum_rows)

    def assess(self, candidate: Candidate) -> list[Assessment]:
        recipe = candidate.recipe_for(self.KIND)
        truth, metric = candidate.training.targets, self.metric.about(candidate.positive)
        names = self.names(candidate)
        limits = [metric.limits(), f"at most {self.maximum_deviation:g}"]
        why = too_few(truth, self.minimum_rows, self.folds if recipe.task == "classification" else 1)
        try:
            cuts = [] if why else self._cuts(candidate, recipe)
        except DataError as error:
            why = str(error)
        if why:
            return [
                Assessment.unknown(name, limit, 0, why) for name, limit in zip(names, limits, strict=True)
            ]
        refits = [Refit(recipe, candidate.training, train, test) for train, test in cuts]
        running = scores(refits, metric, candidate.workers)
        values = [*candidate.show_progress(running, len(refits), "cross-validate")]
        test_share = sum(len(test) / len(train) for train, test in cuts) / len(cuts)
        assessments = self._assessments(names, limits, values, test_share)
        return [replace(part, note=f"{part.note}{candidate.class_note(metric)}") for part in assessments]

    def _cuts(self, candidate: Candidate, recipe: Recipe) -> list[tuple[np.ndarray, np.ndarray]]:
        """Each fold of each repeat; a split by time can be cut in one way only."""
        repeats = 1 if candidate.training.splitter.time_column else self.repeats
        return [
            cut
            for repeat in range(repeats)
            for cut in candidate.training.folds(recipe, self.folds, candidate.seed + repeat)
        ]

    def _assessments(
        self, names: list[str], limits: list[str], scores: list[float], test_share: float
    ) -> list[Assessment]:
        """The assessments of mean and deviation; `test_share` is the rows scored over the rows fitted."""
        import numpy as np

        values: np.ndarray = np.array(scores)
        mean = corrected_interval(values, test_share)
        deviation = deviation_interval(values, self.folds - 1)
        wide = float(deviation.estimate) - self.maximum_deviation
        missed = [self.metric.beyond(float(mean.estimate)), wide]
        note = (
            f"{len(values) // self.folds} x {self.folds} folds, from {values.min():.4g} to {values.max():.4g}"
        )
        return [
            Assessment.of(name, limit, interval, len(values), missed_by=[far], note=note)
            for name, limit, far, interval in zip(names, limits, missed, (mean, deviation), strict=True)
        ]
