"""Whether explanations stay the same when their background is drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from mxt.criteria.base import Assessment, Candidate, Criterion, too_few_to_explain, without_contributions
from mxt.criteria.base.checks import check_explainer, refuse_too_few_rows
from mxt.explainers.base import Explainer, Explanation, require_background
from mxt.explainers.base.comparison import contributions, decided_outputs
from mxt.explainers.base.kernels.engine import available
from mxt.explainers.base.sampling import chance
from mxt.explainers.permutation import PermutationExplainer
from mxt.explainers.tree import TreeExplainer
from mxt.importances.base.draws import drawn
from mxt.kinds import OneOf
from mxt.schemas.outputs import PREDICTION
from mxt.stats.intervals import Interval, mean_interval
from mxt.stats.ranks import rank_correlations, shared_leaders

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


class StabilityCriterion(Criterion):
    """Explanations against resampled backgrounds rank the columns of a row alike.

    The background is drawn several times, with replacement, and rows are explained against each draw. The
    first measure is the mean Spearman correlation of a row's contributions over all pairs of draws; the
    second is the mean share of leading columns that both of a pair have. Each has Student's interval over
    rows, the draws taken as fixed. Where there are several classes, contributions to the predicted class
    count. An explainer that needs no background, such as one along the trees' paths, is perfectly stable, and
    the note says so.

    Example:
        {KIND: StabilityCriterion, minimum: 0.9, minimum_shared: 0.8, top: 3, draws: 5}
    """

    KIND: Literal["StabilityCriterion"] = "StabilityCriterion"

    minimum: Annotated[float, Field(ge=-1, le=1)] = 0.9
    """The least mean correlation."""

    minimum_shared: Annotated[float, Field(ge=0, le=1)] = 0.8
    """The least mean share: columns that lead in both of two draws, among columns that lead in either."""

    top: Annotated[int, Field(ge=1)] = 3
    """Number of columns that count as leading."""

    explainer: OneOf[Explainer] | None = None
    """How rows are explained; if left out, trees exactly against the background, other models by sampling."""

    draws: Annotated[int, Field(ge=2)] = 5
    """Number of backgrounds that are drawn."""

    background_rows: Annotated[int, Field(ge=1)] = 200
    """Number of rows of each background."""

    rows: Annotated[int, Field(ge=2)] = 100
    """The largest number of rows to explain, drawn by their ids and the seed."""

    @model_validator(mode="after")
    def _rows_enough(self) -> Self:
        refuse_too_few_rows(self.rows, self.minimum_rows)
        return self

    def names(self, _candidate: Candidate, /) -> list[str]:
        return [*self._minima]

    def check(self, candidate: Candidate) -> None:
        explainer = self.explainer or _comparing(candidate)
        check_explainer(explainer, candidate, self.minimum_rows, background_for=self.KIND)

    def assess(self, candidate: Candidate) -> list[Assessment]:
        inputs = drawn(candidate.inputs, self.rows, candidate.seed)
        why = too_few_to_explain(candidate, len(inputs), self.minimum_rows)
        if why:
            return self._unknown(len(inputs), why)
        known = require_background(candidate.model.background, self.KIND)
        explainer, random = self.explainer or _comparing(candidate), chance(candidate.seed)
        explanations = []
        for _ in range(self.draws):
            places = random.integers(len(known), size=self.background_rows)
            drawn_anew = known.iloc[places].reset_index(drop=True)
            explanations.append(candidate.model.with_background(drawn_anew).explain(inputs, explainer))
        return self.judge(explanations, candidate.model.predict(inputs)[PREDICTION])

    def judge(self, explanations: Sequence[Explanation], decisions: pd.Series) -> list[Assessment]:
        """Compare two or more explanations of the same rows, whose predictions are `decisions`."""
        import itertools

        import numpy as np

        values = [contributions(part, decided_outputs(part, decisions)) for part in explanations]
        why = without_contributions(values)
        if why:
            return self._unknown(len(decisions), why)
        pairs = list(itertools.combinations(values, 2))
        alike = np.mean([rank_correlations(one, other) for one, other in pairs], axis=0)
        shared = np.mean([shared_leaders(one, other, self.top) for one, other in pairs], axis=0)
        note = f"{len(explanations)} draws; {explanations[0].method}"
        if all(np.array_equal(part, values[0]) for part in values):
            note += "; the background changes nothing"
        return [
            self._assessment(name, mean_interval(of_rows), minimum, len(decisions), note)
            for (name, minimum), of_rows in zip(self._minima.items(), (alike, shared), strict=True)
        ]

    def _unknown(self, rows: int, why: str) -> list[Assessment]:
        return [Assessment.unknown(name, target, rows, why) for name, target in self._targets.items()]

    def _assessment(self, name: str, mean: Interval, minimum: float, rows: int, note: str) -> Assessment:
        missed = [minimum - float(mean.estimate)]
        return Assessment.of(name, self._targets[name], mean, rows, missed_by=missed, note=note)

    @property
    def _minima(self) -> dict[str, float]:
        return {
            "explanation_stability": self.minimum,
            f"explanation_stability_top_{self.top}": self.minimum_shared,
        }

    @property
    def _targets(self) -> dict[str, str]:
        return {name: f"at least {minimum:g}" for name, minimum in self._minima.items()}


def _comparing(candidate: Candidate) -> Explainer:
    """The quickest explainer of the model that compares with a background."""
    if candidate.model.predictor.trees is not None and available():
        return TreeExplainer(feature_perturbation="interventional")
    return PermutationExplainer()
