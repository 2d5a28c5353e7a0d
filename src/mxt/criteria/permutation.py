"""Whether a recipe finds anything in the data that it would not find in noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.criteria.base import Assessment, Criterion, Subject, too_few
from mxt.errors import DataError
from mxt.kinds import OneOf
from mxt.metrics.base import Metric
from mxt.models.base.refits import Refit, last_fold, scores
from mxt.stats.permutation import most_exceeding, permutation_test
from mxt.stats.proportions import wilson

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCURACY = {"KIND": "SklearnMetric", "name": "accuracy"}


class PermutationCriterion(Criterion):
    """The share of permuted targets on which the recipe scores as well as on the true ones (p-value).

    The score is that of one held-out fold of the whole training table, drawn anew for each permutation, with
    the recipe fitted to the others. The recipe goes without calibration, which moves no rank and costs five
    more fits. Any score makes the test exact, so one fold is as safe as five, and five times as fast; five
    find a weak signal a little sooner. Ties count against the model. The test stops once its verdict cannot
    change; p is exact either way (`mxt.stats.permutation`). Where training held out whole groups, targets go
    from group to group; where it went by time, no row is like another, and nobody can tell.

    Ojala and Garriga 2010, JMLR 11, test 1; Besag and Clifford 1991, doi:10.1093/biomet/78.2.301.

    Example:
        {KIND: PermutationCriterion, level: 0.05, permutations: 1000}
    """

    KIND: Literal["PermutationCriterion"] = "PermutationCriterion"

    metric: OneOf[Metric] = Field(default=ACCURACY, validate_default=True)
    """The score."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """The p-value must be below this."""

    permutations: Annotated[int, Field(ge=1)] = 200
    """Most permutations to look at; more tell a smaller p, and fewer decide as well at 0.05."""

    folds: Annotated[int, Field(ge=2)] = 5
    """Parts that the table is cut into; the last is scored."""

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if not most_exceeding(self.permutations, self.level):
            kind, msg = "contradiction", "{count} permutations cannot give a p-value below {level}"
            raise PydanticCustomError(kind, msg, {"count": self.permutations, "level": f"{self.level:g}"})
        return self

    def assess(self, subject: Subject) -> list[Assessment]:
        import numpy as np

        recipe = subject.recipe_for(self.KIND).model_copy(update={"calibration": None})
        table, seed, metric = subject.training, subject.seed, self.metric.about(subject.positive)
        name, limit = f"permutation_p_{metric.label}", f"below {self.level:g}"
        why = too_few(table.targets, self.minimum_rows, self.folds if recipe.task == "classification" else 1)
        why = why or table.bound
        try:
            first = None if why else last_fold(recipe, table, self.folds, seed)
        except DataError as error:
            why = str(error)
        if why or first is None:
            return [Assessment.unknown(name, limit, 0, why)]

        def refits() -> Iterator[Refit]:
            yield first
            for number in range(self.permutations):
                yield last_fold(recipe, table.permuted(seed, number), self.folds, seed)

        sign = 1 if metric.higher_is_better else -1
        found = subject.watched(scores(refits(), metric, subject.workers), self.permutations + 1, "permute")
        observed = next(found)
        test = permutation_test(
            sign * observed, (sign * score for score in found), self.permutations, self.level
        )
        chance = wilson(test.exceeded, test.done)._replace(estimate=np.array(test.p_value))
        note = (
            f"{test.exceeded} of {test.done} permutations (of at most {self.permutations}) reach the "
            f"{metric.label} of {observed:.4g} of one fold in {self.folds}{subject.class_note(metric)}"
        )
        return [
            Assessment.of(
                name,
                limit,
                chance,
                test.done,
                missed_by=[math.nextafter(test.p_value, 1) - self.level],
                note=note,
            )
        ]
