"""Whether a recipe scores better on the true targets than on permuted ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.criteria.base import Assessment, Candidate, Criterion, too_few
from mxt.criteria.base.checks import check_refits
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

    One fold of the whole training table is scored, with the recipe fitted to the others; the fold is drawn
    anew for each permutation. The recipe goes without calibration, which moves no rank and costs five more
    fits. The test is exact for any score, so one fold is as safe as five and five times as fast; five detect
    a weak signal a little sooner. Ties count against the model. The test stops once its verdict cannot
    change, and p is exact either way (`mxt.stats.permutation`). If training held out whole groups, targets
    are permuted among groups; if it split by time, rows cannot be exchanged, and the outcome is INSUFFICIENT.

    Ojala and Garriga 2010, JMLR 11, test 1; Besag and Clifford 1991, doi:10.1093/biomet/78.2.301.

    Example:
        {KIND: PermutationCriterion, level: 0.05, permutations: 1000}
    """

    KIND: Literal["PermutationCriterion"] = "PermutationCriterion"

    metric: OneOf[Metric] = Field(default=ACCURACY, validate_default=True)
    """The score."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """The p-value must lie below this level."""

    permutations: Annotated[int, Field(ge=1)] = 200
    """The largest number of permutations; more give a smaller p, and fewer decide as well at 0.05."""

    folds: Annotated[int, Field(ge=2)] = 5
    """Number of parts that the table is cut into; the last one is scored."""

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if not most_exceeding(self.permutations, self.level):
            kind, msg = "contradiction", "{count} permutations cannot give a p-value below {level}"
            raise PydanticCustomError(kind, msg, {"count": self.permutations, "level": f"{self.level:g}"})
        return self

    def names(self, _candidate: Candidate, /) -> list[str]:
        return [f"permutation_p_{self.metric.label}"]

    def check(self, candidate: Candidate) -> None:
        check_refits(self.KIND, self.metric, candidate, self.minimum_rows)

    def assess(self, candidate: Candidate) -> list[Assessment]:
        import numpy as np

        recipe = candidate.recipe_for(self.KIND).model_copy(update={"calibration": None})
        table, seed, metric = candidate.training, candidate.seed, self.metric.about(candidate.positive)
        (name,), limit = self.names(candidate), f"below {self.level:g}"
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
        running = scores(refits(), metric, candidate.workers)
        values = candidate.show_progress(running, self.permutations + 1, "permute")
        observed = next(values)
        permuted = (sign * score for score in values)
        test = permutation_test(sign * observed, permuted, self.permutations, self.level)
        chance = wilson(test.exceeded, test.done)._replace(estimate=np.array(test.p_value))
        note = (
            f"{test.exceeded} of {test.done} permutations (of at most {self.permutations}) reach the "
            f"{metric.label} of {observed:.4g} of one fold in {self.folds}{candidate.class_note(metric)}"
        )
        missed = [math.nextafter(test.p_value, 1) - self.level]
        return [Assessment.of(name, limit, chance, test.done, missed_by=missed, note=note)]
