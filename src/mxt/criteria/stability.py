"""Whether explanations stay as they are when the population is sampled again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.criteria.base import Assessment, Criterion, Subject, tells_nothing, too_few_to_explain
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

    The background is drawn anew, with replacement, and rows are explained against each draw. Told are the
    mean Spearman correlation of a row's contributions over all pairs of draws, and the mean share of leading
    columns that both of a pair have, each with Student's interval over rows, the draws taken as fixed. Of
    several classes the contributions are those to the class that is predicted. An explainer that asks for no
    background, such as one along the trees' paths, is perfectly stable, and the note says so.

    Example:
        {KIND: StabilityCriterion, minimum: 0.9, minimum_shared: 0.8, top: 3, draws: 5}
    """

    KIND: Literal["StabilityCriterion"] = "StabilityCriterion"

    minimum: Annotated[float, Field(ge=-1, le=1)] = 0.9
    """The least mean correlation."""

    minimum_shared: Annotated[float, Field(ge=0, le=1)] = 0.8
    """The least mean share of leading columns, of those that lead in one of two draws, that lead in both."""

    top: Annotated[int, Field(ge=1)] = 3
    """How many columns lead."""

    explainer: OneOf[Explainer] | None = None
    """How rows are explained; exactly against the background if left out, or by sampling if no tree model."""

    draws: Annotated[int, Field(ge=2)] = 5
    """How many backgrounds are drawn."""

    background_rows: Annotated[int, Field(ge=1)] = 200
    """Rows of each."""

    rows: Annotated[int, Field(ge=2)] = 100
    """Most rows to explain, drawn by their ids and the seed."""

    def assess(self, subject: Subject) -> list[Assessment]:
        inputs = drawn(subject.inputs, self.rows, subject.seed)
        why = too_few_to_explain(subject, len(inputs), self.minimum_rows)
        if why:
            return self._unknown(len(inputs), why)
        known = require_background(subject.model.background, self.KIND)
        explainer, random = self.explainer or _comparing(subject), chance(subject.seed)
        explanations = []
        for _ in range(self.draws):
            places = random.integers(len(known), size=self.background_rows)
            drawn_anew = known.iloc[places].reset_index(drop=True)
            explanations.append(subject.model.with_background(drawn_anew).explain(inputs, explainer))
        return self.judge(explanations, subject.model.predict(inputs)[PREDICTION])

    def judge(self, explanations: Sequence[Explanation], decisions: pd.Series) -> list[Assessment]:
        """Compare explanations of the same rows, two at least, of which the model decides `decisions`."""
        import itertools

        import numpy as np

        told = [contributions(part, decided_outputs(part, decisions)) for part in explanations]
        why = tells_nothing(told)
        if why:
            return self._unknown(len(decisions), why)
        pairs = list(itertools.combinations(told, 2))
        alike = np.mean([rank_correlations(one, other) for one, other in pairs], axis=0)
        shared = np.mean([shared_leaders(one, other, self.top) for one, other in pairs], axis=0)
        note = f"{len(explanations)} draws; {explanations[0].method}"
        if all(np.array_equal(part, told[0]) for part in told):
            note += "; the background changes nothing"
        return [
            self._assessment(name, mean_interval(values), minimum, len(decisions), note)
            for (name, minimum), values in zip(self._minima.items(), (alike, shared), strict=True)
        ]

    def _unknown(self, rows: int, why: str) -> list[Assessment]:
        return [Assessment.unknown(name, target, rows, why) for name, target in self._targets.items()]

    def _assessment(self, name: str, found: Interval, minimum: float, rows: int, note: str) -> Assessment:
        missed = [minimum - float(found.estimate)]
        return Assessment.of(name, self._targets[name], found, rows, missed_by=missed, note=note)

    @property
    def _minima(self) -> dict[str, float]:
        return {
            "explanation_stability": self.minimum,
            f"explanation_stability_top_{self.top}": self.minimum_shared,
        }

    @property
    def _targets(self) -> dict[str, str]:
        return {name: f"at least {minimum:g}" for name, minimum in self._minima.items()}


def _comparing(subject: Subject) -> Explainer:
    """The quickest explainer of the model that compares with a background."""
    if subject.model.predictor.trees is not None and available():
        return TreeExplainer(feature_perturbation="interventional")
    return PermutationExplainer()
